"""The words people read, in English and Chinese, from one catalogue a language.

Owns `config/texts/{lang}/`, a file for each group of pages, and how a language is chosen.
Refuses to invent: a key that a catalogue does not have is an error, and a test keeps the
catalogues equal. Names of stages and sites are the workshop's own and stand in its file.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGS = ("en", "zh")

# What a browser is told the words are written in; it picks the Chinese glyphs by it.
HTML_LANGS = {"en": "en", "zh": "zh-CN"}

_CATALOGUES = Path(__file__).with_name("texts")


def choose_lang(asked: object) -> str:
    """Return the language asked for if there is one, else English."""
    return asked if isinstance(asked, str) and asked in LANGS else LANGS[0]


def text(lang: str, key: str, **values: object) -> str:
    """Return the words of a key, such as `wall.free`, with its placeholders filled in."""
    return read_catalogue(lang)[key].format_map(values)


def name_stored(lang: str, table: str, stored: str, **values: object) -> str:
    """Return the words of a table for a word that is stored; the stored word itself where there are none.

    Other versions and other programs may have written it, and one row keeps no page from being shown.
    """
    words = read_catalogue(lang).get(f"{table}.{stored}")
    return stored if words is None else words.format_map(values)


def template(lang: str, key: str) -> str:
    """Return the words of a key with their placeholders left for the browser to fill in."""
    return read_catalogue(lang)[key]


@cache
def read_catalogue(lang: str) -> Mapping[str, str]:
    """Read a language's catalogue as `table.key` to words."""
    return {
        f"{table}.{key}": words
        for file in sorted((_CATALOGUES / lang).glob("*.toml"))
        for table, entries in tomllib.loads(file.read_text(encoding="utf-8")).items()
        for key, words in entries.items()
    }
