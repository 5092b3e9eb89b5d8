"""What success is in another side's own words: `success` of a `[[channel]]`.

Owns its shape, and whether an answer fits it. A webhook or an SMS gateway may say no in a 200, each in words
of its own, which only the people who chose it know. Refuses a rule that says nothing, or two things at once.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from config.kit.words import ONE_OR_MORE

Json = object


def say_value(value: Json) -> str:
    """Return a value of JSON as text, so that 0 and "0" are the same; one that holds others only as such."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "null" if value is None else str(value)


def _listed_value(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise ValueError(  # noqa: TRY004  # pydantic wants it
            f'{value!r} is no text, number, true or false, such as "OK" or 0'
        )
    return say_value(value)


def _list_one(value: object) -> object:
    return value if isinstance(value, list) else [value]


Value = Annotated[str, BeforeValidator(_listed_value)]
Values = Annotated[list[Value], BeforeValidator(_list_one), Field(min_length=1)]


class Success(BaseModel):
    """Which answers are success: of HTTP 2xx, those whose status, value or text is as it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Which of 200 to 299; with nothing else, whatever the answer says.
    status: (
        Annotated[
            list[Annotated[int, Field(ge=200, le=299)]], BeforeValidator(_list_one), Field(min_length=1)
        ]
        | None
    ) = None
    # Where in JSON the value is: `Code`, `Response.SendStatusSet.0.Code`; without it, the whole text counts.
    path: Annotated[str, Field(max_length=200, pattern=r"^[^.\s]+(\.[^.\s]+)*$")] | None = None
    equals: Values | None = None
    begins: Annotated[list[Annotated[str, Field(min_length=1)]], *ONE_OR_MORE] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Success":
        if self.equals and self.begins:
            raise ValueError("takes `equals` or `begins`, not both")
        if self.path and not (self.equals or self.begins):
            raise ValueError(
                f"`path` {self.path!r} needs `equals` or `begins`: what is there when all is well"
            )
        if not (self.status or self.equals or self.begins):
            raise ValueError(
                'needs `equals`, `begins` or `status`, as in { path = "Code", equals = ["OK", 0] }'
            )
        return self

    @property
    def reads_text(self) -> bool:
        """Say whether more than the status counts."""
        return bool(self.equals or self.begins)

    def fits(self, found: str) -> bool:
        """Say whether a value, or the whole text, is one of success."""
        if self.equals is not None:
            return found in self.equals
        return self.begins is None or found.startswith(tuple(self.begins))

    def say(self) -> str:
        """Say what would have been success."""
        return " or ".join(map(repr, self.equals or self.begins or self.status or ()))


def find_value(answer: Json, path: str) -> tuple[bool, Json]:
    """Return whether there is a value at a path of names and numbers, and which."""
    for part in path.split("."):
        if isinstance(answer, Mapping) and part in answer:
            answer = answer[part]
        elif isinstance(answer, Sequence) and not isinstance(answer, str) and part.isdecimal():
            if int(part) >= len(answer):
                return False, None
            answer = answer[int(part)]
        else:
            return False, None
    return True, answer
