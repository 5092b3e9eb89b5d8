"""Golden pictures: what a page looked like when somebody last looked at it and was content.

Owns how pictures are compared and renewed: `pytest tests/test_golden_pictures.py --renew-golden`
takes them anew; look at them before they are committed.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page

_GOLDEN = Path(__file__).parent / "golden"
# What counts as another colour, of 255: above what a palette and another Chromium's edges of letters make.
_DISTANCE = 24
# Of all pixels. A word that moved or a badge that changed its colour is more than this.
_TOLERATED_SHARE = 0.002
_COLOURS = 128

Compare = Callable[[Page, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="take the golden pictures anew")


@pytest.fixture
def expect_golden(request: pytest.FixtureRequest, tmp_path: Path) -> Compare:
    """A function that compares the page with its golden picture, or renews that."""

    def compare(page: Page, name: str) -> None:
        golden = _GOLDEN / f"{name}.png"
        actual = _reduce(Image.open(BytesIO(page.screenshot(animations="disabled"))))
        if request.config.getoption("--renew-golden"):
            actual.save(golden, optimize=True)
            return
        actual.save(tmp_path / golden.name)
        different = mark_differences(Image.open(golden), actual)
        share = measure_share(different)
        if share > _TOLERATED_SHARE:
            different.save(tmp_path / f"{name}.different.png")
            pytest.fail(
                f"{share:.2%} of {golden.name} looks otherwise, between {different.getbbox()};"
                f" see {tmp_path}, and --renew-golden if it should"
            )

    return compare


def mark_differences(one: Image.Image, other: Image.Image) -> Image.Image:
    """Return a picture that is white where the colours of two differ."""
    if one.size != other.size:
        return Image.new("L", other.size, 255)
    bands = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return most.point(lambda value: 255 if value > _DISTANCE else 0)


def measure_share(different: Image.Image) -> float:
    """Return how much of a picture of differences is white."""
    return different.histogram()[255] / (different.width * different.height)


def _reduce(picture: Image.Image) -> Image.Image:
    """Return the picture with a palette, a third of its size."""
    return picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
