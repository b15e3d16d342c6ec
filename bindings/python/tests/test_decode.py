"""Reading and writing notifications."""

import array
import pickle
import tracemalloc
import uuid

import pytest
from conftest import ROUTER, message
from hanotify_agent import Decoder, Limits, Notification, Refused, State, decode, encode


def test_a_notification_has_the_types_that_agents_have() -> None:
    read = decode(message())
    assert read == Notification(uuid.UUID(ROUTER), State.PRIMARY)
    assert read is not None
    assert isinstance(read.router_id, uuid.UUID) and str(read.router_id) == read.router_id_text == ROUTER
    assert read.state is State.PRIMARY and f"{read.state}" == "primary"
    assert {"primary": 1}[read.state] == 1, "a state is equal to its word"


def test_it_is_frozen_hashable_pickled_and_matched_by_its_fields() -> None:
    one, other = Notification(ROUTER, "fault"), Notification(ROUTER, "backup")
    assert {one, Notification(ROUTER, State.FAULT)} == {one} and one != other and one != "fault"
    assert pickle.loads(pickle.dumps(one)) == one
    assert Notification.__match_args__ == ("router_id", "state")
    with pytest.raises(AttributeError):
        one.state = State.BACKUP  # type: ignore[misc]
    assert repr(one) == f"Notification(router_id=UUID('{ROUTER}'), state='fault')"


@pytest.mark.parametrize("arguments", [(ROUTER.upper(), "fault"), (ROUTER, "Fault"), ("", ""), (ROUTER, "master")])
def test_nothing_else_is_a_notification(arguments: "tuple[str, str]") -> None:
    with pytest.raises(ValueError, match="is no"):
        Notification(*arguments)


def test_what_is_refused_is_named_with_its_byte_and_status() -> None:
    text = message(state="primary, backup")
    with pytest.raises(Refused) as caught:
        decode(text)
    refused = caught.value
    assert (refused.error, refused.offset, refused.status) == ("state", text.index(b", backup"), 400)
    assert str(refused).endswith(f"(byte {refused.offset})")
    assert refused.advice == "write the one word in lower case, without quotes, and nothing after it"
    assert isinstance(refused, ValueError)
    again = pickle.loads(pickle.dumps(refused))
    assert (again.error, again.offset, again.status, str(again)) == ("state", refused.offset, 400, str(refused))
    assert again.advice == refused.advice


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (b"\xef\xbb\xbf" + message(), "save the file without a byte order mark"),
        (message(state="master"), "the limit `legacy_state`"),
        (message().replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"), None),
    ],
)
def test_advice_says_what_to_do_about_what_is_there(text: bytes, advice: "str | None") -> None:
    with pytest.raises(Refused) as caught:
        decode(text)
    given = caught.value.advice
    assert given is None if advice is None else advice in str(given)


def test_advice_in_pieces_is_of_the_bytes_that_came() -> None:
    decoder = Decoder()
    with pytest.raises(Refused) as caught:
        for byte in message(state="master"):
            decoder.feed(bytes([byte]))
    assert caught.value.advice is not None and "legacy_state" in caught.value.advice
    with pytest.raises(Refused) as caught:
        Decoder().feed(b"\xef")
    assert caught.value.advice is not None and "one space" in caught.value.advice


def test_any_start_of_a_message_is_not_whole_and_a_bytearray_is_read_too() -> None:
    text = message()
    assert all(decode(text[:end]) is None for end in range(len(text)))
    assert decode(bytearray(text)) == decode(memoryview(text)) == decode(memoryview(bytearray(text))) == decode(text)
    for wrong in ("text", None, 1, [1]):
        with pytest.raises(TypeError):
            decode(wrong)  # type: ignore[arg-type]


def test_what_is_written_is_read() -> None:
    for state in State:
        notification = Notification(ROUTER, state)
        assert decode(encode(notification)) == notification


def test_limits_are_those_of_the_library() -> None:
    with pytest.raises(Refused, match="byte"):
        decode(message(state="master"))
    read = decode(message(state="master"), Limits(legacy_state=True))
    assert read is not None and read.state is State.PRIMARY
    assert Limits() == Limits(body=0) and hash(Limits()) == hash(Limits(body=0)) and Limits() != Limits(body=1)
    assert Limits(head=100).head == 100
    with pytest.raises(OverflowError):
        Limits(head=-1)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_decoder_takes_pieces_of_any_size(size: int) -> None:
    text = message().replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\nabc") + b"more"
    decoder, found = Decoder(Limits(body=3)), None
    for at in range(0, len(text), size):
        assert found is None
        found = decoder.feed(text[at : at + size])
        if found is not None:
            break
    assert found == decode(message())
    assert decoder.consumed == len(text) - 4 and decoder.body == b"abc"
    with pytest.raises(RuntimeError, match="whole"):
        decoder.feed(b"")


def test_a_decoder_keeps_no_more_than_a_message_can_have() -> None:
    decoder = Decoder()
    with pytest.raises(Refused) as caught:
        decoder.feed(b"GET / HTTP/1.1\r\n" + b"a" * 10_000_000)
    assert caught.value.status in (400, 431)


def test_a_buffer_is_copied_as_far_as_a_message_goes_and_let_go() -> None:
    buffer = bytearray(message() + b"x" * (1 << 27))
    tracemalloc.start()
    assert decode(buffer) == decode(memoryview(buffer)) == decode(message())
    decoder = Decoder()
    assert decoder.feed(memoryview(buffer)) == decode(message())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 16
    buffer.clear()
    assert decoder.body == b"", "nobody holds the buffer"


def test_a_memoryview_is_contiguous_and_alive() -> None:
    wide = memoryview(bytes(byte for pair in zip(message(), message()) for byte in pair))
    with pytest.raises(TypeError, match="contiguous"):
        decode(wide[::2])
    released = memoryview(message())
    released.release()
    with pytest.raises(ValueError, match="released"):
        decode(released)
    with pytest.raises(TypeError, match="not array"):
        decode(array.array("B", message()))  # type: ignore[arg-type]
