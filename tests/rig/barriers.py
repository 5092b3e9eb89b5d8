"""What would keep somebody from reading a page, as axe-core judges it."""

import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.rig.patience import PATIENCE_SECONDS


def expect_no_barriers(page: Page) -> None:
    """Fail if something keeps somebody from reading the page; what is still being drawn may finish."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (barriers := find_barriers(page)) and time.monotonic() < deadline:
        # A table further down is drawn when somebody comes to it.
        page.evaluate("document.querySelector('.ag-delay-render')?.scrollIntoView()")
        page.wait_for_timeout(250)
    assert barriers == [], barriers


def find_barriers(page: Page) -> list[str]:
    """Return a sentence for each serious or critical finding, with the elements it is about."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['help']}: {' '.join(node['html'][:160] for node in each['nodes'][:4])}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]
