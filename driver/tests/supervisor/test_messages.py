from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from glaux_driver import messages
from glaux_driver.messages import MessageError, Table, decode, encode

_FIXTURES = Path(__file__).parents[3] / "test/fixtures/messages"
_TABLES: Dict[str, Table] = {
    "server-to-supervisor": messages.FROM_SERVER,
    "supervisor-to-server": messages.TO_SERVER,
    "events": messages.EVENTS,
    "inner-ports": messages.OF_INNER_PORTS,
    "supervisor-to-runner": messages.TO_RUNNER,
    "runner-to-supervisor": messages.FROM_RUNNER,
}


def _examples(direction: str) -> List[Dict[str, Any]]:
    files = sorted((_FIXTURES / direction).glob("*.json"))
    return [example for file in files for example in json.loads(file.read_text())]


@pytest.mark.parametrize("direction", _TABLES)
def test_each_message_has_examples_and_each_example_a_message(direction: str) -> None:
    assert {example["type"] for example in _examples(direction)} == set(_TABLES[direction])
    assert {file.name for file in _FIXTURES.iterdir()} == set(_TABLES)


@pytest.mark.parametrize("direction", _TABLES)
def test_examples_survive_reading_and_writing(direction: str) -> None:
    for example in _examples(direction):
        message = decode(json.dumps(example).encode(), _TABLES[direction])
        assert message is not None
        envelope = {name: example[name] for name in ("seq", "at") if direction == "events"}
        line = encode(message, **envelope)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert json.loads(line) == example


@pytest.mark.parametrize("direction", _TABLES)
def test_members_that_are_not_known_are_ignored(direction: str) -> None:
    for example in _examples(direction):
        table = _TABLES[direction]
        assert decode(json.dumps({**example, "newer": {}}).encode(), table) == decode(
            json.dumps(example).encode(), table
        )


@pytest.mark.parametrize("direction", _TABLES)
def test_a_message_that_lacks_a_member_is_refused(direction: str) -> None:
    for example in _examples(direction):
        optional = {"type", "description", "pooled", "canRaisePriority"}
        for name in set(example) - optional - ({"seq", "at"} if direction == "events" else set()):
            line = json.dumps({key: value for key, value in example.items() if key != name}).encode()
            with pytest.raises(MessageError, match=name):
                decode(line, _TABLES[direction])


def test_an_unknown_type_is_no_message() -> None:
    assert decode(b'{"type":"newer","id":1}', messages.FROM_SERVER) is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"type":1}',
        b'{"id":1}',
        b"\xff",
        b'{"type":"ack","seq":true}',
        b'{"type":"ack","seq":"1"}',
        b'{"type":"ping","id":null}',
        b'{"type":"hello","protocol":1,"token":7,"from":0}',
    ],
)
def test_what_is_not_a_message_is_an_error(line: bytes) -> None:
    with pytest.raises(MessageError):
        decode(line, messages.FROM_SERVER)


def test_half_of_a_surrogate_pair_is_carried() -> None:
    line = encode(messages.Log("\ud83d"))
    assert decode(line, messages.FROM_RUNNER) == messages.Log("\ud83d")


def test_no_reader_can_take_text_for_the_end_of_a_line() -> None:
    message = messages.Log("a\u2028b\u2029c\x85d\re\x0bf é 😀")
    line = encode(message)
    assert line.isascii()
    assert line.decode().splitlines() == [line.decode().rstrip("\n")]
    assert decode(line, messages.FROM_RUNNER) == message
