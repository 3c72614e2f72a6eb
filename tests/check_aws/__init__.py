"""`make check-aws`: what is known of a deployment without an AWS account, one line for each claim, with its proof."""
