"""The topic grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contract.topics import KINDS_OF_SOURCE, ContractError, Topic, parse_topic

names = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
topics = st.sampled_from(sorted(KINDS_OF_SOURCE)).flatmap(
    lambda source: st.builds(
        Topic, names, st.just(source), names, st.sampled_from(sorted(KINDS_OF_SOURCE[source]))
    )
)


@given(topics)
def test_parsing_a_written_topic_gives_it_back(topic: Topic) -> None:
    assert parse_topic(str(topic)) == topic


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("workshop/v1/s1/scanner/d1", "topic"),
        ("workshop/v1/s1/scanner/d1/stage/more", "topic"),
        ("workshop/v2/s1/scanner/d1/stage", "topic"),
        ("other/v1/s1/scanner/d1/stage", "topic"),
        ("workshop/v1/s 1/scanner/d1/stage", "site"),
        ("workshop/v1/" + "s" * 65 + "/scanner/d1/stage", "site"),
        ("workshop/v1/s1/scanner/设备/stage", "device"),
        ("workshop/v1/s1/printer/d1/stage", "source"),
        ("workshop/v1/s1/scanner/d1/report", "'report'"),
        ("workshop/v1/s1/dms/d1/stage", "'stage'"),
    ],
)
def test_a_wrong_topic_is_refused_naming_the_level(text: str, named: str) -> None:
    with pytest.raises(ContractError, match=named):
        parse_topic(text)
