"""The shell both stage tasks share: environment and S3 in, S3 and an exit code out."""
