"""Laws of reading and writing, for arbitrary bytes: against the published vectors, and a second reader."""

import base64
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Callable, Union

import pytest
from hanotify_agent import Decoder, Limits, Notification, Refused, State, decode, encode
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle import Message, Most, read

VECTORS = Path(__file__).resolve().parents[3] / "corpus/vectors"
LIMITS = [Most(), Most(17, 5, 59, 160, 3, True), Most(body=3)]
Verdict = Union[Message, None, "tuple[str, int, int]"]
IS_LONG = bool(os.environ.get("HANOTIFY_LONG"))
laws = settings(max_examples=5_000 if IS_LONG else 500, deadline=None, derandomize=not IS_LONG, database=None)


def limits_of(most: Most) -> Limits:
    return Limits(**most._asdict())


def cases() -> "Iterator[dict[str, Any]]":
    for path in sorted(VECTORS.glob("*.json")):
        if path.name != "schema.json":
            yield from json.loads(path.read_text())["cases"]


def part(of: "Union[str, dict[str, Any]]") -> bytes:
    if isinstance(of, str):
        return of.encode("ascii")
    return base64.b64decode(of["base64"]) if "base64" in of else of["repeat"].encode("ascii") * of["times"]


def bytes_of(case: "dict[str, Any]") -> bytes:
    return b"".join(map(part, case["input"]))


CASES = [case for case in cases() if "given" not in case]


def fed(pieces: "Sequence[Union[bytes, bytearray, memoryview]]", limits: Limits) -> Verdict:
    """What a decoder says that gets these pieces."""
    decoder = Decoder(limits)
    for piece in pieces:
        try:
            found = decoder.feed(piece)
        except Refused as refused:
            return refused.error, refused.offset, refused.status
        if found is not None:
            assert decoder.consumed is not None and decoder.body is not None
            return Message(found.router_id_text, str(found.state), decoder.consumed, decoder.body)
    return None


def whole(data: bytes, limits: Limits) -> Verdict:
    """The same of all at once, by both ways, from each kind of buffer."""
    verdict = fed([data], limits)
    assert verdict == fed([bytearray(data)], limits) == fed([memoryview(data)], limits)
    try:
        found = decode(data, limits)
    except Refused as refused:
        assert verdict == (refused.error, refused.offset, refused.status)
        return verdict
    if found is None:
        assert verdict is None
    else:
        assert isinstance(verdict, Message) and (found.router_id_text, found.state) == verdict[:2]
    return verdict


def test_there_are_as_many_vectors_as_the_audit_has_at_least() -> None:
    assert len(CASES) > 800


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_each_vector_has_its_verdict(case: "dict[str, Any]") -> None:
    having = case.get("with", {})
    most = Most(body=having.get("body", 0), legacy_state=having.get("legacy", False))
    data, limits = bytes_of(case), limits_of(most)
    verdict = whole(data, limits)
    assert (verdict if isinstance(verdict, Message) else None) == read(data, most)
    if case.get("expand") == "truncations":
        assert all(whole(data[:end], limits) is None for end in range(len(data)))
    elif case.get("error") == "truncated" or case["id"].startswith("truncated/"):
        assert verdict is None, "that the peer has finished is not for a decoder to know"
    elif case["verdict"] == "accepted":
        assert isinstance(verdict, Message)
        assert verdict[:3] == (case["router_id"], case["state"], case["length"])
    else:
        assert verdict == (case["error"], case["offset"], case["status"])


STARTS = [bytes_of(case) for case in CASES if sum(map(len, map(part, case["input"]))) < 2_000]
LINES = sorted({line for start in STARTS for line in start.split(b"\r\n")})
BYTES = st.one_of(st.binary(min_size=1, max_size=2), st.sampled_from([b"\r", b"\n", b"\r\n", b":", b" ", b"\t", b"_"]))


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message of the vectors, or of lines of theirs, with a few changes."""
    if draw(st.booleans()):
        data = draw(st.sampled_from(STARTS))
    else:
        data = b"\r\n".join([b"POST / HTTP/1.1", *draw(st.lists(st.sampled_from(LINES), max_size=6)), b"", b""])
    for _ in range(draw(st.integers(0, 3))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 3))
        data = data[:at] + draw(st.one_of(st.just(b""), BYTES)) + data[at + length :]
    return data


@laws
@given(messages(), st.sampled_from(LIMITS))
def test_what_is_accepted_is_what_the_second_reader_accepts(data: bytes, most: Most) -> None:
    verdict = whole(data, limits_of(most))
    assert (verdict if isinstance(verdict, Message) else None) == read(data, most), verdict


@laws
@given(messages(), st.sampled_from(LIMITS), st.data())
def test_however_the_bytes_are_split_the_verdict_is_that_of_the_whole(
    data: bytes, most: Most, draw: st.DataObject
) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]
    expected = whole(data, limits_of(most))
    assert fed(pieces, limits_of(most)) == expected
    assert fed([bytes([byte]) for byte in data], limits_of(most)) == expected


@laws
@given(messages(), st.sampled_from(LIMITS))
def test_a_message_is_not_whole_before_the_byte_that_refuses_it(data: bytes, most: Most) -> None:
    verdict, limits = whole(data, limits_of(most)), limits_of(most)
    if isinstance(verdict, Message):
        assert decode(data[: verdict.consumed - 1], limits) is None
        assert decode(data[: verdict.consumed] + b"GET /x", limits) == decode(data, limits)
    elif verdict is not None:
        assert verdict[1] <= len(data) and decode(data[: verdict[1]], limits) is None


@laws
@given(st.uuids().filter(lambda id: id.int), st.sampled_from(State))
@example(uuid.UUID(int=1), State.FAULT)
@example(uuid.UUID(int=(1 << 128) - 1), State.PRIMARY)
def test_what_is_written_is_read(router_id: uuid.UUID, state: State) -> None:
    notification = Notification(router_id, state)
    text = encode(notification)
    assert decode(text) == notification and read(text, Most()) is not None
    assert (notification.router_id, notification.state) == (router_id, state)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers(0, 255)),
    st.dictionaries(st.text(), st.integers()), st.uuids(), st.sampled_from([object(), int, State.FAULT, Limits()]),
)  # fmt: skip


@laws
@given(ANYTHING, ANYTHING, ANYTHING)
def test_nothing_is_raised_but_what_is_documented(one: Any, other: Any, limits: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: decode(one), lambda: decode(one, limits), lambda: Decoder().feed(one), lambda: Decoder(limits),
        lambda: Notification(one, other), lambda: encode(one), lambda: Notification(one, "fault"),
    ]  # fmt: skip
    for call in calls:
        try:
            call()
        except (TypeError, ValueError) as error:
            assert str(error)


@laws
@given(st.binary(max_size=300), st.sampled_from(LIMITS))
def test_any_bytes_are_refused_or_not_whole_or_acceptable(data: bytes, most: Most) -> None:
    verdict = whole(data, limits_of(most))
    assert (verdict if isinstance(verdict, Message) else None) == read(data, most)
