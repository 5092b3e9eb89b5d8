"""The words that may be shown beside a car in the waiting room: `[lounge]` of the workshop file.

What people type into an order never reaches that screen. An operation is shown there if it is one of
these or an item of a service plan, in either language and in any case, in the words of the file.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from config.plans import ServicePlan

Words = Annotated[str, Field(min_length=1, max_length=60)]


class Operation(BaseModel):
    """Something that a workshop does to cars, in words for customers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: Words
    zh: Words


class LoungeRules(BaseModel):
    """What `[lounge]` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operations: list[Operation] = []


def list_spellings(lounge: LoungeRules, plans: Iterable[ServicePlan]) -> dict[str, str]:
    """Return the spellings of each operation that is known, and the English words it is known by."""
    spellings: dict[str, str] = {}
    for en, zh in _list_operations(lounge, plans):
        for words in (en, zh):
            spellings.setdefault(spell(words), en)
    return spellings


def translate_operations(lounge: LoungeRules, plans: Iterable[ServicePlan]) -> dict[str, str]:
    """Return the Chinese words of each operation by its English ones."""
    translations: dict[str, str] = {}
    for en, zh in _list_operations(lounge, plans):
        translations.setdefault(en, zh)
    return translations


def spell(words: str) -> str:
    """Return words as they are compared: the database does the same in `spell_operation`."""
    return " ".join(unicodedata.normalize("NFKC", words).lower().split())


def _list_operations(lounge: LoungeRules, plans: Iterable[ServicePlan]) -> Iterator[tuple[str, str]]:
    yield from ((each.en, each.zh) for each in lounge.operations)
    yield from ((item.en, item.zh) for plan in plans for item in plan.items)
