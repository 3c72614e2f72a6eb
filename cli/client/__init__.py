"""A client of Unplugd as anyone could write it: public APIs only (Cognito, REST, S3 links, WebSocket)."""
