"""Words that more than one part of the workshop file and of its readers share.

Owns lists that may be written as a single word, the types of jobs, and whom messages are for
(`models.domain.delivery.Role` says that too, and a test that it does). Refuses what belongs to one part.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

Audience = Literal["customer", "advisor", "foreman", "manager", "director"]
JobType = Literal["maintenance", "repair", "body", "warranty", "inspection"]


def _list_word(value: object) -> object:
    return [value] if isinstance(value, str) else value


# Put into an annotation of a list: one word stands for a list of it.
ONE_OR_MORE = (BeforeValidator(_list_word), Field(min_length=1))
Names = Annotated[list[str], *ONE_OR_MORE]
