"""What would keep somebody from reading a page, as axe-core judges it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def find_barriers(page: Page) -> list[str]:
    """Return a sentence for each serious or critical finding, with the elements it is about."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['help']}: {' '.join(node['html'][:160] for node in each['nodes'][:4])}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]
