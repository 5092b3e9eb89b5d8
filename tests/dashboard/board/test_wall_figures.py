"""What the wall shows of a snapshot, without a browser: every car once, the loud things loud."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dash import html
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Bay, load_workshop
from dashboard.figures.board.bay_tile import bay_tile
from dashboard.figures.board.floor import QUEUES, arrange_floor
from dashboard.figures.board.look import Look
from dashboard.figures.board.queues import COLUMNS, ROWS, share_columns
from dashboard.figures.board.wall import draw_wall, wall_page
from dashboard.figures.kit.memory import Memory
from dashboard.figures.kit.paging import MOST_TILES, fit_grid, share_pages
from dashboard.figures.kit.part import Part, Tree, data, encode_props
from models.analytics.board.alarms import Alarm, AlarmKind
from models.analytics.board.moment import judge_moment
from models.analytics.estimate.ready import Basis, ReadyEstimate
from models.domain.board.wall import CarOnBoard, DeviceOnBoard, SiteSnapshot
from models.domain.intervals import IntervalRow
from tests.rig.patience import rounds

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
LOOK = Look("en")
FLOW = [stage.key for stage in WORKSHOP.stages if stage.kind != "end"]
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
PASSAT = CarOnBoard(
    work_order="RO-1017",
    registered=True,
    plate="沪A·D4521",
    make="Volkswagen",
    model="Passat",
    job_type="repair",
    stage="repairing",
    stage_entered_at=NINE,
    bay="B07",
    technician="T012",
    operation="Front brake pads",
    reason=None,
    promised_at=NINE + timedelta(hours=8),
    updated_at=NINE,
)


def waiting(number: int, stage: str | None = "received", minutes: int = 0) -> CarOnBoard:
    return replace(
        PASSAT,
        work_order=f"RO-{number}",
        plate=f"沪B·{number:05}",
        stage=stage,
        bay=None,
        stage_entered_at=NINE + timedelta(minutes=minutes),
    )


def draw(*cars: CarOnBoard, now: datetime = NINE, look: Look = LOOK, **more: Any) -> list[Part]:
    snapshot = SiteSnapshot(SITE.key, now, cars, **more)
    return draw_wall(judge_moment(snapshot, SITE, WORKSHOP), SITE, WORKSHOP, Memory(), look)


def parts(*cars: CarOnBoard, lang: str = "en", **more: Any) -> dict[str, Part]:
    return {part.id: part for part in draw(*cars, look=Look(lang), **more)}


def walk(tree: Tree) -> Iterator[list[object]]:
    if isinstance(tree, list):
        yield tree
        for child in tree[2:]:
            yield from walk(child)


def words(part: Part) -> str:
    """Everything a part says, word for word."""

    def said(tree: Tree) -> Iterator[str]:
        if isinstance(tree, str):
            yield tree
        else:
            for child in tree[2:]:
                yield from said(child)

    return "|".join(said(part.tree)).replace("|·|", "·")


def attributes(part: Part, name: str) -> list[str]:
    return [node[1][name] for node in walk(part.tree) if isinstance(node[1], dict) and name in node[1]]


def elements(part: Part, css_class: str) -> list[list[object]]:
    return [
        node
        for node in walk(part.tree)
        if isinstance(node[1], dict) and css_class in node[1].get("className", "").split()
    ]


def test_a_car_in_a_bay_is_told_whole() -> None:
    tile = parts(PASSAT)["bay-B07"]
    said = words(tile)
    for word in (
        "B07",
        "沪A·D4521",
        "Repair · Passat",
        "RO-1017",
        "In repair",
        "Front brake pads",
        "T012",
        "/ 90 min",
    ):
        assert word in said
    assert attributes(tile, "data-since") == ["2026-11-22T09:00:00+00:00"]
    assert attributes(tile, "data-target") == ["90"]
    assert attributes(tile, "data-promised") == ["2026-11-22T17:00:00+00:00"]


def test_chinese_wall_speaks_chinese() -> None:
    wall = parts(PASSAT, waiting(1), lang="zh")
    assert "维修中" in words(wall["bay-B07"])
    assert words(wall["bay-B01"]) == "B01|空闲"
    assert words(wall["queue-bay"]).startswith("等工位||1")


def test_free_bay_is_exactly_its_name_and_the_word() -> None:
    expected = html.Div(
        [
            html.Div(
                [html.Span("B01", className="name"), html.Span(className="seen", **data(tick="seen"))],
                className="head",
            ),
            html.Div("Free", className="vacancy"),
        ],
        id="bay-B01",
        className="bay free",
        **data(page="1"),
    )
    assert Part(bay_tile("B01", [], {}, WORKSHOP, "en")).tree == Part(expected).tree


def test_nothing_is_called_free_before_anything_is_known() -> None:
    wall = {part.id: part for part in draw_wall(None, SITE, WORKSHOP, Memory(), LOOK)}
    assert words(wall["bay-B01"]) == "B01|"
    assert words(wall["counts"]) == ""


def test_no_part_says_anything_that_time_alone_would_change() -> None:
    for part in parts(PASSAT, waiting(1), waiting(2, minutes=3)).values():
        for node in walk(part.tree):
            assert isinstance(node[1], dict)
            if "data-tick" in node[1]:
                assert node[2:] == []


def test_two_cars_in_one_bay_are_both_shown_and_more_are_counted() -> None:
    second = replace(PASSAT, work_order="RO-2", plate="沪C·22222")
    third = replace(PASSAT, work_order="RO-3", plate="沪C·33333")
    pair = words(parts(PASSAT, second)["bay-B07"])
    assert "2 cars" in pair
    assert "沪A·D4521" in pair
    assert "沪C·22222" in pair
    assert "+1 more" in words(parts(PASSAT, second, third)["bay-B07"])


def test_bay_that_is_not_in_the_plan_still_gets_a_tile() -> None:
    wall = parts(replace(PASSAT, bay="B99"))
    assert "B99" in words(wall["strays"])
    assert "not in plan" in words(wall["strays"])
    assert "沪A·D4521" in words(wall["strays"])
    assert "Free" in words(wall["bay-B07"])
    assert wall["fit"].tree[1]["className"] == "columns-7 rows-2"


@pytest.mark.parametrize(("lang", "words_of_more"), [("en", "X03, X04, 1495 more"), ("zh", "另有 1495 个")])
def test_a_scanner_that_invents_bays_gets_four_tiles(lang: str, words_of_more: str) -> None:
    cars = [replace(PASSAT, bay=f"X{number:02}", work_order=f"RO-{number}") for number in range(1500)]
    few = parts(*cars[:4], lang=lang)["strays"]
    many = parts(*cars, lang=lang)["strays"]
    assert len(elements(many, "bay")) == len(elements(few, "bay")) == 4
    assert words_of_more in words(many)
    assert len(str(many.tree)) < 1.1 * len(str(few.tree))


def test_unregistered_order_goes_by_its_number_and_is_marked() -> None:
    unknown = replace(PASSAT, registered=False, plate=None, make=None, model=None, operation=None)
    tile = words(parts(unknown)["bay-B07"])
    assert "RO-1017" in tile
    assert "unregistered" in tile
    assert "unregistered" in words(parts(replace(unknown, bay=None))["queue-under_way"])


def test_car_that_waits_in_a_bay_looks_different_from_one_that_is_worked_on() -> None:
    assert not elements(parts(PASSAT)["bay-B07"], "standing")
    assert elements(parts(replace(PASSAT, stage="awaiting_parts"))["bay-B07"], "standing")


@pytest.mark.parametrize(
    ("stage", "reason", "queue", "said"),
    [
        ("awaiting_parts", "sublet", "sublet", "at another workshop"),
        ("awaiting_parts", "the customer brings the part", "parts", "the customer brings the part"),
        ("repairing", "technician", "technician", "waiting for a technician"),
    ],
)
def test_wall_says_why_a_car_stands(stage: str, reason: str, queue: str, said: str) -> None:
    standing = replace(PASSAT, stage=stage, reason=reason)
    wall = parts(standing)
    assert said in words(wall["bay-B07"])
    if queue == "parts":
        assert "+1 in bays" in words(wall["queue-parts"])
    row = words(parts(replace(standing, bay=None))[f"queue-{queue}"])
    assert "沪A·D4521" in row
    assert (said in row) == (queue == "parts"), "the head of the queue has said the others"


def test_reason_that_the_stage_has_said_already_is_not_repeated() -> None:
    tile = words(parts(replace(PASSAT, stage="awaiting_parts", reason="parts"))["bay-B07"])
    assert tile.lower().count("waiting for parts") == 1


def test_queue_is_oldest_first_and_counts_what_it_cannot_show() -> None:
    cars = [waiting(number, minutes=-number) for number in range(1, 60)]
    queue = parts(*cars)["queue-bay"]
    said = words(queue)
    room = COLUMNS * ROWS
    shown = len(elements(queue, "row"))
    assert shown < room
    assert f"+{59 - shown} more" in said
    assert "|59|" in said
    assert said.index("00059") < said.index("00058") < said.index("00057")


def test_finished_car_has_no_promise_to_miss_any_more() -> None:
    assert attributes(parts(waiting(1, "ready"))["queue-pickup"], "data-promised") == []
    assert len(attributes(parts(waiting(1, "washing"))["queue-under_way"], "data-promised")) == 1


def test_time_of_a_car_stops_with_the_opening_hours_but_a_wait_for_parts_goes_by_the_calendar() -> None:
    yesterday = replace(waiting(1), stage_entered_at=NINE - timedelta(days=1))
    rows = parts(yesterday, replace(yesterday, work_order="RO-2", reason="parts"))
    for queue in ("queue-bay", "queue-parts"):
        assert attributes(rows[queue], "data-since") == ["2026-11-21T23:00:00+00:00"]
        assert attributes(rows[queue], "data-stops") == ["2026-11-22T10:00:00+00:00"]
    assert attributes(rows["queue-bay"], "data-entered") == []
    assert attributes(rows["queue-parts"], "data-entered") == ["2026-11-21T09:00:00+00:00"]


def test_header_counts_the_day() -> None:
    yesterday = NINE - timedelta(days=1)
    cars = [
        replace(PASSAT, promised_at=NINE - timedelta(minutes=1), came_at=NINE),
        replace(waiting(1), came_at=yesterday, promised_at=yesterday),
        replace(waiting(2), came_at=yesterday, promised_at=NINE + timedelta(hours=3)),
        replace(waiting(3, "ready"), came_at=NINE),
        waiting(4, None),
    ]
    said = words(parts(*cars, came_in=7, went_out=1234)["counts"])
    assert said == "7|in today|1,234|out today|3|in progress|2|late|1|carried over|11|bays free"


def test_announced_cars_are_counted_and_cars_of_unknown_stages_are_not_lost() -> None:
    wall = parts(waiting(1, None), waiting(2, "polishing"))
    assert words(wall["queue-expected"]).strip("|") == "Announced||1"
    assert "沪B·00002" in words(wall["queue-elsewhere"])


def test_page_holds_every_part_once_under_an_id_of_its_own() -> None:
    drawn = draw(PASSAT)
    page = json.dumps(
        wall_page(drawn, SITE, LOOK, "r1"), default=lambda component: component.to_plotly_json()
    )
    for part in drawn:
        assert page.count(f'"id": "{part.id}", "tree"') == 1
    assert len({part.id for part in drawn}) == len(drawn)


def test_only_the_parts_that_a_change_touches_change() -> None:
    before, after = parts(PASSAT, waiting(1)), parts(replace(PASSAT, bay="B02"), waiting(1))
    changed = {name for name in before if encode_props(before[name]) != encode_props(after[name])}
    assert changed == {"bay-B07", "bay-B02"}


def test_alarms_are_counted_by_kind_and_told_one_by_one_with_shape_and_word() -> None:
    over = replace(PASSAT, stage_entered_at=NINE - timedelta(minutes=100), promised_at=None)
    late = replace(PASSAT, work_order="RO-2", plate=None, promised_at=NINE - timedelta(minutes=5))
    devices = (DeviceOnBoard("bay-B05", False, NINE),)
    strip = parts(over, late, devices=devices)["alarms"]
    assert words(strip).startswith("1|at risk|1|over target|1|silent")
    assert attributes(strip, "data-alarm") == ["promise:RO-2", "stage:RO-1017", "device:bay-B05"]
    assert attributes(strip, "data-words") == [
        "RO-2: promise missed by {time}",
        "沪A·D4521: In repair, {time} over target",
        "bay-B05 was last heard {time} ago",
    ]
    assert attributes(strip, "data-stops") == ["2026-11-22T10:00:00+00:00"], (
        "only the stage's time stands by night"
    )
    for kind in ("promise", "stage", "device"):
        assert len(elements(strip, f"shape-{kind}")) == 2
    assert words(parts(PASSAT)["alarms"]) == "No alarms"


def test_promise_at_risk_says_how_likely_it_is_to_be_broken() -> None:
    late = replace(PASSAT, promised_at=NINE + timedelta(minutes=30))
    estimate = ReadyEstimate(NINE, NINE, 0.62, Basis.HISTORY)
    moment = replace(
        judge_moment(SiteSnapshot(SITE.key, NINE, (late,)), SITE, WORKSHOP),
        estimates={late.work_order: estimate},
        alarms=(Alarm(AlarmKind.PROMISE, late.work_order, NINE, late, 0.62),),
    )
    wall = {part.id: part for part in draw_wall(moment, SITE, WORKSHOP, Memory(), Look("zh"))}
    assert "风险 60%" in words(wall["bay-B07"])
    assert elements(wall["bay-B07"], "high")
    assert attributes(wall["alarms"], "data-words") == ["沪A·D4521：{time}后应交车，风险 60%"]
    assert attributes(wall["alarms"], "data-tick") == ["until"]


@pytest.mark.parametrize(
    ("risk", "minutes", "said"),
    [(0.99, 30, "95% risk"), (1.0, 30, "95% risk"), (1.0, -1, None), (0.1, 30, None)],
)
def test_only_a_promise_that_is_past_is_broken_for_certain(
    risk: float, minutes: float, said: str | None
) -> None:
    promised_at = NINE + timedelta(minutes=minutes)
    snapshot = SiteSnapshot(SITE.key, NINE, (replace(PASSAT, promised_at=promised_at),))
    estimates = {PASSAT.work_order: ReadyEstimate(NINE, NINE, risk, Basis.HISTORY)}
    moment = replace(judge_moment(snapshot, SITE, WORKSHOP), estimates=estimates)
    wall = {part.id: part for part in draw_wall(moment, SITE, WORKSHOP, Memory(), Look("en"))}
    shown = words(wall["bay-B07"])
    assert said in shown if said else "risk" not in shown


def test_bottleneck_is_one_sentence_with_its_evidence() -> None:
    stay = IntervalRow("RO-1", "received", None, None, None, NINE - timedelta(hours=2), None)
    line = parts(waiting(1), stays=(stay,))["bottleneck"]
    assert "Bottleneck: Inspecting" in words(line)
    assert attributes(line, "data-words") == ["Cars have waited for it for {time} without a break, 1 now"]
    assert "nothing" in words(parts()["bottleneck"])


def test_zone_shows_its_own_bays_and_every_queue() -> None:
    elsewhere = replace(PASSAT, work_order="RO-2", bay="B99")
    body = {part.id: part for part in draw(PASSAT, waiting(1), elsewhere, look=Look("en", "body"))}
    assert [name for name in body if name.startswith("bay-")] == ["bay-B10", "bay-B11", "bay-B12"]
    assert "B99" in words(body["strays"]), "a bay that is in no plan is in no zone either"
    assert "沪A·D4521" not in "".join(words(body[f"queue-{queue}"]) for queue in QUEUES)
    assert "沪B·00001" in words(body["queue-bay"])
    assert words(body["counts"]).endswith("3|bays free")
    page = wall_page(list(body.values()), SITE, Look("zh", "body"), "r1").to_plotly_json()  # type: ignore[no-untyped-call]  # Dash
    assert page["props"]["data-zone"] == "body"


@given(st.integers(min_value=0, max_value=200))
def test_pages_are_even_and_none_has_more_tiles_than_can_be_read(tiles: int) -> None:
    pages = share_pages(tiles)
    counts = [pages.count(page) for page in sorted(set(pages))]
    assert pages == sorted(pages)
    assert max(counts, default=0) <= MOST_TILES
    assert max(counts, default=0) - min(counts, default=0) <= 1
    columns, rows = fit_grid(max(counts, default=0))
    assert columns * rows >= max(counts, default=0)


def test_bays_that_do_not_fit_are_on_further_pages() -> None:
    wide = SITE.model_copy(update={"bays": [Bay(key=f"B{number}") for number in range(1, 30)]})
    moment = judge_moment(SiteSnapshot(SITE.key, NINE, (PASSAT,)), wide, WORKSHOP)
    wall = {part.id: part for part in draw_wall(moment, wide, WORKSHOP, Memory(), LOOK)}
    pages = [wall[f"bay-B{number}"].tree[1]["data-page"] for number in range(1, 30)]
    assert pages == ["1"] * 10 + ["2"] * 10 + ["3"] * 9
    assert wall["fit"].tree[1] == {"id": "fit", "className": "columns-5 rows-2", "data-pages": "3"}
    assert wall["strays"].tree[2][1]["data-page"] == "3"


def test_closed_and_quiet_site_shows_the_night() -> None:
    night = NINE + timedelta(hours=4)
    wall = parts(PASSAT, now=night)
    assert words(wall["night"]) == "Closed · cars in the workshop: 1|Opens Mon 23 Nov, 08:00"
    assert words(parts(PASSAT)["night"]) == ""


def test_only_what_changed_is_drawn_anew() -> None:
    memory = Memory()

    def again(*cars: CarOnBoard) -> dict[str, Part]:
        moment = judge_moment(SiteSnapshot(SITE.key, NINE, cars), SITE, WORKSHOP)
        return {part.id: part for part in draw_wall(moment, SITE, WORKSHOP, memory, LOOK)}

    before, after = again(PASSAT, waiting(1)), again(replace(PASSAT, bay="B02"), waiting(1))
    drawn = {
        name for name in before if name.startswith(("bay-", "queue-")) and before[name] is not after[name]
    }
    assert drawn == {"bay-B07", "bay-B02"}


cars = st.builds(
    CarOnBoard,
    work_order=st.uuids().map(str),
    registered=st.booleans(),
    plate=st.none() | st.text(),
    make=st.none() | st.text(),
    model=st.none() | st.text(),
    job_type=st.none(),
    stage=st.none() | st.sampled_from([*FLOW, "delivered", "polishing"]),
    stage_entered_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    bay=st.none() | st.sampled_from([*(bay.key for bay in SITE.bays), "B98", "B99"]),
    technician=st.none() | st.text(),
    operation=st.none() | st.text(),
    reason=st.none() | st.text(),
    promised_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    updated_at=st.just(NINE),
)
snapshots = st.lists(cars, unique_by=lambda car: car.work_order, max_size=40)


@given(snapshots)
def test_every_car_stands_in_exactly_one_place(some: list[CarOnBoard]) -> None:
    floor = arrange_floor(some, SITE.bays, WORKSHOP.stages)
    placed = [car for group in (*floor.bays.values(), *floor.strays.values()) for car in group]
    placed += [car for queue in floor.queues for car in queue.cars]
    assert sorted(car.work_order for car in placed) == sorted(car.work_order for car in some)
    assert [queue.key for queue in floor.queues] == [*QUEUES]


@settings(deadline=None, max_examples=rounds(30, proof=900))
@given(snapshots)
def test_order_of_the_rows_read_does_not_change_the_wall(some: list[CarOnBoard]) -> None:
    drawn = [encode_props(part) for part in parts(*some).values()]
    assert [encode_props(part) for part in parts(*reversed(some)).values()] == drawn


@given(st.lists(st.integers(min_value=0, max_value=200), min_size=1, max_size=10))
def test_columns_go_to_whoever_has_cars_and_never_run_off_the_screen(counts: list[int]) -> None:
    columns = share_columns(counts)
    assert [column > 0 for column in columns] == [count > 0 for count in counts]
    assert sum(columns) <= max(COLUMNS, sum(count > 0 for count in counts))
    assert all(column <= max(1, -(-count // ROWS)) for column, count in zip(columns, counts, strict=True))
