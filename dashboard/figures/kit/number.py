"""Numbers as people write them in each language, through Babel, whatever their size. Pure."""

from math import isfinite, isnan

from babel.numbers import format_decimal, format_percent, format_scientific

from dashboard.figures.kit.when import LOCALES

# What is not a number at all, and the least that is not written out.
NO_NUMBER, _MOST_WRITTEN = "?", 1e15
# A probability is not known better than this.
_STEP = 0.05
# What is not certain is never said to be.
MOST_PROBABLE = 1 - _STEP


def say_number(number: float, lang: str, pattern: str | None = None) -> str:
    """Return a number with the separators of the language; a huge one as a power of ten."""
    if isnan(number):
        return NO_NUMBER
    if not isfinite(number):
        return "∞" if number > 0 else "-∞"
    if abs(number) >= _MOST_WRITTEN:
        return format_scientific(number, format="0.##E0", locale=LOCALES[lang])
    return format_decimal(number, format=pattern, locale=LOCALES[lang])


def say_whole(number: float, lang: str) -> str:
    """Return a number without decimals."""
    return say_number(number, lang, "#,##0")


def round_probability(share: float) -> float:
    """Return a probability no more exact than one can know it; only what is certain is 1."""
    return 1.0 if share >= 1 else min(round(share / _STEP) * _STEP, MOST_PROBABLE)


def say_probability(share: float, lang: str) -> str:
    """Return a probability in percent, no more exact than one can know it."""
    return format_percent(round_probability(share), locale=LOCALES[lang])
