"""What robots of group chats (WeCom, DingTalk, Feishu) answer within a 200: a number, of which 0 is success.

Owns the numbers that are known and what each means for the message: the channel rests, or the message is dead
because no later attempt could succeed. An answer without a number is no robot's. Pure.
"""

from config.success import say_value
from reminders.delivery.outcomes import DELIVERED, Answer, Outcome

# `errcode` of WeCom and DingTalk, `code` of Feishu, `StatusCode` of its older robots; some say two of them.
_CODES = ("errcode", "code", "StatusCode")
_WORDS = ("errmsg", "msg", "StatusMessage")
# Asked too often, and for how many seconds to leave them alone: WeCom, Feishu, and DingTalk, which then
# listens to nothing for ten minutes.
_LIMIT_SECONDS = 60.0
_LIMITS = dict.fromkeys(("45009", "45033", "11232", "99991400"), _LIMIT_SECONDS)
_LIMITS |= dict.fromkeys(("130101", "410100", "90030"), 600.0)
_KEY = "check the key in the channel's url"
_SETTINGS = "check the key words, signature and addresses in the robot's security settings"
_WORDING = "change the words of the message"
# What stays so until somebody changes something, and what to change.
_NEVER = dict.fromkeys(("93000", "300001", "400013", "400101", "400102", "400106", "19001"), _KEY)
_NEVER |= dict.fromkeys(("310000", "19021", "19022", "19024"), _SETTINGS)
_NEVER |= dict.fromkeys(("40058", "44004", "45002", "430101", "430102", "430103", "430104"), _WORDING)


def judge_robot(said: object, quote: str) -> Answer:
    """Judge an answer of HTTP 2xx; `quote` is its text, for what is no robot's."""
    codes = [say_value(said[name]) for name in _CODES if name in said] if isinstance(said, dict) else []
    if not isinstance(said, dict) or not codes:
        return Answer(Outcome.FAILED, f"this is not how a robot answers: {quote}")
    code = next((code for code in codes if code != "0"), None)
    if code is None:
        return DELIVERED
    words = next((say_value(said[name]) for name in _WORDS if said.get(name)), "")
    reason = f"the robot says {code} {words}".strip()
    if code in _LIMITS:
        return Answer(Outcome.LIMITED, reason, _LIMITS[code])
    if code in _NEVER:
        return Answer(Outcome.REFUSED, f"{reason}; {_NEVER[code]}")
    # Which of all other codes will pass is not known; what never does ends in the dead letter, too.
    return Answer(Outcome.FAILED, reason)
