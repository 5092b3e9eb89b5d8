"""The theme's colours can be read: every text on every ground, in the dark and in the light."""

import re
from pathlib import Path

import pytest

THEME = (Path(__file__).parents[2] / "dashboard" / "assets" / "theme.css").read_text()
# WCAG AA for text of any size.
READABLE = 4.5
GROUNDS = ("ground", "panel", "panel-high")
TEXTS = ("text", "text-soft", "text-faint", "calm", "good", "warn", "alarm")
COLOURS = ("calm", "good", "warn", "alarm")


def read_theme(name: str) -> dict[str, str]:
    block = re.search(rf'\[data-theme="{name}"\][^{{]*{{(.*?)\n}}', THEME, re.DOTALL)
    assert block
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block[1]))


def measure_light(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 reckons it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def measure_contrast(one: str, other: str) -> float:
    low, high = sorted((measure_light(one), measure_light(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert measure_contrast("#ffffff", "#000000") == pytest.approx(21)
    assert measure_contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_text_can_be_read_on_every_ground(name: str) -> None:
    theme = read_theme(name)
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [(colour, f"{colour}-pale") for colour in COLOURS]
    pairs += [("text", f"{colour}-pale") for colour in COLOURS]
    pairs += [("on-colour", colour) for colour in COLOURS]
    faint = {pair: measure_contrast(theme[pair[0]], theme[pair[1]]) for pair in pairs}
    assert {pair: contrast for pair, contrast in faint.items() if contrast < READABLE} == {}


def test_both_themes_name_the_same_colours() -> None:
    assert set(read_theme("dark")) == set(read_theme("light"))
