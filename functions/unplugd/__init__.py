"""Unplugd's Lambda functions: one package, one artifact, one handler file per function."""
