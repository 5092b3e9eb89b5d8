"""Numbers as people write them in each language, through Babel. Pure."""

from babel.numbers import format_decimal, format_percent

from dashboard.figures.when import LOCALES

# A probability is not known better than this.
_STEP = 0.05
# What is not certain is never said to be.
MOST_PROBABLE = 1 - _STEP


def say_number(number: float, lang: str) -> str:
    """Return a number with the separators of the language."""
    return format_decimal(number, locale=LOCALES[lang])


def round_probability(share: float) -> float:
    """Return a probability no more exact than one can know it; only what is certain is 1."""
    return 1.0 if share >= 1 else min(round(share / _STEP) * _STEP, MOST_PROBABLE)


def say_probability(share: float, lang: str) -> str:
    """Return a probability in percent, no more exact than one can know it."""
    return format_percent(round_probability(share), locale=LOCALES[lang])
