"""What the calibration page says in words: whether goals are met, and what estimates rest on. Pure."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    name_site,
    name_stage,
    say_count,
    say_instant,
    say_seconds,
    say_share,
    zone_of,
)
from models.analytics.estimate.model import FEWEST_ORDERS
from models.analytics.estimate.outcomes import GOALS, LEAST_GAIN, Learning, Outcomes, Share, Verdict

# With fewer orders a band is wider than the goal itself, whatever was counted.
_FEW_ORDERS = 100


def say_learned(site: str, learned: Sequence[Learning], workshop: Workshop, lang: str) -> html.Li:
    """Say what a site's estimates rest on: its history, or the targets while there is too little."""
    name = name_site(site, workshop, lang)
    found = next((each for each in learned if each.site == site), None)
    orders = found.orders if found else 0
    if found is None or orders < FEWEST_ORDERS:
        words = text(
            lang,
            "calibration.by_targets",
            site=name,
            orders=say_count(orders, lang),
            fewest=say_count(FEWEST_ORDERS, lang),
        )
        return html.Li(words, className="differs")
    until = say_instant(found.until, zone_of(site, workshop), lang)
    return html.Li(text(lang, "calibration.learned", site=name, orders=say_count(orders, lang), until=until))


def say_outcome(each: Outcomes, workshop: Workshop, lang: str) -> html.Li:
    """Say how the estimates of a stage turned out, the verdict first."""
    half, most = each.cover(50), each.cover(80)
    verdict = judge_outcome(half, most)
    said: list[Component | str] = [html.B(text(lang, f"calibration_verdict.{verdict}") + ". ")]
    if half and most:
        words = text(
            lang,
            "calibration.found",
            stage=name_stage(each.stage, workshop, lang),
            orders=say_count(each.orders, lang),
            half=say_share(half.value, lang),
            half_low=say_share(half.low, lang),
            half_high=say_share(half.high, lang),
            most=say_share(most.value, lang),
            most_low=say_share(most.low, lang),
            most_high=say_share(most.high, lang),
        )
        said.append(words + " ")
    error, median, gain = each.mean_error_seconds, each.mean_median_error_seconds, each.median_gain
    if error is not None and median is not None and gain is not None:
        words = text(
            lang,
            "calibration.found_error",
            error=say_seconds(error, lang),
            median=say_seconds(median, lang),
            gain=say_share(abs(gain), lang),
            goal=say_share(LEAST_GAIN, lang),
            way=text(lang, "calibration.below" if gain >= 0 else "calibration.above"),
        )
        said.append(words + " ")
    if each.mean_promise_error_seconds is not None:
        promise = say_seconds(each.mean_promise_error_seconds, lang)
        orders = say_count(each.promised, lang)
        said.append(text(lang, "calibration.found_promise", orders=orders, promise=promise) + " ")
    if each.orders < _FEW_ORDERS:
        said.append(text(lang, "calibration.few"))
    marks = {Verdict.MET: "agrees", Verdict.UNSURE: "differs", Verdict.MISSED: "marked"}
    return html.Li(said, className=marks[verdict])


def judge_outcome(half: Share | None, most: Share | None) -> Verdict:
    """Say whether both goals are met; one that is missed decides, then one that is unsure."""
    verdicts = {share.judge(GOALS[percentile]) for percentile, share in ((50, half), (80, most)) if share}
    for verdict in (Verdict.MISSED, Verdict.UNSURE):
        if verdict in verdicts:
            return verdict
    return Verdict.MET if verdicts else Verdict.UNSURE
