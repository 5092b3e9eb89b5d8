"""A workshop file for a shop that runs faster than life: targets divided by the speed."""

import re

_TARGET = re.compile(r"(?m)^(?P<key>\s*target_minutes\s*=\s*)(?P<minutes>[0-9_.]+)")


def scale_workshop(text: str, speed: float) -> str:
    """Return the text of `workshop.toml` with every stage's target divided by the speed."""

    def divide(target: re.Match[str]) -> str:
        minutes = float(target["minutes"].replace("_", "")) / speed
        return f"{target['key']}{minutes:.6f}"

    return _TARGET.sub(divide, text)
