"""A workshop file for a shop that runs faster than life: its times divided by the speed, and no nights."""

import re

# What the file says of the shop's own time. How far clocks may be off is the devices', and stays.
_TIME = re.compile(
    r"(?m)^(?P<key>\s*(?:target_minutes|wrong_bay_seconds|two_places_seconds"
    r"|bay_idle_minutes|parts_hours)\s*=\s*)(?P<time>[0-9_.]+)"
)
# Times of rules carry their unit.
_RULE_TIME = re.compile(r'(?P<key>\b(?:for|after)\s*=\s*")(?P<time>[0-9.]+)(?P<unit> ?(?:s|min|h|d)")')
# Day shift follows day shift in such a shop, whatever the clock on the wall says.
_OPENING = re.compile(r"(?m)^\[\[site\.opening\]\]\n(?:[ \t]*[^\s\[].*\n?)*")


def scale_workshop(text: str, speed: float) -> str:
    """Return the text of `workshop.toml` for that speed: targets and limits divided by it, always open."""

    def divide(found: re.Match[str]) -> str:
        scaled = float(found["time"].replace("_", "")) / speed
        return f"{found['key']}{scaled:.6f}{found.groupdict().get('unit', '')}"

    return _RULE_TIME.sub(divide, _TIME.sub(divide, _OPENING.sub("", text)))
