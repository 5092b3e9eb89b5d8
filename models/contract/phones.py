"""Phone numbers as people write them, in one canonical form: E.164, such as +8613800000000.

What was written stays where it is stored; this reads it where a number is used. Of several numbers the first
mobile one counts. Refuses, in a sentence that names what was found, numbers that a machine cannot reach a
person by: service numbers, and those with an extension (behind which is a switchboard, or, in China, one
of many people who share a number that hides theirs).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phonenumbers import (
    SUPPORTED_REGIONS,
    CountryCodeSource,
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    PhoneNumberType,
    country_code_for_region,
    format_number,
    is_valid_number,
    number_type,
    parse,
)

# Longer texts hold more than a phone number.
_MOST_SIGNS = 200
_QUOTED_SIGNS = 40
_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_SERVICE = {
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}
# How an extension is written in China: 转801, 分机801, 021-62345678-801, 17012345678-1234.
_EXTENSION_WORD = re.compile(r"\s*(?:转|轉|分机|分機|#)\s*(?=[0-9])")
_EXTENSION_DASH = re.compile(
    r"(?<![0-9])(0[1-9][0-9]{1,2}[-\s]?[0-9]{7,8}|1[0-9]{10})\s*-\s*([0-9]{1,6})(?![0-9-])"
)
# A mobile number of China, also one of a range that is newer than our list of them.
_CHINA, _CHINESE_MOBILE = 86, re.compile(r"1[0-9]{10}")
_ALONE = re.compile(r"[-+0-9 ().]+")
# Dots that no list of separators knows.
_DOTS = str.maketrans(dict.fromkeys("·•‧∙・", " "))


class PhoneError(ValueError):
    """A text holds no phone number that can be used; the message says what it holds."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: its canonical form, and as it is dialled at home (the same for one from abroad).

    `has_code`: it was written with its country's code.
    """

    international: str
    national: str
    has_code: bool

    @property
    def as_written(self) -> str:
        """Return it with a country code where it was written with one."""
        return self.international if self.has_code else self.national


def read_phone(text: str, country: str = "CN") -> Phone:
    """Return the first usable phone number of a text; raises PhoneError.

    `country` is where numbers without a country code are from.
    """
    cleaned = _clean(text)
    found = list(_find_numbers(cleaned, country))
    usable = [each for each in found if not each[0].extension and number_type(each[0]) not in _SERVICE]
    if not usable:
        raise PhoneError(_explain(text, [number for number, _ in found]))
    number, written = next((each for each in usable if _is_mobile(each[0])), usable[0])
    return _make_phone(number, written, country)


def canonical_phone(text: str, country: str = "CN") -> str | None:
    """Return a phone number in its canonical form, or None where there is none that can be used."""
    try:
        return read_phone(text, country).international
    except PhoneError:
        return None


def is_country(code: str) -> bool:
    """Return whether a country's two letters are known, as CN is."""
    return code in SUPPORTED_REGIONS


def _clean(text: str) -> str:
    """Return a text without what cannot be seen, full width as half, and extensions as `ext`."""
    shown = []
    for sign in unicodedata.normalize("NFKC", text[:_MOST_SIGNS]).translate(_DOTS):
        category = unicodedata.category(sign)
        if category not in {"Cf", "Mn", "Cs", "Co", "Cn"}:
            shown.append(" " if category in {"Cc", "Zs", "Zl", "Zp"} else sign)
    cleaned = _EXTENSION_WORD.sub(" ext ", "".join(shown))
    return _EXTENSION_DASH.sub(r"\1 ext \2", cleaned)


def _find_numbers(text: str, country: str) -> Iterator[tuple[PhoneNumber, str]]:
    """Yield the numbers of a text as they are written: those that exist, else those that might."""
    if _ALONE.fullmatch(text) and (number := _parse_alone(text, country)):
        yield number, text
        return
    for leniency in (Leniency.VALID, Leniency.POSSIBLE):
        found = False
        for match in PhoneNumberMatcher(text, country, leniency):
            number, written = match.number, match.raw_string
            if leniency == Leniency.VALID or written.startswith("+") or _is_mobile(number):
                found = True
                yield number, written
        if found:
            return


def _parse_alone(text: str, country: str) -> PhoneNumber | None:
    """Read a text that is a number and nothing else, however its digits are grouped."""
    try:
        number = parse(text, country)
    except NumberParseException:
        return None
    return number if is_valid_number(number) else None


def _is_mobile(number: PhoneNumber) -> bool:
    return number_type(number) in _MOBILE or (
        number.country_code == _CHINA and _CHINESE_MOBILE.fullmatch(str(number.national_number)) is not None
    )


def _make_phone(number: PhoneNumber, written: str, country: str) -> Phone:
    international = format_number(number, PhoneNumberFormat.E164)
    national = "".join(filter(str.isdigit, format_number(number, PhoneNumberFormat.NATIONAL)))
    if number.country_code != country_code_for_region(country):
        national = international
    parsed = parse(written, country, keep_raw_input=True)
    has_code = parsed.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY
    return Phone(international, national, has_code)


def _explain(text: str, found: Sequence[PhoneNumber]) -> str:
    """Say why none of the numbers that were found can be used."""
    quoted = repr(text if len(text) <= _QUOTED_SIGNS else f"{text[:_QUOTED_SIGNS]}…")
    if any(number.extension for number in found):
        return f"{quoted} is a number with an extension"
    if found:
        return f"{quoted} is the number of a service, not of a person"
    return f"{quoted} is no phone number"
