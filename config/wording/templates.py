"""The words of messages: a template for each event and language, checked against the event's values.

Owns `config/messages/{lang}/{event}.toml` (and `{event}.{audience}.toml` where an audience is told in other
words), what is wrong with them, each with its file and line, and how they are filled in. A line whose value
is not known is left out, so that no message says "None". Refuses a placeholder the event has no value
for, an unknown event, and a template that a language lacks. It sends nothing.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.kit.toml_lines import Location, locate_line
from config.texts import LANGS
from config.wording.events import AUDIENCES, EVENTS, Event, Value
from config.wording.values import say_value

OUR_TEMPLATES = Path(__file__).parents[1] / "messages"


class TemplateError(Exception):
    """The templates cannot be used; the message lists every error with its file and line."""


class Template(BaseModel):
    """A message's words; `each` are the lines for one thing of a list, by the list's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    body: str = Field(min_length=1)
    each: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Words:
    """A message as people read it."""

    title: str
    body: str


class Templates:
    """Every template, by language and name."""

    def __init__(self, templates: Mapping[tuple[str, str], Template]) -> None:
        self._templates = templates

    def write(
        self, event: str, audience: str, lang: str, payload: Mapping[str, Any], zone: ZoneInfo
    ) -> Words:
        """Fill in the words of an event for an audience; raises KeyError for an event there is not."""
        own = self._templates.get((lang, f"{event}.{audience}"))
        template = own or self._templates[lang, event]
        values = _say_all(EVENTS[event].values, payload, lang, zone)
        for name, kinds in EVENTS[event].lists.items():
            things = (_say_all(kinds, thing, lang, zone) for thing in payload.get(name) or ())
            values[name] = "\n".join(_fill(template.each.get(name, ""), thing) for thing in things)
        title = _fill(template.title, values)
        # A message of which nothing more is known is its title.
        return Words(title, _fill(template.body, values) or title)


def load_templates(*directories: Path) -> Templates:
    """Read and check the templates of directories, ours first; those of a later one take their place.

    Raises TemplateError with one line per error: `file:line: what is wrong`.
    """
    found: dict[tuple[str, str], Template] = {}
    problems: list[str] = []
    for directory in (OUR_TEMPLATES, *directories):
        for file in sorted(directory.glob("*/*.toml")):
            problems += _read_template(file, found)
    wanted = {*EVENTS, *(name for _, name in found)}
    problems += [
        f"{directories[-1] if directories else OUR_TEMPLATES}/{lang}/{name}.toml: is missing"
        for lang in LANGS
        for name in sorted(wanted)
        if (lang, name) not in found
    ]
    if problems:
        raise TemplateError("\n".join(problems))
    return Templates(found)


def _read_template(file: Path, found: dict[tuple[str, str], Template]) -> Iterator[str]:
    """Add a file's template to what was found, and yield what is wrong with it."""
    lang, name = file.parent.name, file.stem
    event, _, audience = name.partition(".")
    if lang not in LANGS:
        yield f"{file}: there is no language {lang!r}, only {', '.join(LANGS)}"
    elif event not in EVENTS:
        yield f"{file}: there is no event {event!r}, only {', '.join(EVENTS)}"
    elif audience and audience not in AUDIENCES:
        yield f"{file}: there is no audience {audience!r}, only {', '.join(AUDIENCES)}"
    else:
        # A wrong one is there too: it is not missing besides.
        found[lang, name] = Template(title="-", body="-")
        try:
            text = file.read_text(encoding="utf-8")
            found[lang, name] = template = Template.model_validate(tomllib.loads(text))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            yield f"{file}: cannot be read: {error}"
        except ValidationError as error:
            places = [(problem["loc"], problem["msg"]) for problem in error.errors()]
            yield from (_say(file, text, place, sentence) for place, sentence in places)
        else:
            problems = _find_problems(template, EVENTS[event])
            yield from (_say(file, text, place, sentence) for place, sentence in problems)


def _say(file: Path, text: str, place: Location, sentence: str) -> str:
    return f"{file}:{locate_line(text, place)}: {'.'.join(map(str, place))}: {sentence}"


def _find_problems(template: Template, event: Event) -> Iterator[tuple[Location, str]]:
    always = {name for name, value in event.values.items() if value.always}
    known = {*event.values, *event.lists}
    yield from _check_words(("title",), template.title, always, f"is not in every {event.name}")
    yield from _check_words(("body",), template.body, known, f"is not a value of {event.name}")
    for name, words in template.each.items():
        if name not in event.lists:
            yield ("each", name), f"{event.name} has no list {name}"
            continue
        yield from _check_words(("each", name), words, set(event.lists[name]), f"is not a value of {name}")
    for name in event.lists:
        if f"{{{name}}}" in template.body and name not in template.each:
            yield ("body",), f"{{{name}}} is a list: say in [each] how one of it is written"


def _check_words(
    place: Location, words: str, known: set[str], problem: str
) -> Iterator[tuple[Location, str]]:
    try:
        fields = list(Formatter().parse(words))
    except ValueError as error:
        yield place, f"{error}; a brace is written twice"
        return
    for _, name, form, conversion in fields:
        if name is None:
            continue
        if form or conversion or name not in known:
            yield place, f"{{{name}}} {problem}; there is {', '.join(sorted(known))}"


def _say_all(
    kinds: Mapping[str, Value], payload: Mapping[str, Any], lang: str, zone: ZoneInfo
) -> dict[str, str]:
    return {
        name: say_value(value.kind, payload[name], lang, zone)
        for name, value in kinds.items()
        if payload.get(name) is not None
    }


def _fill(words: str, values: Mapping[str, str]) -> str:
    """Fill in words line by line; a line with a value that is not there, or empty, is left out."""
    lines = (_fill_line(line, values) for line in words.strip("\n").splitlines())
    return "\n".join(line for line in lines if line is not None)


def _fill_line(line: str, values: Mapping[str, str]) -> str | None:
    names: Sequence[str] = [name for _, name, _, _ in Formatter().parse(line) if name]
    return line.format_map(values) if all(values.get(name) for name in names) else None
