"""What the company's groups make of people: the words of `BAYBOARD_OIDC_GRANTS`.

Owns its two forms: `service-managers=manager hall-1=foreman@s1,s2`, and for names with spaces JSON,
`{"Service Managers": "manager", "CN=Hall 1,OU=Shop": "foreman@s1,s2"}`. Refuses what is neither.
"""

import json

Grants = tuple[tuple[str, str, tuple[str, ...] | None], ...]

_ROLES = ("manager", "foreman")
_PAIRS = "service-managers=manager or hall-1=foreman@s1,s2"
_OBJECT = '{"Service Managers": "manager"}'


def parse_grants(text: str) -> Grants:
    """Return each value of the claim with its role and sites; raises ValueError saying what is wrong."""
    text = text.strip()
    # Files of variables may be read without a shell, and then keep the quotes.
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text.startswith("{"):
        return tuple(_read_object(text))
    grants = []
    for word in text.split():
        value, _, given = word.rpartition("=")
        role = _read_role(given)
        if not value or role is None:
            raise ValueError(f"{word!r} must look like {_PAIRS}; names with spaces need JSON, {_OBJECT}")
        grants.append((value, *role))
    if not grants:
        raise ValueError(f"grants nothing; it must look like {_PAIRS}")
    return tuple(grants)


def _read_object(text: str) -> list[tuple[str, str, tuple[str, ...] | None]]:
    try:
        # A name that is written twice has both.
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"begins with {{ and is not JSON such as {_OBJECT}: {error}") from error
    grants = []
    for value, given in pairs:
        role = _read_role(given) if isinstance(given, str) else None
        if not value.strip() or role is None:
            found = json.dumps({value: given}, ensure_ascii=False)
            raise ValueError(f'{found} must look like {_OBJECT} or {{"Hall 1": "foreman@s1,s2"}}')
        grants.append((value, *role))
    if not grants:
        raise ValueError(f"grants nothing; it must look like {_OBJECT}")
    return grants


def _read_role(given: str) -> tuple[str, tuple[str, ...] | None] | None:
    """Read `manager`, or `foreman@s1,s2`."""
    role, at, listed = given.partition("@")
    sites = tuple(site.strip() for site in listed.split(","))
    if role.strip() not in _ROLES or (at and not all(sites)):
        return None
    return role.strip(), sites if at else None
