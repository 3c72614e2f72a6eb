"""The whole of Unplugd on one machine, without Docker: the same templates, handlers and tasks."""
