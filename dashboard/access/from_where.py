"""From where a request comes, as the audit trail names it."""

from starlette.requests import HTTPConnection


def name_address(connection: HTTPConnection) -> str:
    """Return the address a request comes from, as the trusted proxies report it."""
    return connection.client.host if connection.client else "unknown"
