"""What the other side answers is understood: what is no success in its own words is none, and is quoted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.success import Success
from reminders.delivery.answers import Reading, judge
from reminders.delivery.outcomes import Answer, Outcome
from reminders.delivery.send import Heard, HttpAnswer

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
DELIVERED = Answer(Outcome.DELIVERED)


def hear(*answers: HttpAnswer, accepted: bool = False) -> Heard:
    return Heard("id", accepted, list(answers))


def answer(heard: Heard, reading: Reading | Success = Reading.WEBHOOK) -> Answer:
    return judge(heard, reading=reading, now=NOW, hide=lambda text: text.replace(KEY, "…"))


def read(body: bytes, reading: Reading | Success = Reading.WEBHOOK, status: int = 200) -> Answer:
    """Judge a message that the other side took, as far as Apprise can see, with this answer."""
    return answer(hear(HttpAnswer(status, body=body), accepted=True), reading)


@pytest.mark.parametrize(
    ("http", "outcome"),
    [
        (HttpAnswer(None, trouble="ReadTimeout"), Answer(Outcome.FAILED, "did not answer in time")),
        (HttpAnswer(None, trouble="ConnectionError"), Answer(Outcome.FAILED, "cannot be connected to")),
        (HttpAnswer(500, body=b"oops\n oops"), Answer(Outcome.FAILED, "HTTP 500 oops oops")),
        (HttpAnswer(500, body=b"\0\xff\x1b[31m"), Answer(Outcome.FAILED, "HTTP 500 [31m")),
        (HttpAnswer(503, {"Retry-After": "90"}), Answer(Outcome.FAILED, "HTTP 503", 90.0)),
        (HttpAnswer(429), Answer(Outcome.LIMITED, "HTTP 429", 60.0)),
        (HttpAnswer(429, {"retry-after": "7"}), Answer(Outcome.LIMITED, "HTTP 429", 7.0)),
        (
            HttpAnswer(429, {"Retry-After": "Wed, 18 Nov 2026 02:05:00 GMT"}),
            Answer(Outcome.LIMITED, "HTTP 429", 300.0),
        ),
        (HttpAnswer(429, {"Retry-After": "soon"}), Answer(Outcome.LIMITED, "HTTP 429", 60.0)),
        (
            HttpAnswer(429, {"Retry-After": f"Wed, 18 Nov {'9' * 30} 02:05:00 GMT"}),
            Answer(Outcome.LIMITED, "HTTP 429", 60.0),
        ),
        (HttpAnswer(429, {"Retry-After": "9999999"}), Answer(Outcome.LIMITED, "HTTP 429", 21600.0)),
        (HttpAnswer(408), Answer(Outcome.FAILED, "HTTP 408")),
        (HttpAnswer(404, body=KEY.encode()), Answer(Outcome.REFUSED, "HTTP 404 …")),
    ],
)
def test_what_a_server_answers_is_understood(http: HttpAnswer, outcome: Answer) -> None:
    assert answer(hear(http)) == outcome


@pytest.mark.parametrize(
    "body",
    [
        b'{"errcode":0,"errmsg":"ok"}',
        b'{"code":0,"msg":"success","data":{}}',
        b'{"StatusCode":0,"StatusMessage":"success"}',
        b'{"Extra":null,"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
        b'\xef\xbb\xbf{"errcode":"0"}',
    ],
)
def test_a_robot_that_says_zero_has_taken_the_message(body: bytes) -> None:
    assert read(body, Reading.ROBOT) == DELIVERED


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (
            b'{"errcode":45009,"errmsg":"api freq out of limit"}',
            Answer(Outcome.LIMITED, "the robot says 45009 api freq out of limit", 60.0),
        ),
        (
            b'{"errcode":"130101","errmsg":"send too fast"}',
            Answer(Outcome.LIMITED, "the robot says 130101 send too fast", 600.0),
        ),
        (
            b'{"errcode":93000,"errmsg":"invalid webhook url"}',
            Answer(
                Outcome.REFUSED,
                "the robot says 93000 invalid webhook url; check the key in the channel's url",
            ),
        ),
        (
            b'{"StatusCode":19024,"StatusMessage":"Key Words Not Found"}',
            Answer(
                Outcome.REFUSED,
                "the robot says 19024 Key Words Not Found;"
                " check the key words, signature and addresses in the robot's security settings",
            ),
        ),
        (
            b'{"errcode":430102,"errmsg":"improper text"}',
            Answer(Outcome.REFUSED, "the robot says 430102 improper text; change the words of the message"),
        ),
        (b'{"errcode":-1,"errmsg":"busy"}', Answer(Outcome.FAILED, "the robot says -1 busy")),
        (b'{"code":9499,"msg":"Bad Request"}', Answer(Outcome.FAILED, "the robot says 9499 Bad Request")),
        (b'{"StatusCode":0,"code":11246}', Answer(Outcome.FAILED, "the robot says 11246")),
        (b'{"errcode":null}', Answer(Outcome.FAILED, "the robot says null")),
        (b'{"errcode":[0]}', Answer(Outcome.FAILED, "the robot says a list")),
    ],
)
def test_a_robot_that_says_no_within_a_success_is_not_believed_to_have_taken_it(
    body: bytes, outcome: Answer
) -> None:
    assert read(body, Reading.ROBOT) == outcome


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"ok", b"[0]", b"{}", b"0", b"[" * 30_000])
def test_what_no_robot_would_answer_is_a_failure_that_quotes_it(body: bytes) -> None:
    told = read(body, Reading.ROBOT)
    assert told.outcome is Outcome.FAILED
    assert (told.reason or "").startswith(
        f"this is not how a robot answers: {body[:160].decode() or 'nothing'}"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"12345",
        b"[]",
        b'{"id":7}',
        b'{"Message":"OK","RequestId":"r","Code":"OK","BizId":"b"}',
        b'{"code":200,"message":"success"}',
        b'{"code":"000000","description":"Success","result":[{"status":"000000"}]}',
        b'{"success":true,"error":null}',
        b'{"success":"true","code":1}',
        b"OK: -1",
        b"note: no errors",
        b'{"success":"100","errors":[]}',
        b'{"status":1,"request":"r"}',
        b'{"error":{"code":"SUCCESS","description":"OK"}}',
        b'{"errcode":0,"data":{"code":"E1"}}',
        b'{"Response":{"SendStatusSet":[{"Code":"Ok","Message":"send success","IsoCode":"CN"}]}}',
    ],
)
def test_a_webhook_that_says_nothing_bad_has_taken_the_message(body: bytes) -> None:
    assert read(body) == DELIVERED


@pytest.mark.parametrize(
    "body",
    [
        b'{"Code":"isv.BUSINESS_LIMIT_CONTROL"}',
        b'{"Message":"x","Code":"isv.MOBILE_NUMBER_ILLEGAL"}',
        b'{"errcode":40001}',
        b'{"err_code":"1"}',
        b'{"code":-1}',
        b'{"code":500,"msg":"x"}',
        '{"code":1,"msg":"短信发送失败"}'.encode(),
        b'{"ret":1,"message":"signature mismatch"}',
        b'{"success":false}',
        b'{"ok":"false"}',
        b'{"status":"error","message":"no such template"}',
        b'{"result":"FAILED"}',
        b'{"error":"quota"}',
        b'{"errors":["no such player"]}',
        b'{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalance"}}}',
        b'{"Response":{"SendStatusSet":[{"Code":"LimitExceeded.PhoneNumberDailyLimit"}]}}',
        b'[{"code":0},{"code":"ERROR"}]',
        b'{"returnstatus":"Faild","message":"x"}',
        b"-1",
        b"ERROR: no such key",
        "失败".encode(),
        b"false",
        b"<!DOCTYPE html><title>Log in</title>",
        b"\r\n<html>login</html>",
    ],
)
def test_a_webhook_that_says_no_within_a_success_has_failed_and_is_tried_again(body: bytes) -> None:
    told = read(body)
    assert told.outcome is Outcome.FAILED
    assert " ".join(body.decode().split()) in (told.reason or "")


@pytest.mark.parametrize("body", [b'{"code":2,"msg":"x"}', b'{"ret":1}', b'{"Code":"PROCESSED"}'])
def test_a_code_that_may_be_success_is_neither_believed_nor_sent_again(body: bytes) -> None:
    assert read(body) == Answer(
        Outcome.REFUSED,
        "HTTP 200, but it may say no; if this is success, say so in `success` of the channel:"
        f" {body.decode()}",
    )
    assert read(body, Reading.SERVICE) == DELIVERED


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"path": "Code", "equals": ["OK", 0]}, [b'{"Code":"OK"}', b'{"Code":0}', b'{"Code":"0"}'],
         [b'{"Code":"Ok"}', b'{"Code":false}', b'{"code":"OK"}', b"{}", b"OK", b"", b'["OK"]']),
        ({"path": "ok", "equals": True}, [b'{"ok":true}'], [b'{"ok":1}', b'{"ok":{}}', b'{"ok":null}']),
        ({"path": "a.0.c", "equals": 2}, [b'{"a":[{"c":2}]}', b'{"a":{"0":{"c":2.0}}}'],
         [b'{"a":[]}', b'{"a":[{"c":1}]}', b'{"a":"c"}', b'{"a.0.c":2}']),
        ({"path": "id", "begins": "m-"}, [b'{"id":"m-1"}'], [b'{"id":"x"}', b'{"id":["m-1"]}']),
        ({"begins": ["OK", "100|"]}, [b"OK: 1", b" 100|7\n", b"OK"], [b"ERR", b"", b"1003", b"\xff"]),
        ({"equals": "ok"}, [b"ok", b"ok\r\n"], [b"okay", b'"ok"']),
        ({"status": 200}, [b"", b'{"code":1}', b"<html>"], []),
    ],
)  # fmt: skip
def test_what_the_workshop_file_says_is_success_is(
    rule: dict[str, object], good: list[bytes], bad: list[bytes]
) -> None:
    success = Success.model_validate(rule)
    assert [read(body, success) for body in good] == [DELIVERED] * len(good)
    assert [read(body, success).outcome for body in bad] == [Outcome.FAILED] * len(bad)
    assert read(good[0], success, status=400).outcome is Outcome.REFUSED


def test_what_the_workshop_file_does_not_call_success_is_quoted() -> None:
    told = read(b'{"Code":"isv.X"}', Success(path="Code", equals=["OK"]))
    assert told.reason == """HTTP 200, but not 'OK' at Code: {"Code":"isv.X"}"""
    assert read(b"", Success(status=[204])).reason == "HTTP 200 is not the success of this channel: nothing"


def test_a_secret_that_is_answered_is_hidden_also_where_it_is_cut() -> None:
    for length in range(100, 200):
        body = json.dumps({"code": 500, "msg": "x" * length + KEY + "y" * 300})
        assert KEY[:8] not in (read(body.encode()).reason or "")


def test_a_service_that_was_asked_twice_counts_by_its_own_word() -> None:
    # As one that is told first that its token is over, and takes the message with the next.
    heard = hear(HttpAnswer(401), HttpAnswer(200), accepted=True)
    assert answer(heard, Reading.SERVICE) == DELIVERED
    assert answer(hear(HttpAnswer(200, body=b'{"ok":false}'), HttpAnswer(200), accepted=True)).outcome is (
        Outcome.FAILED
    )


@pytest.mark.parametrize("reading", [Reading.ROBOT, Reading.WEBHOOK, Success(status=[200])])
def test_nobody_is_believed_to_be_told_where_no_answer_was_heard(reading: Reading | Success) -> None:
    assert answer(hear(accepted=True), reading) == Answer(
        Outcome.REFUSED, "was sent, but no answer was heard: nobody knows whether it arrived"
    )
    # Mail has none.
    assert answer(hear(accepted=True), Reading.SERVICE) == DELIVERED


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0", "ok"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["code", "Code", "errcode", "StatusCode", "msg", "success", "error", "status", "data"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
BODIES = st.binary(max_size=60) | JSON.map(lambda said: json.dumps(said).encode("utf-8", "surrogatepass"))
READINGS = st.sampled_from([*Reading, Success(path="code", equals=["0"]), Success(begins=["ok"])])


def is_zero(said: object, names: tuple[str, ...]) -> bool:
    codes = [said[name] for name in names if name in said] if isinstance(said, dict) else []
    return bool(codes) and all(str(code) in {"0", "0.0", "-0.0"} and code is not False for code in codes)


def load(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


HOLDS: dict[object, Callable[[bytes], bool]] = {
    Reading.ROBOT: lambda body: is_zero(load(body), ("errcode", "code", "StatusCode")),
    "path": lambda body: is_zero(load(body), ("code",)),
    "begins": lambda body: body.decode("utf-8", "replace").strip().startswith("ok"),
}


@settings(max_examples=300)
@given(
    body=BODIES,
    reading=READINGS,
    status=st.sampled_from([200, 204, 301, 400, 429, 500]),
    header=st.text(max_size=30),
    accepted=st.booleans(),
)
def test_whatever_is_answered_is_judged_and_counts_as_delivered_only_by_its_rule(
    body: bytes, reading: Reading | Success, status: int, header: str, accepted: bool
) -> None:
    heard = hear(HttpAnswer(status, {"Retry-After": header}, body), accepted=accepted)
    told = answer(heard, reading)
    assert told.outcome is Outcome.DELIVERED or told.reason
    assert (told.reason or "").isprintable()
    if told.outcome is not Outcome.DELIVERED:
        return
    assert accepted
    if isinstance(reading, Success):
        assert status in {200, 204}
        assert HOLDS["path" if reading.path else "begins"](body)
    elif reading in HOLDS:
        assert HOLDS[reading](body)


@settings(max_examples=100)
@given(
    word=st.sampled_from(["success", "ok", "isSuccess", "is_success"]),
    envelope=st.sampled_from(["{}", '{{"data":{}}}', "[{}]", '{{"Response":{{"a":[{}]}}}}']),
    reading=st.sampled_from([Reading.WEBHOOK, Reading.SERVICE]),
    more=st.dictionaries(st.sampled_from(["id", "time", "name"]), st.integers() | st.text(max_size=5)),
)
def test_an_answer_that_says_false_is_never_success(
    word: str, envelope: str, reading: Reading, more: dict[str, object]
) -> None:
    body = envelope.format(json.dumps({**more, word: False}))
    assert read(body.encode(), reading).outcome is Outcome.FAILED
