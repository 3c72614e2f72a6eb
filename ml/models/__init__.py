"""Model weights on this machine: where they come from, how they are proved, where they lie."""


class ModelError(Exception):
    """Weights could not be had or are not what they should be. The message is one sentence a person can act on."""


class NoNetwork(ModelError):
    """The host cannot be reached, or the connection broke more often than it is tried again."""


class NoSpace(ModelError):
    """The disk has less room than the weights need."""


class WrongHash(ModelError):
    """A received or stored file differs from the published one."""


class NotPublished(ModelError):
    """The host answers, and has no such file (404, 410) or does not give it to everybody (401, 403)."""


class HostFailed(ModelError):
    """The host answers with a fault of its own (429, 5xx, nonsense)."""
