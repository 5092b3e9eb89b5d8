"""Words by which webhooks and gateways usually say yes or no within a 200, for those nobody has described.

Owns these words and nothing else. `Said.UNSURE` is a number that means success to one gateway and failure to
another: the caller must neither count it as success nor send the message again. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum

from config.success import say_value


class Said(IntEnum):
    """What an answer says; of several words the greatest counts."""

    UNSURE = 1
    YES = 2
    NO = 3


_CODES = frozenset(
    [
        "code",
        "errcode",
        "errno",
        "errorcode",
        "ret",
        "retcode",
        "returncode",
        "respcode",
        "rspcode",
        "resultcode",
        "statuscode",
    ]
)
_ERRORS = frozenset({"error", "errors", "err"})
_FLAGS = frozenset({"success", "ok", "succeeded", "issuccess"})
_STATES = frozenset({"status", "state", "result", "stat", "returnstatus"})
_MESSAGES = frozenset(
    ["message", "msg", "errmsg", "errormsg", "errormessage", "statusmessage", "description", "desc", "reason"]
)
_NOTHING = frozenset({"", "0", "null", "none", "false", "no", "ok", "success", "[]", "{}"})
_FALSE = frozenset({"false", "0", "no"})
_GOOD = re.compile(r"ok|true|yes|succ(ess|eed|essful|eeded)?|accepted|queued|created|sent|delivered")
_GOOD_NUMBER = re.compile(r"0+|20[0-9]")
_BAD = re.compile(
    r"err|fail|invalid|illegal|limit|denied|deny|forbid|unauth|exceed|missing|mismatch|busy|time.?out|black"
    r"|reject|expire|unavail|insufficient|unknown|undeliver|not.?(found|exist|allow|support|match)|throttl"
    r"|^-|^[45][0-9][0-9]$|^isv\.|^isp\."
    r"|失败|错误|无效|非法|异常|超限|超过|限制|频繁|不足|不存在|拒绝|未授权|黑名单"
)
_BAD_STATE = re.compile(r"(err|fail|reject|invalid|undeliver|unauth|denied|nok$|ko$|[45][0-9][0-9]$)")
# How plain text begins that says no: words, or an error's number.
_BAD_TEXT = re.compile(
    r"(-[0-9]|err|fail|fatal|exception|invalid|illegal|denied|forbidden|unauthori|false\b|错误|失败)"
)
# Some answers hold theirs in an envelope; nobody's is deeper, or holds more.
_DEPTH, _MOST = 4, 100


def find_word(said: object, *, with_codes: bool) -> Said | None:
    """Return what an answer's outermost words say; None if there is none that is known.

    Without `with_codes` only words count that mean the same everywhere.
    """
    level = [said]
    for _ in range(_DEPTH):
        objects = list(_find_objects(level))[:_MOST]
        words = [
            word
            for each in objects
            for key, value in each.items()
            if (word := _read_word(key, value, each, with_codes)) is not None
        ]
        if words:
            return max(words)
        level = [value for each in objects for value in each.values()]
    return None


def says_no(text: str) -> bool:
    """Say whether an answer in plain text is one that says no."""
    return _BAD_TEXT.match(text.strip().lower()) is not None


def _find_objects(level: list[object]) -> Iterator[Mapping[str, object]]:
    for each in level:
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, dict):
                yield one


def _read_word(key: str, value: object, beside: Mapping[str, object], with_codes: bool) -> Said | None:
    name = _bare(key)
    if name in _ERRORS:
        return _read_error(value)
    text = say_value(value).strip().lower()
    if name in _FLAGS and text in _FALSE:
        return Said.NO
    if name in _STATES and _BAD_STATE.match(text):
        return Said.NO
    if name in _FLAGS | _STATES:
        return Said.YES if _GOOD.fullmatch(text) else None
    is_code = with_codes and name in _CODES and isinstance(value, str | int | float) and text
    return _read_code(name, text, beside) if is_code else None


def _read_error(value: object) -> Said | None:
    """Read what is called an error: nothing, or one whose own words say that there is none."""
    if not value or say_value(value).strip().lower() in _NOTHING:
        return None
    inner = find_word(value, with_codes=True) if isinstance(value, dict) else None
    return None if inner is Said.YES else Said.NO


def _read_code(name: str, text: str, beside: Mapping[str, object]) -> Said:
    if _GOOD.fullmatch(text) or _GOOD_NUMBER.fullmatch(text):
        return Said.YES
    words = [str(value).lower() for key, value in beside.items() if _bare(key) in _MESSAGES]
    if name.startswith("err") or any(map(_BAD.search, [text, *words])):
        return Said.NO
    return Said.UNSURE


def _bare(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")
