"""MQTT topic filters: which are well formed, and what they match.

Pure text. Owns one reading of `+` and `#` for everybody who asks: the workshop file, ingest's
mapping of other products' topics, and the search of quarantined messages.
"""

import re


def check_filter(text: str) -> str:
    """Return the filter as it is; raises ValueError saying what is wrong with it."""
    levels = text.split("/")
    if not text or "\0" in text:
        raise ValueError("a topic filter has at least one character, and no NUL")
    if any("#" in level and level != "#" for level in levels) or "#" in levels[:-1]:
        raise ValueError(f"{text!r}: # stands alone, as the last level")
    if any("+" in level and level != "+" for level in levels):
        raise ValueError(f"{text!r}: + stands alone in its level")
    return text


def express_filter(text: str) -> str:
    """Return the regular expression, Python's and PostgreSQL's alike, that a whole topic must match."""
    levels = ["[^/]*" if level == "+" else re.escape(level) for level in text.split("/")]
    if text == "#":
        return ".*"
    if text.endswith("/#"):
        return "/".join(levels[:-1]) + "(/.*)?"
    return "/".join(levels)


def may_match_below(text: str, prefix: str) -> bool:
    """Say whether the filter can match a topic that begins with the prefix, which ends in a slash."""
    levels = text.split("/")
    for level, wanted in zip(levels, prefix.rstrip("/").split("/"), strict=False):
        if level == "#":
            return True
        if level not in ("+", wanted):
            return False
    return len(levels) > prefix.count("/")
