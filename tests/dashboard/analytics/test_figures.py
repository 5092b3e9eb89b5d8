"""What the analytics pages draw and what their addresses mean: pure, without a database or a browser."""

import csv
import json
import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from plotly.graph_objects import Bar, Figure
from plotly.io.json import to_json_plotly

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.identity import Role, User
from dashboard.figures.analytics.overview import draw_groups, draw_little, draw_tile, draw_waits
from dashboard.figures.analytics.people import draw_slower
from dashboard.figures.analytics.sparkline import draw_sparkline
from dashboard.figures.analytics.spread import draw_histogram, draw_spreads
from dashboard.figures.analytics.stages import draw_stability
from dashboard.figures.analytics.words import name_cause, say_change, say_figure
from dashboard.figures.kit import chart as look
from dashboard.office.export import lay_out, write_csv, write_excel
from dashboard.pages.analytics.filter import CUSTOM, SPANS, Asked, read_address, say_condition
from models.analytics.flow import LittleCheck
from models.analytics.overview import FIGURES, Overview, Sums
from models.analytics.pictures import StageBin, TrendPoint
from models.analytics.selection import Bucket, Selection
from models.analytics.significance import Comparison, Factor
from tests.rig.components import plain, read_words

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
TODAY = date(2026, 11, 22)
MANAGER = User(Role.MANAGER)
SUMS = Sums(
    days=7,
    orders=100,
    cycle_seconds=100 * 36000,
    open_cycle_seconds=100 * 18000,
    touch_seconds=100 * 7200,
    promised=80,
    on_time=60,
    came_back=5,
    order_sold_hours=150,
    wait_seconds={"parts": 100 * 10800, "pickup": 100 * 18000},
    bay_occupied_seconds=80,
    bay_worked_seconds=60,
    bay_open_seconds=100,
    clocked_seconds=3600,
    sold_hours=1.2,
    attended_seconds=7200,
    carried_over=3,
)
OVERVIEW = Overview(SUMS, replace(SUMS, cycle_seconds=100 * 45000, on_time=64), {TODAY: SUMS}, None)


def test_every_figure_is_what_its_formula_says() -> None:
    expected = {
        "cycle": 36000, "open_cycle": 18000, "touch": 7200, "wait": 28800, "flow_efficiency": 0.2,
        "throughput": 100 / 7, "on_time": 0.75, "carry_over": 3, "first_time_fix": 0.95,
        "hours_per_order": 1.5, "bay_utilisation": 0.8, "bay_idle": 0.2, "efficiency": 1.2,
        "utilisation": 0.5, "productivity": 0.6,
    }  # fmt: skip
    assert {name: find(SUMS) for name, find in FIGURES.items()} == pytest.approx(expected)


def test_a_figure_of_nothing_is_unknown_and_not_zero() -> None:
    unknown = {name for name, find in FIGURES.items() if find(Sums()) is None}
    assert unknown == set(FIGURES)


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(1, 1e9))
def test_productivity_is_efficiency_times_utilisation(sold: float, clocked: float, attended: float) -> None:
    sums = Sums(sold_hours=sold / 3600, clocked_seconds=clocked + 1, attended_seconds=attended)
    efficiency, utilisation = FIGURES["efficiency"](sums), FIGURES["utilisation"](sums)
    assert efficiency is not None
    assert utilisation is not None
    assert FIGURES["productivity"](sums) == pytest.approx(efficiency * utilisation)


def test_a_tile_says_value_change_and_formula() -> None:
    asked = Asked(job_types=("repair",))
    tile = plain(draw_tile("on_time", OVERVIEW, "en", asked.link))["Div"]["children"]
    head, value, change, _ = tile
    assert value == {
        "Link": {
            "children": "75%",
            "href": "/analytics/orders?job=repair&late=1",
            "className": "value",
        }
    }
    assert change == {
        "Span": {
            "children": [{"B": {"children": "▼ 5 points", "className": "worse"}}, " ", "before: 80%"],
            "className": "change",
        }
    }
    [label, formula] = head["Div"]["children"]
    assert label["Span"]["children"] == "On time"
    assert "original promise" in formula["Tooltip"]["label"]
    assert formula["Tooltip"]["children"]["Button"]["aria-label"] == "Formula: On time"


def test_less_time_is_better_and_more_promises_kept_are_too() -> None:
    better = "'className': 'better'"
    assert better in str(plain(draw_tile("cycle", OVERVIEW, "zh", Asked().link)))
    risen = Overview(OVERVIEW.before, SUMS, {}, None)
    assert better in str(plain(draw_tile("on_time", risen, "zh", Asked().link)))
    assert better not in str(plain(draw_tile("cycle", risen, "zh", Asked().link)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_figure_has_a_tile_with_its_formula(lang: str) -> None:
    drawn = str(plain(draw_groups(OVERVIEW, lang, Asked().link)))
    assert drawn.count("'className': 'tile'") == len(FIGURES)
    assert drawn.count("Tooltip") == len(FIGURES)


def test_words_of_figures_follow_their_kind_and_language() -> None:
    assert say_figure("cycle", 36000, "en") == "10 h"
    assert say_figure("cycle", 36000, "zh") == "10 小时"
    assert say_figure("on_time", 0.754, "en") == "75%"
    assert say_figure("throughput", 1234.5, "en") == "1,234"
    assert say_figure("carry_over", None, "en") == "–"
    assert say_change("on_time", 0.75, 0.8, "zh") == "5 个百分点"
    assert say_change("cycle", 36000, 45000, "en") == "20%"


def test_causes_have_names_whatever_they_are() -> None:
    assert name_cause("parts", WORKSHOP, "zh") == "备件"
    assert name_cause("repairing", WORKSHOP, "en") == "In repair, nobody working"
    assert name_cause("lunch", WORKSHOP, "en") == "lunch"


def test_waits_are_beside_the_period_before_and_lead_to_their_orders() -> None:
    graph = plain(draw_waits(OVERVIEW, WORKSHOP, "en", Asked().link))["Div"]["children"]["Graph"]
    before, now = graph["figure"]["data"]
    assert now["y"] == ["parts", "pickup"]
    assert now["x"] == [3, 5]
    assert now["customdata"] == ["/analytics/orders?cause=parts", "/analytics/orders?cause=pickup"]
    assert before["x"] == [3, 5]


def test_a_chart_has_the_one_look_beside_what_it_says_itself() -> None:
    figure = plain(draw_waits(OVERVIEW, WORKSHOP, "en", Asked().link))["Div"]["children"]["Graph"]["figure"]
    layout = figure["layout"]
    assert "template" not in layout, "plotly's own look would travel with every chart"
    assert (layout["legend"]["traceorder"], layout["legend"]["orientation"]) == ("reversed", "h")
    assert (layout["xaxis"]["title"]["text"], layout["xaxis"]["gridcolor"]) == ("h", look.LINE)
    assert layout["barmode"] == "group"


@given(st.lists(st.text("ai Wm0件料", min_size=1, max_size=30), min_size=1, max_size=5), st.booleans())
def test_a_chart_leaves_room_for_its_longest_name_and_its_legend(names: list[str], keyed: bool) -> None:
    def leave(rows: list[str], groups: int) -> dict[str, int]:
        figure = Figure([Bar(x=[1] * len(rows), y=rows, orientation="h") for _ in range(groups)])
        drawn = plain(look.draw_chart("x", figure, "en"))["Div"]["children"]["Graph"]["figure"]
        margin: dict[str, int] = drawn["layout"]["margin"]
        return margin

    room = leave(names, 2 if keyed else 1)
    assert room["l"] == max(leave([name], 1)["l"] for name in names)
    assert leave([f"{names[0]}件"], 1)["l"] - leave([names[0]], 1)["l"] == 13
    assert (room["t"] > leave(names, 1)["t"]) is keyed


@pytest.mark.parametrize(
    "name", ["<a href='https://evil.example'>T</a>", "<A HREF=x>", "< a>", "<span style=x>", "<i>"]
)
def test_no_label_of_a_chart_is_markup(name: str) -> None:
    figure = Figure([Bar(x=[1], y=[name], name=name, hovertext=[f"<b>{name}</b><br>{name}"], text=[name])])
    figure.add_annotation(text=name)
    figure.update_layout(yaxis={"ticktext": [name], "tickvals": [0]}, title={"text": name})
    drawn = plain(look.draw_chart("x", figure, "en"))["Div"]["children"]["Graph"]["figure"]
    written = json.dumps(json.loads(to_json_plotly(drawn)))
    assert "<" not in re.sub("<(?:br|/?b)>", "", written)
    assert drawn["data"][0]["hovertext"][0].startswith("<b>‹")


def test_every_part_of_a_box_leads_to_its_stage_and_says_its_percentiles() -> None:
    bins = [
        StageBin("repair", stage, place, 4, 4 * 1.1**place)
        for stage, place in (("received", 60), ("repairing", 80))
    ]
    graph = plain(draw_spreads(bins, WORKSHOP.stages, "en", Asked().link))["Div"]["children"]["Graph"]
    figure = graph["figure"]
    for trace in figure["data"]:
        for name, address, said in zip(trace["y"], trace["customdata"], trace["hovertext"], strict=True):
            stage = {"Received": "received", "In repair": "repairing"}[name]
            assert address == f"/analytics/stages?stage={stage}"
            assert said.startswith(f"{name}, Visits: 4<br>P10: ")
    waits, work = (trace for trace in figure["data"] if trace["type"] == "bar")
    assert {*waits["y"], *work["y"]} == {"Received", "In repair"}
    assert waits["marker"]["color"] != work["marker"]["color"]
    assert figure["layout"]["yaxis"]["categoryarray"] == ["In repair", "Received"]


def test_a_band_reaches_from_its_low_end_to_its_high_end() -> None:
    band = look.draw_band([(1, 2, 5), (3, 3, 4)], look.CALM)
    assert (band["arrayminus"], band["array"]) == ([1, 0], [3, 1])


def test_no_chart_can_be_sent_to_anybody() -> None:
    graph = plain(draw_waits(OVERVIEW, WORKSHOP, "zh", Asked().link))["Div"]["children"]["Graph"]
    assert graph["config"]["plotlyServerURL"] == ""
    assert "sendChartToCloud" in graph["config"]["modeBarButtonsToRemove"]
    assert graph["config"]["toImageButtonOptions"]["format"] == "png"
    assert graph["config"]["locale"] == "zh-CN"


def test_charts_have_the_colours_of_the_light_theme() -> None:
    theme = (Path(look.__file__).parents[2] / "assets" / "theme.css").read_text()
    light = theme[theme.index('[data-theme="light"]') :]
    colours = {"calm": look.CALM, "good": look.GOOD, "warn": look.WARN, "alarm": look.ALARM}
    colours |= {"text": look.TEXT, "text-soft": look.TEXT_SOFT, "line": look.LINE, "panel": look.PANEL}
    for name, colour in colours.items():
        assert f"--{name}: {colour};" in light


def test_littles_law_is_said_to_hold_or_not() -> None:
    holds = LittleCheck(24, 2, 12, 48, 48)
    assert "✓ Both sides agree: 24 against 24." in read_words(draw_little(holds, "en"))
    fails = LittleCheck(40, 2, 12, 60, 48)
    assert "60 cars came and 48 left" in read_words(draw_little(fails, "en"))
    assert "whole sites" in read_words(draw_little(None, "en"))


def test_a_sparkline_bridges_gaps_and_needs_two_points() -> None:
    drawn = plain(draw_sparkline([1, None, 3], "Cycle time"))["Img"]
    svg = b64decode(drawn["src"].split(",")[1]).decode()
    assert drawn["alt"] == "Cycle time"
    assert svg.count(",") >= 2
    assert 'points="3.0,25.0 117.0,3.0"' in svg
    assert "Span" in plain(draw_sparkline([None, 2], "x"))


def test_a_bar_of_a_distribution_leads_to_visits_as_long_as_it_says() -> None:
    bins = [StageBin("repair", "repairing", 80, 4, 4 * 2100), StageBin("body", "repairing", 81, 1, 2300)]
    graph = plain(draw_histogram(bins, "repairing", "en", Asked().link))["Div"]["children"]["Graph"]
    [bar] = graph["figure"]["data"]
    assert bar["y"] == [4, 1]
    visits = read_address(urlsplit(bar["customdata"][0]).query).find_visits()
    assert visits is not None
    assert visits.least == pytest.approx(1.1**80, abs=1e-3)
    assert visits.most_seconds == pytest.approx(1.1**81, abs=1e-3)


def test_a_day_far_out_is_a_signal_and_leads_to_its_own_orders() -> None:
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(12)]
    trend = [TrendPoint(day, 9, 600.0 + 10 * (n % 2) if n < 11 else 6000.0) for n, day in enumerate(days)]
    selection = Selection(("s1",), days[0], days[-1] + timedelta(days=1))
    drawn, said = draw_stability(trend, "washing", selection, "en", Asked().link)
    points = plain(drawn)["Div"]["children"]["Graph"]["figure"]["data"][0]
    assert points["marker"]["symbol"][-1] == "diamond"
    assert points["customdata"][-1] == (
        "/analytics/orders?span=custom&from=2026-11-12&to=2026-11-12&stage=washing"
    )
    # The four before it are the eighth and later in a row below the mean.
    assert "◆ 5 of 12 points" in read_words(said)


def test_only_who_is_marked_is_accused() -> None:
    marked = Comparison("B07", 300, 1.3, 1e-9, marked=True)
    not_marked = Comparison("T010", 300, 1.28, 1e-9, marked=False)
    words = read_words(draw_slower({Factor.BAY: [marked], Factor.TECHNICIAN: [not_marked]}, "en"))
    assert "B07 takes 1.30 times" in words
    assert "T010" not in words
    assert "Nobody" in read_words(draw_slower({Factor.BAY: [], Factor.TECHNICIAN: [not_marked]}, "en"))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=5)
LISTS = st.lists(WORDS, max_size=2, unique=True).map(tuple)


@given(
    st.builds(
        Asked,
        span=st.sampled_from([span for span in SPANS if span != CUSTOM]),
        sites=LISTS,
        job_types=LISTS,
        bays=LISTS,
        technicians=LISTS,
        stage=st.sampled_from(["", "washing"]),
        behind=st.sampled_from([(), (("cause", "parts"),), (("back", "1"), ("late", "1"))]),
    )
)
def test_an_address_asks_for_what_it_was_made_of(asked: Asked) -> None:
    assert read_address(asked.address()) == asked


@pytest.mark.parametrize(
    ("search", "since", "until"),
    [
        ("", date(2026, 10, 26), date(2026, 11, 23)),
        ("?span=7d", date(2026, 11, 16), date(2026, 11, 23)),
        ("?span=last_week", date(2026, 11, 9), date(2026, 11, 16)),
        ("?span=this_month", date(2026, 11, 1), date(2026, 11, 23)),
        ("?span=last_month", date(2026, 10, 1), date(2026, 11, 1)),
        ("?span=custom&from=2026-02-01&to=2026-02-28", date(2026, 2, 1), date(2026, 3, 1)),
        ("?span=custom&from=2026-02-28&to=2026-02-01", date(2026, 10, 26), date(2026, 11, 23)),
        ("?span=custom&from=yesterday", date(2026, 10, 26), date(2026, 11, 23)),
        ("?span=invented", date(2026, 10, 26), date(2026, 11, 23)),
    ],
)
def test_days_are_those_of_the_site(search: str, since: date, until: date) -> None:
    selection = read_address(search).select(MANAGER, WORKSHOP, NOW)
    assert selection is not None
    assert (selection.since, selection.until) == (since, until)


def test_a_site_of_others_is_never_asked_for() -> None:
    stranger = User(Role.MANAGER, sites=("s9",))
    assert read_address("?site=s1").select(stranger, WORKSHOP, NOW) is None
    assert read_address("").select(stranger, WORKSHOP, NOW) is None
    assert read_address("?site=s9").select(MANAGER, WORKSHOP, NOW) is None


def test_a_list_says_which_orders_it_is_of() -> None:
    asked = read_address("?job=repair&bay=B04&cause=parts&late=1")
    assert say_condition(asked, WORKSHOP, "en") == [
        "Repair",
        "B04",
        "waited for parts",
        "later than promised",
    ]
    visits = read_address("?stage=washing&hour=9&weekday=3&least=60&most=120")
    assert say_condition(visits, WORKSHOP, "zh") == ["1 分钟 到 2 分钟", "周三 9:00 至 10:00"]
    assert say_condition(read_address("?stage=washing&hour=x&weekday=99"), WORKSHOP, "en") == []


def test_a_period_is_cut_so_that_a_picture_stays_readable() -> None:
    def cut(days: int) -> Selection:
        return Selection(("s1",), TODAY - timedelta(days=days), TODAY)

    assert [cut(days).bucket for days in (7, 62, 63, 365, 1826)] == [
        Bucket.DAY, Bucket.DAY, Bucket.WEEK, Bucket.WEEK, Bucket.MONTH,
    ]  # fmt: skip
    assert cut(28).before == TODAY - timedelta(days=56)
    assert cut(28).latest(7).days == 7
    assert cut(1826).buckets <= 62
    with pytest.raises(ValueError, match="has no day"):
        cut(0)


@given(st.integers(1, 2000))
def test_the_days_of_the_buckets_are_the_days_of_the_period(days: int) -> None:
    selection = Selection(("s1",), TODAY - timedelta(days=days), TODAY)
    starts = {selection.since + timedelta(days=n) for n in range(days)}
    if selection.bucket is Bucket.WEEK:
        starts = {day - timedelta(days=day.weekday()) for day in starts}
    elif selection.bucket is Bucket.MONTH:
        starts = {day.replace(day=1) for day in starts}
    assert sum(selection.days_of(start) for start in starts) == days


ROWS: list[dict[str, Any]] = [
    {"id": "1", "plate_words": "沪A12345", "age": 1.23456, "age_words": "1.2", "hidden": 3},
    {"id": "2", "plate_words": "=cmd()", "age": None, "age_words": "–", "hidden": 3},
]
COLUMNS: list[dict[str, Any]] = [
    {"field": "plate", "headerName": "Plate"},
    {"field": "age", "headerName": "Age, h"},
    {"field": "hidden", "headerName": "Hidden", "hide": True},
    {"colId": "card"},
]


@pytest.mark.parametrize(
    "cell",
    [
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        " =1",
        "\n=1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff@x",
        "\t=1",
        "\r1",
        "﹦1",
    ],
)
def test_no_words_become_a_formula_in_a_spreadsheet(cell: str) -> None:
    written = write_csv([["name"], [cell], ["Li = Wang"], ["(-1)"]]).decode("utf-8-sig")
    rows = list(csv.reader(StringIO(written, newline="")))
    assert rows == [["name"], [f"'{cell}"], ["Li = Wang"], ["(-1)"]]


def test_a_table_leaves_as_csv_with_numbers_and_without_formulas() -> None:
    written = write_csv(lay_out(ROWS, COLUMNS)).decode("utf-8-sig")
    assert list(csv.reader(StringIO(written))) == [
        ["Plate", "Age, h"],
        ["沪A12345", "1.2346"],
        ["'=cmd()", "–"],
    ]


def test_a_table_leaves_as_excel_with_numbers_and_without_formulas() -> None:
    sheet = load_workbook(BytesIO(write_excel(lay_out(ROWS, COLUMNS), "orders"))).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Plate", "Age, h"],
        ["沪A12345", 1.2346],
        ["=cmd()", "–"],
    ]
    assert sheet["A3"].data_type == "s"
    assert sheet.freeze_panes == "A2"


def test_an_address_asks_for_few_names_however_many_it_has() -> None:
    """Every link of a page repeats the address, so what is asked for must stay short."""
    asked = read_address("?" + "&".join(f"tech=T{number:05}&site=s{number}" for number in range(20_000)))
    assert asked.technicians[:2] == ("T00000", "T00001")
    assert len(asked.technicians) == len(asked.sites) == 50
    assert read_address("?tech=a&tech=a&tech=b").technicians == ("a", "b")
    assert read_address(f"?tech={'x' * 65}&tech=b&from={'9' * 9000}").technicians == ("b",)
    long = read_address("?" + "&".join(f"tech=T{number:02}{'名' * 40}" for number in range(60)))
    assert 0 < len(long.address()) <= 2000


@pytest.mark.parametrize("number", ["1e308", "inf", "-inf", "nan", "1e10", "x", "9" * 300])
def test_a_number_that_no_visit_has_is_not_asked_for(number: str) -> None:
    visits = read_address(f"?stage=repairing&hour={number}&weekday={number}&least={number}").find_visits()
    assert visits
    assert (visits.hour, visits.weekday, visits.least) == (None, None, None)
