"""Values of JSON by their paths, as adapters' mappings and the claim of the company's sign-in name them.

Success of a channel is found more strictly (`config.success`): its keys hold no dots. Pure.
"""


class _Missing:
    """Nothing is at a path, not even null."""


MISSING = _Missing()


def find_value(document: object, path: str) -> object:
    """Return the value at a path of keys and positions in lists, or MISSING; keys may hold dots."""
    if isinstance(document, list):
        position, _, rest = path.partition(".")
        if not position.isdecimal() or int(position) >= len(document):
            return MISSING
        return find_value(document[int(position)], rest) if rest else document[int(position)]
    if not isinstance(document, dict):
        return MISSING
    if path in document:
        return document[path]
    keys = path.split(".")
    for length in range(len(keys) - 1, 0, -1):
        key = ".".join(keys[:length])
        if key in document and (found := find_value(document[key], ".".join(keys[length:]))) is not MISSING:
            return found
    return MISSING
