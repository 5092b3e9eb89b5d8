"""A workshop file for a shop that runs faster than life: its times divided by the speed."""

import re

# What the file says of the shop's own time. How far clocks may be off is the devices', and stays.
_TIME = re.compile(
    r"(?m)^(?P<key>\s*(?:target_minutes|wrong_bay_seconds|two_places_seconds"
    r"|bay_idle_minutes|parts_hours)\s*=\s*)(?P<time>[0-9_.]+)"
)


def scale_workshop(text: str, speed: float) -> str:
    """Return the text of `workshop.toml` with targets and the limits of repairs divided by the speed."""

    def divide(found: re.Match[str]) -> str:
        return f"{found['key']}{float(found['time'].replace('_', '')) / speed:.6f}"

    return _TIME.sub(divide, text)
