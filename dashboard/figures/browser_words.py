"""The words that the browser fills in by itself, second by second, for every kind of board."""

import msgspec

from config.texts import read_catalogue


def browser_words(lang: str) -> str:
    """Return the templates that `assets/clock.js` fills in, as JSON."""
    ticking = [(key, words) for key, words in read_catalogue(lang).items() if key.startswith("tick.")]
    return msgspec.json.encode({key.removeprefix("tick."): words for key, words in ticking}).decode()
