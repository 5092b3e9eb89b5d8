"""Figures of what-if questions in words: names, values with their units, changes with their signs. Pure."""

from config.texts import read_catalogue, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import name_cause, say_count, say_seconds, say_share
from models.analytics.whatif import CYCLE, ON_TIME, THROUGHPUT, WAIT, Change, Range

ORDER = (CYCLE, ON_TIME, THROUGHPUT)
# Less time is better; more promises kept and more orders are.
_BETTER = {CYCLE: -1, ON_TIME: 1, THROUGHPUT: 1}
# Less than this is no change that anybody would notice: half a minute, a tenth of a point, a tenth of a car.
_LEAST = {ON_TIME: 0.001, THROUGHPUT: 0.1}
_LEAST_HOURS = 0.5 / 60


def name_kind(key: str, lang: str) -> str:
    """Return the name of a kind of bay or of a skill; what has no words, such as a part, is as written."""
    return read_catalogue(lang).get(f"what_if_kind.{key}", key)


def name_change(change: Change, lang: str) -> str:
    """Return what there is one more of."""
    return text(lang, f"what_if_one.{change.what}", kind=name_kind(change.key, lang))


def name_figure(figure: str, workshop: Workshop, lang: str) -> str:
    """Return the name of a figure, or of the waiting for a cause."""
    if figure.startswith(WAIT):
        cause = name_cause(figure.removeprefix(WAIT), workshop, lang)
        return text(lang, "what_if.waiting", cause=cause)
    return text(lang, f"what_if_figure.{figure}")


def find_direction(figure: str, change: Range) -> int | None:
    """Say whether a change is for the better (1) or the worse (-1), none (0), or too uncertain (None)."""
    least = _LEAST.get(figure, _LEAST_HOURS)
    if -least < change.low and change.high < least:
        return 0
    if change.low < 0 < change.high or abs(change.middle) < least:
        return None
    return (1 if change.middle > 0 else -1) * _BETTER.get(figure, -1)


def say_value(figure: str, value: float, lang: str) -> str:
    """Return a figure with its unit."""
    if figure == ON_TIME:
        return say_share(value, lang)
    if figure == THROUGHPUT:
        return say_count(value, lang)
    return say_seconds(value * 3600, lang)


def say_change(figure: str, change: float, lang: str) -> str:
    """Return a change with its sign and unit; shares in points."""
    sign = "+" if change >= 0 else "−"
    if figure == ON_TIME:
        return sign + text(lang, "analytics.points", points=say_count(abs(change) * 100, lang))
    return sign + say_value(figure, abs(change), lang)


def say_range(figure: str, found: Range, lang: str, *, signed: bool) -> str:
    """Return from where to where all but the outer tenths of the runs lie."""
    say = say_change if signed else say_value
    return text(lang, "what_if.from_to", low=say(figure, found.low, lang), high=say(figure, found.high, lang))
