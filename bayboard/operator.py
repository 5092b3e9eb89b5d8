"""Who runs a command on the server, for the audit trail."""

import getpass


def name_operator() -> str:
    """Return the user of the operating system; a container may have none by name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
