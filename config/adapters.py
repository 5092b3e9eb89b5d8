"""Topics of other products: `[[ingest.adapter]]` of the workshop file.

Defines the shape of a mapping and finds what is wrong with one, each with its place and a sentence: paths
that lead nowhere, a level that the topic does not have, a unit that a name contradicts, two signals in one
series. How messages are read by it is `ingest.adapters`'.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from config.kit.toml_lines import Location
from config.kit.topic_filter import check_filter, may_match_below

Kind = Literal["json", "traccar", "wican"]
Unit = Literal["km", "mi", "m"]

# What devices of the contract publish below; ingest always reads it.
_OUR_TOPICS = "workshop/v1/"
_LONGEST_PATH = 200
# The ends of names that say their unit: ODOMETER_MI, mileage.km, odometerMiles.
_ENDINGS: dict[str, Unit] = {
    **dict.fromkeys(("km", "kms", "kilometers", "kilometres"), "km"),
    **dict.fromkeys(("mi", "mile", "miles"), "mi"),
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), "m"),
}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
# What Traccar adds up from positions since it first saw a device: another signal than any odometer.
TOTAL_DISTANCE = "totalDistance"


def find_unit(name: str) -> Unit | None:
    """Return the unit that a name says by its last word, as `ODOMETER_MI` does; None if it says none."""
    words = _WORDS.findall(name)
    return _ENDINGS.get(words[-1].lower()) if len(words) > 1 else None


def check_path(text: str) -> str:
    """Return a path as it is; raises ValueError saying what is wrong with it."""
    if not text:
        raise ValueError("a path names at least one key, such as state.odometer")
    if len(text) > _LONGEST_PATH or not text.isprintable():
        raise ValueError(f"{text[:40]!r}… is longer than {_LONGEST_PATH} printable characters")
    if not all(key.strip() for key in text.split(".")):
        raise ValueError(
            f"{text!r} has nothing between two dots, or at an end; write keys as in state.odometer"
        )
    return text


def _check_place(value: object) -> object:
    if isinstance(value, str):
        return check_path(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("is a path in the message, or the number of a level of the topic")  # noqa: TRY004
    if value < 1:
        raise ValueError("levels of a topic are counted from 1")
    return value


def _list_names(value: object) -> object:
    """Write a name, a table or a list of both as a list of tables."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | dict | Mileage) for one in values):
        raise ValueError('is a name, a table { name = "mileage", unit = "km" }, or a list of both')
    return [{"name": one} if isinstance(one, str) else one for one in values]


def _foreign_filter(text: str) -> str:
    check_filter(text)
    if text.startswith("$"):
        raise ValueError(f"{text!r}: topics that begin with $ are the broker's own")
    if may_match_below(text, _OUR_TOPICS):
        raise ValueError(f"{text!r} matches topics below {_OUR_TOPICS}, which need no adapter")
    return text


Path = Annotated[str, AfterValidator(check_path)]
# A path in the message, or a level of the topic, counted from 1.
Place = Annotated[int | str, BeforeValidator(_check_place)]


class Mileage(BaseModel):
    """A value that holds a mileage: its name, which is a path, its unit, and what it is multiplied with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Path
    unit: Unit | None = None
    scale: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 1.0


class Adapter(BaseModel):
    """Topics of another product, the adapter that reads them, and the site they belong to.

    What is None is the adapter's default; `unit` is for names that have and say none of their own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: Annotated[str, AfterValidator(_foreign_filter)]
    kind: Kind
    site: str
    odometer: Annotated[list[Mileage], BeforeValidator(_list_names), Field(min_length=1)] | None = None
    unit: Unit | None = None
    device: Place | None = None
    vin: Place | None = None
    time: Path | None = None
    without_odometer: Literal["quarantine", "skip"] = "quarantine"

    @property
    def device_level(self) -> int | None:
        """Return the level of the topic that names the device, from 1: by default the first wildcard."""
        if self.device is not None:
            return self.device if isinstance(self.device, int) else None
        levels = enumerate(self.topic.split("/"), start=1)
        return next((number for number, level in levels if level in ("+", "#")), None)


def find_adapter_errors(
    adapters: Sequence[Adapter], sites: Collection[str]
) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with mappings that are well formed, each with its place."""
    for number, adapter in enumerate(adapters):
        if adapter.site not in sites:
            yield ("ingest", "adapter", number, "site"), f"there is no site {adapter.site!r} in this file"
        find_more = _find_gaps if adapter.kind == "json" else _find_what_is_known
        for key, problem in chain(
            find_more(adapter), _find_wrong_levels(adapter), _find_wrong_names(adapter)
        ):
            yield ("ingest", "adapter", number, key), problem


def _find_gaps(adapter: Adapter) -> Iterator[tuple[str, str]]:
    """Yield what kind json needs and the file does not say."""
    if adapter.device is None and adapter.device_level is None:
        yield "topic", "has no wildcard to name the device: say device = a path, or the number of a level"
    if adapter.odometer is None:
        yield "kind", 'say which value is the mileage: odometer = { name = "odometer", unit = "km" }'
    for mileage in adapter.odometer or ():
        if not (mileage.unit or adapter.unit or find_unit(mileage.name)):
            yield (
                "odometer",
                f"say the unit of {mileage.name}, km, mi or m: {_write_table(mileage.name, 'km')}",
            )


def _find_what_is_known(adapter: Adapter) -> Iterator[tuple[str, str]]:
    """Yield what only kind json must be given."""
    for key in ("device", "time"):
        if getattr(adapter, key) is not None:
            yield key, f'is for kind = "json"; where it is in messages of {adapter.kind} is known'


def _find_wrong_levels(adapter: Adapter) -> Iterator[tuple[str, str]]:
    levels = adapter.topic.split("/")
    for key, level in (("device", adapter.device), ("vin", adapter.vin)):
        if isinstance(level, int) and level > len(levels) and levels[-1] != "#":
            yield key, f"{adapter.topic!r} has {len(levels)} levels, not {level}"


def _find_wrong_names(adapter: Adapter) -> Iterator[tuple[str, str]]:
    names = [mileage.name for mileage in adapter.odometer or ()]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        yield "odometer", f"named more than once: {', '.join(repeated)}"
    for mileage in adapter.odometer or ():
        said = find_unit(mileage.name)
        if adapter.unit and said not in (None, adapter.unit) and not mileage.unit:
            table = _write_table(mileage.name, said)
            yield (
                "odometer",
                f"{mileage.name} is in {said} by its name, but unit is {adapter.unit}: write {table}",
            )
    if adapter.kind == "traccar" and TOTAL_DISTANCE in names and len(names) > 1:
        yield (
            "odometer",
            f"{TOTAL_DISTANCE} is another signal than an odometer's: name one of them (docs/adapters.md)",
        )


def _write_table(name: str, unit: str | None) -> str:
    return f'{{ name = "{name}", unit = "{unit}" }}'
