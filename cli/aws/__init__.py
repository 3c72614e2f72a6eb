"""The words of the command that work on a deployment in AWS, with the credentials that boto3 finds."""
