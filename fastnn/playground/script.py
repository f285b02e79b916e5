"""Copy as Python."""


def script_of(session):
    """Text."""
    return ""
