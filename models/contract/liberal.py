"""Reading a message liberally: what has one meaning is taken, an optional field that has none is left out.

Owns how the types of the contract are read beyond strict JSON, and how their names are brought into canonical
form. A message that is strictly right only passes through the forms, which is quick; any other is read field
by field. Raises ContractError, naming the field, where a required one is missing or cannot be read. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from msgspec import NODEFAULT, UNSET, Struct, inspect

from models.contract.topics import ContractError
from models.contract.values import (
    UnreadableError,
    quote,
    read_date,
    read_flag,
    read_number,
    read_time,
    show,
)
from models.domain.notes import Note

_Message = TypeVar("_Message", bound=Struct)
# Reads a value of JSON at a site's zone.
_Read = Callable[[Any, tzinfo | None], Any]
# The canonical form of a value: None for "not known"; raises UnreadableError.
Form = Callable[[Any], Any]

# What `Meta(extra=...)` of the contract's types says of reading them.
FORM, WORDS, READ = "form", "words", "read"


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field is read: a scalar by `read` and `form`, an object or a list of objects by `inner`."""

    name: str
    required: bool
    default: Any
    may_be_none: bool
    described: inspect.Type
    read: _Read
    form: Form | None
    inner: type[Struct] | None
    is_list: bool

    def leave_out(self, path: str, sent: Any, why: str) -> Note:
        """Note that the field is left out; raises ContractError where it must not be."""
        if self.required:
            raise ContractError(f"{path}: {why}")
        return Note(path, quote(sent), why)


def settle(message: _Message) -> tuple[_Message, list[Note]]:
    """Bring the names of a message that is strictly right into canonical form; return it with notes."""
    if _has_settled(message):
        return message, []
    notes: list[Note] = []
    return _settle(message, "", notes), notes


def _has_settled(message: Struct) -> bool:
    """Say whether all names of a message are in canonical form; quick, since they nearly always are."""
    formed = _formed(type(message))
    try:
        for form, value in zip(formed.forms, formed.read(message), strict=True):
            if value is not None and value is not UNSET and form(value) != value:
                return False
    except UnreadableError:
        return False
    for field in formed.nested:
        inner = getattr(message, field.name)
        if inner is None or inner is UNSET:
            continue
        if not (all(map(_has_settled, inner)) if field.is_list else _has_settled(inner)):
            return False
    return True


def _settle(message: _Message, path: str, notes: list[Note]) -> _Message:
    def settle_inner(part: Struct, where: str, found: list[Note]) -> Struct:
        return _settle(part, f"{where}.", found)

    changes: dict[str, Any] = {}
    formed = _formed(type(message))
    for field in (*formed.fields, *formed.nested):
        value, where = getattr(message, field.name), f"{path}{field.name}"
        if value is None or value is UNSET:
            continue
        if field.inner is None:
            changes[field.name] = _form(field, value, value, where, notes)
        else:
            changes[field.name] = _read_inner(field, value, where, notes, settle_inner)
    return msgspec.structs.replace(message, **changes)


def _read_inner(
    field: _Field, sent: Any, path: str, notes: list[Note], read: Callable[[Any, str, list[Note]], Struct]
) -> Any:
    """Read the object in a field, or each of its list; one that cannot be read is left out and noted."""
    if not field.is_list:
        return _read_part(field, sent, path, notes, read)
    parts = [_read_part(field, part, f"{path}[{place}]", notes, read) for place, part in enumerate(sent)]
    return tuple(part for part in parts if part is not field.default)


def _read_part(
    field: _Field, sent: Any, path: str, notes: list[Note], read: Callable[[Any, str, list[Note]], Struct]
) -> Any:
    found: list[Note] = []
    try:
        part = read(sent, path, found)
    except ContractError as error:
        if field.required:
            raise
        # The part is named already.
        why = str(error).removeprefix(path).lstrip(".: ")
        notes.append(Note(path, quote(msgspec.to_builtins(sent)), why))
        return field.default
    notes += found
    return part


def _form(field: _Field, value: Any, sent: Any, path: str, notes: list[Note]) -> Any:
    """Return the canonical form of a value, or what stands for its being left out."""
    if field.form is None:
        return value
    try:
        formed = field.form(value)
    except UnreadableError as error:
        notes.append(field.leave_out(path, sent, str(error)))
        return field.default
    if formed is None:
        if field.required:
            raise ContractError(f"{path}: missing; {show(sent)} means that it is not known")
        if sent != "":
            notes.append(Note(path, quote(sent), None))
        return field.default if field.default is not UNSET else None
    if formed != sent and isinstance(formed, str | float):
        notes.append(Note(path, quote(sent), None))
    return formed


def convert(shape: type[_Message], value: Any, zone: tzinfo | None) -> tuple[_Message, list[Note]]:
    """Read an object of JSON as a message; `zone` is that of times without an offset."""
    notes: list[Note] = []
    return _convert(shape, value, zone, "", notes), notes


def _convert(
    shape: type[_Message], value: Any, zone: tzinfo | None, path: str, notes: list[Note]
) -> _Message:
    if isinstance(value, str) and (from_text := getattr(shape, "from_text", None)):
        value = from_text(value)
    if not isinstance(value, Mapping):
        raise ContractError(f"{path.rstrip('.') or 'payload'}: {show(value)} is not an object")
    read: dict[str, Any] = {}
    for field in _fields(shape):
        where, sent = f"{path}{field.name}", value.get(field.name, UNSET)
        if sent is UNSET or _is_unknown(sent):
            if field.required:
                raise ContractError(f"{where}: missing")
            if sent is not UNSET and field.may_be_none:
                read[field.name] = None
            continue
        read[field.name] = _convert_value(field, sent, zone, where, notes)
    return shape(**read)


def _convert_value(field: _Field, sent: Any, zone: tzinfo | None, path: str, notes: list[Note]) -> Any:
    inner = field.inner
    if inner is None:
        try:
            value = field.read(sent, zone)
        except UnreadableError as error:
            notes.append(field.leave_out(path, sent, str(error)))
            return field.default
        value = _form(field, value, sent, path, notes)
        if why := _find_excess(field.described, value):
            notes.append(field.leave_out(path, sent, why))
            return field.default
        return value

    def convert_inner(part: Any, where: str, found: list[Note]) -> Struct:
        return _convert(inner, part, zone, f"{where}.", found)

    if field.is_list:
        sent = sent if isinstance(sent, Sequence) and not isinstance(sent, str) else [sent]
        if field.required and not sent:
            raise ContractError(f"{path}: empty; at least one would be read")
    return _read_inner(field, sent, path, notes, convert_inner)


def _is_unknown(sent: Any) -> bool:
    return sent is None or (isinstance(sent, str) and not sent.strip("\0 \t\r\n"))


def _find_excess(described: inspect.Type, value: Any) -> str | None:
    """Return by what a value exceeds the bounds of its type, None where it keeps them."""
    if isinstance(described, inspect.StrType) and isinstance(value, str):
        most = described.max_length
        return f"{len(value)} characters, at most {most} are read" if most and len(value) > most else None
    if isinstance(described, inspect.FloatType | inspect.IntType) and isinstance(value, int | float):
        least, greatest = described.ge, described.le
        if (least is not None and value < least) or (greatest is not None and value > greatest):
            bounds = f"at least {least:g}" if greatest is None else f"from {least:g} to {greatest:g}"
            return f"{show(value)} is not {bounds}"
    return None


@dataclass(frozen=True, slots=True)
class _Formed:
    """The fields of a type that have a canonical form, and those that hold objects with such fields."""

    fields: tuple[_Field, ...]
    nested: tuple[_Field, ...]
    forms: tuple[Form, ...]
    # Reads all of them at once.
    read: Callable[[Struct], tuple[Any, ...]]


@cache
def _formed(shape: type[Struct]) -> _Formed:
    fields = _fields(shape)
    formed = tuple(field for field in fields if field.form)
    nested = tuple(
        field
        for field in fields
        if field.inner and (_formed(field.inner).fields or _formed(field.inner).nested)
    )
    names = [field.name for field in formed]
    read: Callable[[Struct], Any] = attrgetter(*names) if names else lambda _: ()
    return _Formed(
        formed,
        nested,
        tuple(field.form for field in formed if field.form),
        read if len(names) != 1 else lambda message: (read(message),),
    )


@cache
def _fields(shape: type[Struct]) -> tuple[_Field, ...]:
    info = inspect.type_info(shape)
    assert isinstance(info, inspect.StructType)  # noqa: S101  # what a Struct is
    return tuple(_describe(field) for field in info.fields)


def _describe(field: inspect.Field) -> _Field:
    described, extra = _unwrap(field.type)
    inner = described.item_type if isinstance(described, inspect.VarTupleType) else described
    return _Field(
        name=field.encode_name,
        required=field.required,
        default=UNSET if field.default is NODEFAULT else field.default,
        may_be_none=isinstance(field.type, inspect.UnionType),
        described=described,
        read=_choose_reader(described, extra),
        form=extra.get(FORM),
        inner=inner.cls if isinstance(inner, inspect.StructType) else None,
        is_list=isinstance(described, inspect.VarTupleType),
    )


def _unwrap(described: inspect.Type) -> tuple[inspect.Type, dict[str, Any]]:
    """Return what a field holds when it is known, and what its type says beside it."""
    if isinstance(described, inspect.UnionType):
        described = next(each for each in described.types if not isinstance(each, inspect.NoneType))
    if isinstance(described, inspect.Metadata):
        return described.type, described.extra or {}
    return described, {}


def _choose_reader(described: inspect.Type, extra: Mapping[str, Any]) -> _Read:
    if READ in extra:
        reads: Callable[[Any], Any] = extra[READ]
        return lambda value, _: reads(value)
    if isinstance(described, inspect.LiteralType):
        return _read_word_of([str(word) for word in described.values], extra.get(WORDS, {}))
    return next(
        (read for kind, read in _READERS.items() if isinstance(described, kind)), lambda value, _: value
    )


def _read_word_of(words: Sequence[str], others: Mapping[str, str]) -> _Read:
    def read(value: Any, _zone: tzinfo | None) -> str:
        word = value.strip().lower().replace(" ", "_") if isinstance(value, str) else value
        word = others.get(word, word) if isinstance(word, str) else word
        if word not in words:
            raise UnreadableError(f"{show(value)} is not one of {', '.join(sorted(words))}")
        return str(word)

    return read


def _read_whole(value: Any, _zone: tzinfo | None) -> int:
    number = read_number(value)
    if not number.is_integer():
        raise UnreadableError(f"{show(value)} is not a whole number")
    return int(number)


def _read_text(value: Any, _zone: tzinfo | None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise UnreadableError(f"{show(value)} is not a text")


_READERS: dict[type[inspect.Type], _Read] = {
    inspect.DateTimeType: read_time,
    inspect.DateType: read_date,
    inspect.FloatType: lambda value, _: read_number(value),
    inspect.IntType: _read_whole,
    inspect.BoolType: lambda value, _: read_flag(value),
    inspect.StrType: _read_text,
}
