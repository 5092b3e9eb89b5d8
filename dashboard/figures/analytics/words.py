"""Figures, names and days in words, as the analytics pages say them. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from config.texts import read_catalogue, text
from config.workshop import Workshop
from dashboard.figures.kit.length import say_length
from dashboard.figures.kit.number import say_number
from dashboard.figures.kit.when import LOCALES
from models.analytics.overview import FIGURES

# An address of the orders behind something, or of another view of the same selection.
Link = Callable[..., str]
UNKNOWN = "–"
_LENGTHS = {"cycle", "open_cycle", "touch", "wait"}
_COUNTS = {"throughput", "carry_over", "hours_per_order"}


def say_figure(name: str, value: float | None, lang: str) -> str:
    """Return a figure of `models.analytics.overview.FIGURES` with its unit."""
    if value is None:
        return UNKNOWN
    if name in _LENGTHS:
        return say_seconds(value, lang)
    return say_count(value, lang) if name in _COUNTS else say_share(value, lang)


def say_change(name: str, now: float, before: float, lang: str) -> str:
    """Return how much a figure changed: shares in points, everything else in percent."""
    if name in _LENGTHS | _COUNTS:
        return say_share(abs(now / before - 1), lang) if before else say_count(abs(now - before), lang)
    return text(lang, "analytics.points", points=say_count(abs(now - before) * 100, lang))


def say_seconds(seconds: float, lang: str) -> str:
    """Return a length of time."""
    return say_length(timedelta(seconds=seconds), lang)


def say_share(share: float, lang: str) -> str:
    """Return a share in percent."""
    pattern = "#,##0%" if share >= 0.1 else "#,##0.0%"  # noqa: PLR2004  # a tenth
    return format_percent(share, format=pattern, locale=LOCALES[lang])


def say_count(count: float, lang: str) -> str:
    """Return a count or a mean of counts, as exact as one reads it."""
    pattern = "#,##0.#" if abs(count) < 100 else "#,##0"  # noqa: PLR2004  # three figures
    return say_number(count, lang, pattern)


def say_decimal(number: float, lang: str) -> str:
    """Return a number with two decimals."""
    return format_decimal(number, format="0.00", locale=LOCALES[lang])


def say_date(day: date | None, lang: str) -> str:
    """Return a day with its month and year."""
    return format_date(day, "medium", locale=LOCALES[lang]) if day else UNKNOWN


def say_instant(time: datetime | None, zone: ZoneInfo, lang: str) -> str:
    """Return when something was, at the site."""
    if time is None:
        return UNKNOWN
    pattern = "M月d日 HH:mm" if lang == "zh" else "d MMM HH:mm"
    return format_datetime(time, pattern, tzinfo=zone, locale=LOCALES[lang])


def name_job(job_type: str | None, lang: str) -> str:
    """Return a job type's name."""
    return find_word(lang, "job", job_type)


def name_cause(cause: str, workshop: Workshop, lang: str) -> str:
    """Return a cause of waiting; a stage that names none is a cause of its own, others are as written."""
    stage = workshop.stage(cause)
    named = read_catalogue(lang).get(f"analytics_cause.{cause}")
    if named or stage is None:
        return named or cause
    name = stage.name(lang)
    return text(lang, "analytics.nobody", stage=name) if stage.kind == "touch" else name


def name_stage(stage: str | None, workshop: Workshop, lang: str) -> str:
    """Return a stage's name."""
    known = workshop.stage(stage) if stage else None
    return known.name(lang) if known else stage or UNKNOWN


def name_site(site: str, workshop: Workshop, lang: str) -> str:
    """Return a site's name."""
    known = workshop.site(site)
    return known.name(lang) if known else site


def zone_of(site: str | None, workshop: Workshop) -> ZoneInfo:
    """Return a site's time zone."""
    known = workshop.site(site) if site else None
    return known.zone if known else ZoneInfo("UTC")


def name_part(part: str, description: str | None) -> str:
    """Return a part's name, else its number."""
    return description or part


def name_item(item: str, plan: str | None, workshop: Workshop, lang: str) -> str:
    """Return the name of a plan's item; where its plan has it no more, another plan's, else its key."""
    plans = sorted(workshop.plans, key=lambda known: known.key != plan)
    return next((each.name(lang) for known in plans for each in known.items if each.key == item), item)


def find_word(lang: str, table: str, key: str | None) -> str:
    """Return the word for a key; what a table has no word for is as written."""
    return read_catalogue(lang).get(f"{table}.{key}", key) or UNKNOWN


def join_known(*words: object) -> str:
    """Return what is known of some words on one line."""
    return " ".join(str(word) for word in words if word) or UNKNOWN


def name_figure(name: str, lang: str) -> str:
    """Return a figure's name."""
    return text(lang, f"analytics_figure.{name}")


# Which way each figure is better: more, less, or neither.
BETTER: Mapping[str, int] = dict.fromkeys(FIGURES, 1) | {
    "cycle": -1,
    "open_cycle": -1,
    "wait": -1,
    "carry_over": -1,
    "bay_idle": -1,
    "touch": 0,
    "hours_per_order": 0,
}
