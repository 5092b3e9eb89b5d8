"""The words that the browser fills in by itself, second by second, for every kind of board."""

import msgspec

from config.texts import read_catalogue


def browser_words(lang: str, **of_this_board: str) -> str:
    """Return the templates that `assets/clock.js` fills in, as JSON; a board may say some in its own way."""
    ticking = [(key, words) for key, words in read_catalogue(lang).items() if key.startswith("tick.")]
    words = {key.removeprefix("tick."): words for key, words in ticking}
    return msgspec.json.encode({**words, **of_this_board}).decode()
