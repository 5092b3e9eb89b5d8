"""Trouble codes of a period: the most frequent ones, by model and by mileage. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash.development.base_component import Component

from config.codes import explain_code
from config.texts import text
from dashboard.figures.analytics.words import UNKNOWN, Link, say_count, say_share
from dashboard.figures.kit.chart import CALM, CALM_PALE, CALM_SOFT, draw_chart, draw_nothing, draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.number import say_number
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.faults import BANDS_KM, NO_BAND, CodeCount, FaultsRead

# Models that a picture has room for: those that came most often.
_DRAWN_MODELS = 10

Key = TypeVar("Key")


def draw_codes(read: FaultsRead, note: str, lang: str, link: Link) -> list[Component]:
    """Draw the table of the most frequent codes, and where they are frequent."""
    totals = {each.code: each.visits for each in read.codes if each.code and not _is_split(each)}
    codes = sorted(totals, key=lambda code: (-totals[code], code))
    title = text(lang, "faults.codes_title")
    if not codes:
        return [draw_panel(title, note, draw_nothing(lang), wide=True)]
    by_model = _split(read.codes, lambda each: each.model)
    by_band = _split(read.codes, lambda each: each.band)
    models = sorted(by_model[None], key=lambda model: (-by_model[None][model], model))[:_DRAWN_MODELS]
    bands = [*range(len(BANDS_KM) + 1), NO_BAND]
    return [
        draw_panel(
            title,
            note,
            _draw_table(codes, totals, read.visits, by_model, lang, link),
            tools=draw_tools("codes", lang),
            wide=True,
        ),
        draw_panel(
            text(lang, "faults.model_title"),
            text(lang, "faults.share_note"),
            _draw_heat(
                "models",
                codes,
                [(model, model or text(lang, "faults.no_model")) for model in models],
                by_model,
                lang,
                lambda code, model: link("faults", code=code, **({"model": str(model)} if model else {})),
            ),
        ),
        draw_panel(
            text(lang, "faults.band_title"),
            text(lang, "faults.no_bands" if set(by_band[None]) == {NO_BAND} else "faults.band_note"),
            draw_nothing(lang)
            if set(by_band[None]) == {NO_BAND}
            else _draw_heat(
                "bands",
                codes,
                [(band, name_band(band, lang)) for band in bands if band in by_band[None]],
                by_band,
                lang,
                lambda code, _: link("faults", code=code),
            ),
        ),
    ]


def name_band(band: int, lang: str) -> str:
    """Return from how many to how many kilometres a band goes."""
    if band == NO_BAND:
        return text(lang, "faults.no_mileage")
    edges = [say_number(edge, lang) for edge in (0, *map(int, BANDS_KM))]
    if band == len(BANDS_KM):
        return text(lang, "faults.from_km", km=edges[band])
    return text(lang, "faults.between_km", least=edges[band], most=edges[band + 1])


def _is_split(each: CodeCount) -> bool:
    return each.model is not None or each.band is not None


def _split(
    counts: Sequence[CodeCount], key: Callable[[CodeCount], Key | None]
) -> Mapping[str | None, Mapping[Key, int]]:
    """Return visits by code, None for all of them, and by what `key` names."""
    found: dict[str | None, dict[Key, int]] = {None: {}}
    for each in counts:
        value = key(each)
        if value is not None:
            found.setdefault(each.code, {})[value] = each.visits
    return found


def _draw_table(
    codes: Sequence[str],
    totals: Mapping[str, int],
    visits: int,
    by_model: Mapping[str | None, Mapping[str, int]],
    lang: str,
    link: Link,
) -> dag.AgGrid:
    columns = [
        column("work_order", text(lang, "faults.code"), renderer="OrderLink", flex=1),
        column("words", text(lang, "faults.words"), flex=4, minWidth=300),
        column("visits", text(lang, "faults.visits"), flex=1),
        column("share", text(lang, "faults.share"), flex=1),
        column("model", text(lang, "faults.most_model"), flex=2, minWidth=180),
    ]
    rows: list[Row] = []
    for code in codes:
        of_models = by_model.get(code, {})
        model = max(of_models, key=lambda name: (of_models[name], name), default="")
        share = totals[code] / visits
        rows.append(
            {
                "id": code,
                "work_order": code,
                "href": link("faults", code=code),
                "words": explain_code(lang, code),
                "words_words": explain_code(lang, code),
                "visits": totals[code],
                "visits_words": say_count(totals[code], lang),
                "share": share,
                "share_words": say_share(share, lang),
                "model": model,
                "model_words": f"{model or UNKNOWN} ({say_count(of_models.get(model, 0), lang)})",
                "card": f"{explain_code(lang, code)}: {say_count(totals[code], lang)}",
            }
        )
    return draw_table("codes", columns, rows, lang)


def _draw_heat(
    name: str,
    codes: Sequence[str],
    groups: Sequence[tuple[Key, str]],
    counted: Mapping[str | None, Mapping[Key, int]],
    lang: str,
    behind: Callable[[str, Key], str],
) -> Component:
    """Draw on which share of each group's visits a code was found; a cell says the counts."""
    shown = codes[::-1]

    def lay_out(tell: Callable[[str, Key], object]) -> list[list[object]]:
        return [[tell(code, group) for group, _ in groups] for code in shown]

    def count(code: str, group: Key) -> int:
        return counted.get(code, {}).get(group, 0)

    def say(code: str, group: Key) -> str:
        visits = counted[None][group]
        return text(
            lang,
            "faults.found_on",
            code=code,
            words=explain_code(lang, code),
            found=say_count(count(code, group), lang),
            visits=say_count(visits, lang),
            share=say_share(count(code, group) / visits, lang),
        )

    figure = go.Figure(
        go.Heatmap(
            x=[words for _, words in groups],
            y=list(shown),
            z=lay_out(lambda code, group: count(code, group) / counted[None][group]),
            text=lay_out(lambda code, group: count(code, group) or ""),
            texttemplate="%{text}",
            customdata=lay_out(behind),
            hovertext=lay_out(say),
            hovertemplate="%{x}<br>%{hovertext}<extra></extra>",
            colorscale=[[0, "#f6fafb"], [0.35, CALM_PALE], [0.7, CALM_SOFT], [1, CALM]],
            xgap=2,
            ygap=2,
            colorbar={"tickformat": ".0%", "thickness": 10, "outlinewidth": 0},
        )
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False)
    return draw_chart(
        name, figure, lang, height=110 + 28 * len(codes), label=text(lang, "faults.codes_title")
    )
