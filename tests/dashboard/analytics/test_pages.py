"""The pages below `/analytics` as a manager uses them: a real server, a real database, a real browser."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from tests.fixtures.access import let_in
from tests.fixtures.office import ServeDashboard
from tests.rig.patience import PATIENCE_MS

DAYS = "span=custom&from=2026-06-08&to=2026-06-14"


@dataclass(frozen=True, slots=True)
class Desk:
    """A dashboard over the simulated fortnight."""

    address: str

    def open(self, page: Page, view: str, query: str = DAYS) -> None:
        page.goto(f"{self.address}/analytics{view}?{query}")
        page.wait_for_selector("#analytics.with-data, #analytics.without-data", timeout=PATIENCE_MS)


@pytest.fixture
def desk(history_url: str, serve_dashboard: ServeDashboard) -> Desk:
    return Desk(serve_dashboard(history_url))


def test_every_view_paints_in_both_languages(desk: Desk, page: Page) -> None:
    let_in(page, desk.address)
    charts = {"": 1, "/stages": 5, "/flow": 2, "/bottleneck": 2, "/people": 1, "/week": 0}
    for view, expected in charts.items():
        desk.open(page, view, f"{DAYS}&lang=zh" if view == "/stages" else DAYS)
        expect(page.locator("#analytics-view .js-plotly-plot .main-svg:first-child")).to_have_count(
            expected, timeout=PATIENCE_MS
        )
        expect(page.locator("#analytics .nothing")).to_have_count(0)
    desk.open(page, "")
    expect(page.locator("h1")).to_have_text("分析")
    expect(page.locator(".tile .label").first).to_have_text("在店时长")


def test_a_view_is_asked_for_at_once_and_what_draws_it_comes_meanwhile(desk: Desk, page: Page) -> None:
    let_in(page, desk.address)
    asked: list[str] = []
    held: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route.request.post_data or "")
        if "analytics-view.children" in asked[-1]:
            held.append(route)
        else:
            route.continue_()

    page.route("**/_dash-update-component*", hold)
    page.goto(f"{desk.address}/analytics/stages?{DAYS}")
    loads = (
        "part => performance.getEntriesByType('resource').filter(({ name }) => name.includes(part)).length"
    )
    parts = ("plotly.min.js", "async-graph.js", "async-community.js")
    for part in parts:
        page.wait_for_function(f"part => ({loads})(part) > 0", arg=part, timeout=PATIENCE_MS)
    [view] = held
    assert len(asked) == 2, "the shell, then the view: its filters need no putting right"
    view.continue_()
    plots = page.locator("#analytics-view .js-plotly-plot")
    expect(plots.locator(".main-svg:first-child")).to_have_count(5, timeout=PATIENCE_MS)
    assert [page.evaluate(loads, part) for part in parts] == [1, 1, 1]
    # Plotly counts anew where a chart had too little room and was drawn again.
    again = "plots => plots.filter((plot) => '_redrawFromAutoMarginCount' in plot._fullLayout).length"
    assert plots.evaluate_all(again) == 0


def test_a_filter_goes_into_the_address_and_comes_back_from_it(desk: Desk, page: Page) -> None:
    let_in(page, desk.address)
    desk.open(page, "", f"{DAYS}&job=repair")
    throughput = page.locator(".tile .value").nth(5)
    repairs = throughput.inner_text()
    # By keyboard alone: the chosen job type is taken away.
    page.get_by_role("combobox", name="Job types").or_(
        page.locator("input#analytics-job_types")
    ).first.focus()
    page.keyboard.press("Backspace")
    page.wait_for_url(lambda url: "job=" not in url)
    expect(throughput).not_to_have_text(repairs)
    page.go_back()
    page.wait_for_url("**job=repair**")
    expect(throughput).to_have_text(repairs)
    desk.open(page, "", "span=7d")
    expect(page.locator(".empty")).to_contain_text("No order was closed on these days")


def test_a_click_leads_to_the_orders_behind_and_they_leave_as_a_file(desk: Desk, page: Page) -> None:
    let_in(page, desk.address)
    desk.open(page, "/stages", f"{DAYS}&stage=washing")
    bar = page.locator("#analytics-view .js-plotly-plot").nth(1).locator(".bars .point path").nth(6)
    bar.click(force=True)
    page.wait_for_url("**/analytics/orders?**stage=washing**")
    expect(page.locator(".view-orders .panel h2")).to_contain_text("visits of Washing", timeout=PATIENCE_MS)
    first = page.locator(".ag-row[row-index='0'] a")
    expect(first).to_have_attribute("href", r"/orders/s1/" + first.inner_text())
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    assert download.value.suggested_filename == "bayboard-orders.xlsx"


def test_a_manager_of_another_site_sees_nothing_of_this_one(desk: Desk, page: Page) -> None:
    let_in(page, desk.address, "s9")
    desk.open(page, "", f"{DAYS}&site=s1")
    expect(page.locator(".empty")).to_contain_text("You may not see this site")
    expect(page.locator(".tile")).to_have_count(0)
