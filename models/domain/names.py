"""One thing has one name: the canonical form of what messages, pages and files name.

Owns how a work order, bay, stage, technician, device, vehicle, plate and trouble code are written, so that
two spellings of one thing are equal. Ingest stores these forms and keeps what was sent beside them; queries
and searches use the same functions. Every function is idempotent; None means that nothing is named.
Pure; it knows no plan: how the workshop file spells a bay or a stage is applied by ingest.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

# A workshop names the same few things all day.
_REMEMBERED = 50_000
VIN_LENGTH = 17

# What scanners put before a symbol's data (ISO/IEC 15424), such as ]C1 for Code 128.
_SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9A-Za-z](?=.)")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_SPACES = re.compile(r"\s+")
# Joiners shape emoji and scripts; every other invisible character is left out of free text.
_JOINERS = "\u200c\u200d"
_UNKNOWN_WORDS = frozenset(
    ("", "-", "--", "/", "null", "(null)", "none", "nil", "n/a", "#n/a", "undefined", "未知", "不详", "无")
)
_UNKNOWN_VINS = frozenset(("UNKNOWN", "NA", "NOVIN", "VIN", "TEST", "12345678901234567"))
# So many times the same letter or digit is no number of a vehicle.
_SURELY_NO_VIN = 3
_VIN_SEPARATORS = re.compile(r"[-._*:/\\]")
_PLATE_SEPARATORS = re.compile(r"[\s·•・.\-_]+")
_CHINESE_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9\u4e00-\u9fff]{4,7}")
# SAE J2012: a letter and four hexadecimal digits; after it the type of failure, of which 00 says nothing.
_TROUBLE_CODE = re.compile(r"([PCBU][0-9A-F]{4})[-: ]?([0-9A-F]{2})?")


def _settle(form: Callable[[str], str], text: str) -> str:
    """Apply a form until nothing changes any more."""
    while (formed := form(text)) != text:
        text = formed
    return text


def clean_text(text: str) -> str:
    """Return free text without control and invisible characters, on one line; it may be empty."""
    if text.isascii() and text.isprintable() and text == text.strip() and "  " not in text:
        return text
    kept = (
        " " if sign in "\t\n\r\v\f\x85\u2028\u2029" else sign
        for sign in text
        if sign in "\t\n\r\v\f\x85"
        or sign in _JOINERS
        or unicodedata.category(sign) not in ("Cc", "Cf", "Cs")
    )
    return _SPACES.sub(" ", "".join(kept)).strip()


def _clean_name(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = "".join(sign for sign in clean_text(text) if sign not in _JOINERS)
    return _SYMBOLOGY.sub("", _DASHES.sub("-", text)).strip()


def _clean(text: str) -> str:
    return _settle(_clean_name, text)


@lru_cache(_REMEMBERED)
def canonical_name(text: str) -> str | None:
    """Return a name in half-width characters, without controls and scanner prefixes; its case is kept."""
    name = _clean(text)
    return None if name.lower() in _UNKNOWN_WORDS else name


@lru_cache(_REMEMBERED)
def canonical_work_order(text: str) -> str | None:
    """Return a work order's number in capitals: RO-157 for `]C1ro-157` and for full-width digits."""
    return _raise(canonical_name(text))


def list_spellings(work_order: str) -> list[str]:
    """Return how an order that somebody names may be stored: as it is named, else in its canonical form."""
    return list(dict.fromkeys((work_order, canonical_work_order(work_order) or work_order)))


@lru_cache(_REMEMBERED)
def canonical_bay(text: str) -> str | None:
    """Return a bay's key in capitals: B11 for `b11` and for `B11` with a carriage return."""
    return _raise(canonical_name(text))


@lru_cache(_REMEMBERED)
def canonical_stage(text: str) -> str | None:
    """Return a stage's key in small letters: quality_check for `Quality check`."""
    name = canonical_name(text)
    return _settle(lambda word: re.sub(r"[\s_-]+", "_", word.lower()), name) if name else None


@lru_cache(_REMEMBERED)
def canonical_technician(text: str) -> str | None:
    """Return a technician's number in capitals, a name as names are written: T012, Zhang Wei, 王伟."""
    name = canonical_name(text)
    if name and not any(sign.isdigit() for sign in name):
        return _settle(str.title, name)
    return _raise(name)


@lru_cache(_REMEMBERED)
def canonical_device(text: str) -> str | None:
    """Return a device's name; its case is kept, since brokers tell cases apart."""
    return canonical_name(text)


@lru_cache(_REMEMBERED)
def canonical_vin(text: str) -> str | None:
    """Return a vehicle identification number in capitals without spaces; None for what stands in for one.

    Separators are left out where 17 letters and digits remain, as is the letter I that Code 39 labels of
    imported cars carry before them. Old and foreign numbers of another length are kept as they are.
    """
    name = canonical_name(text)
    vin = _settle(lambda spelled: _bare_vin(_clean_name(spelled.upper())), name) if name else ""
    is_placeholder = vin in _UNKNOWN_VINS or (len(vin) >= _SURELY_NO_VIN and len(set(vin)) == 1)
    return None if is_placeholder or "\N{REPLACEMENT CHARACTER}" in vin else vin or None


def _bare_vin(vin: str) -> str:
    vin = _SPACES.sub("", vin).strip("*")
    bare = _VIN_SEPARATORS.sub("", vin)
    if len(bare) == VIN_LENGTH + 1 and bare[0] == "I" and bare.isascii() and bare.isalnum():
        bare = bare[1:]
    return bare if len(bare) == VIN_LENGTH and bare.isascii() and bare.isalnum() else vin


@lru_cache(_REMEMBERED)
def canonical_plate(text: str) -> str | None:
    """Return a number plate in capitals.

    A Chinese plate is written without separators (沪A88888); of others each separator is one space, since
    M-AB 1 and MA-B 1 are two cars.
    """
    plate = _raise(canonical_name(text))
    if plate is None:
        return None
    return _settle(lambda spelled: _space_plate(_clean_name(spelled)), plate) or None


def _space_plate(plate: str) -> str:
    bare = _PLATE_SEPARATORS.sub("", plate)
    return bare if _CHINESE_PLATE.fullmatch(bare) else _PLATE_SEPARATORS.sub(" ", plate).strip()


@lru_cache(_REMEMBERED)
def canonical_trouble_code(text: str) -> str | None:
    """Return a trouble code in capitals: P0301 for `p0301-00`, U3000-49 for `U3000:49`; None for P0000.

    Source of the format: SAE J2012 (code) and ISO 14229 (failure type byte).
    """
    code = _raise(canonical_name(text))
    standard = _TROUBLE_CODE.fullmatch(code) if code else None
    if standard is None:
        return code
    base, failure = standard.groups()
    if base.endswith("0000"):
        return None
    return base if failure in (None, "00") else f"{base}-{failure}"


def _raise(name: str | None) -> str | None:
    """Return a name in capitals, in the one form of Unicode."""
    return _settle(lambda text: _clean_name(text.upper()), name) if name else name
