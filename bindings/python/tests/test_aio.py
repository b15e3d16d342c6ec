"""The server whose events a task of asyncio reads."""

import asyncio
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, Coroutine

import conftest
import pytest
from conftest import ROUTER, ask, message
from hanotify_agent import Busy, Event, State
from hanotify_agent.aio import Server
from processes import run_script, wait_for


def run(main: "Coroutine[Any, Any, None]") -> None:
    asyncio.run(asyncio.wait_for(main, 15))


async def asking(path: Path, data: bytes = message()) -> int:
    return await asyncio.get_running_loop().run_in_executor(None, ask, path, data)


def test_an_event_is_acknowledged_when_the_loop_asks_for_the_next(path: Path) -> None:
    async def main() -> None:
        async with Server(path, mode=0o600) as server:
            sender = asyncio.ensure_future(asking(path))
            async for event in server:
                assert (str(event.router_id), event.state, event.sequence) == (ROUTER, State.PRIMARY, 1)
                await asyncio.sleep(0.1)
                assert not sender.done(), "the body has not ended"
                server.stop()
            assert await sender == 200
            assert server.backlog > 0 and Path(server.path) == path
            assert server.counters()["hanotify_notified_total"] == 1
        assert not path.exists()

    run(main())


def test_400_of_400_are_answered_while_other_tasks_run(path: Path) -> None:
    async def main() -> None:
        server, ticks, seen = Server(path), [0], list[int]()
        threads = threading.active_count()

        async def tick() -> None:
            while True:
                ticks[0] += 1
                await asyncio.sleep(0)

        async def changed(event: Event) -> None:
            seen.append(event.sequence)
            await asyncio.sleep(0)

        ticking = asyncio.ensure_future(tick())
        serving = asyncio.ensure_future(server.run(changed))
        await asyncio.sleep(0.05)
        assert threading.active_count() == threads, "no thread of Python's"
        replies = await asyncio.gather(*(asking(path) for _ in range(400)))
        server.stop()
        server.stop()
        await serving
        ticking.cancel()
        assert replies == [200] * 400 and seen == list(range(1, 401)) and ticks[0] > 400

    run(main())


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, 503), (Busy(), 503), (asyncio.CancelledError(), 503), (KeyError("x"), 500)],
)
def test_a_loop_that_is_left_acknowledges_nothing(path: Path, error: "BaseException | None", status: int) -> None:
    async def read(server: Server) -> None:
        async with server:
            async for _ in server:
                if error is None:
                    break
                raise error

    async def main() -> None:
        reading = asyncio.ensure_future(read(Server(path)))
        assert await asking(path) == status
        assert (await asyncio.gather(reading, return_exceptions=True))[0] == error or error is not None
        assert not path.exists()

    run(main())


@pytest.mark.parametrize("waits_in", ["body", "loop"])
def test_a_task_that_is_cancelled_has_taken_nothing(path: Path, waits_in: str) -> None:
    async def main() -> None:
        began, server = asyncio.Event(), Server(path)

        async def changed(event: Event) -> None:
            began.set()
            await asyncio.sleep(60)

        reading = asyncio.ensure_future(server.run(changed))
        sender = asyncio.ensure_future(asking(path)) if waits_in == "body" else None
        await (began.wait() if sender else asyncio.sleep(0.1))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not path.exists(), "run ends the server"
        if sender:
            assert await sender == 503

    run(main())


def test_one_wait_that_is_cancelled_loses_no_event(path: Path) -> None:
    async def main() -> None:
        async with Server(path) as server:
            events = server.__aiter__()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(events.__anext__(), 0.05)
            sender = asyncio.ensure_future(asking(path))
            await asyncio.sleep(0.1)
            waiting = asyncio.ensure_future(events.__anext__())
            waiting.cancel()
            await asyncio.sleep(0.1)
            assert not sender.done()
            assert (await events.__anext__()).sequence == 1
            server.stop()
            with pytest.raises(StopAsyncIteration):
                await events.__anext__()
            assert await sender == 200

    run(main())


def test_run_answers_what_its_callback_decides(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raising: list[Any] = [None, Busy(), KeyError("what it is"), None]

    async def changed(event: Event) -> None:
        await asyncio.sleep(0)
        if error := raising.pop(0):
            raise error

    async def main() -> None:
        server = Server(path)
        serving = asyncio.ensure_future(server.run(changed))
        assert [await asking(path) for _ in range(4)] == [200, 503, 500, 200]
        assert await asking(path, message(state="x")) == 400
        server.stop()
        await serving

    with caplog.at_level(logging.INFO):
        run(main())
    (record,) = [record for record in caplog.records if record.name == "hanotify_agent"]
    assert record.exc_info is not None and record.exc_info[0] is KeyError
    assert record.exc_info[2] is not None, "the traceback"
    assert any("refused" in line and "state" in line for line in caplog.messages), "the server's own lines"


def test_after_stop_no_event_is_handed_out(path: Path) -> None:
    async def main() -> None:
        server, seen, may_end = Server(path), list[int](), asyncio.Event()

        async def changed(event: Event) -> None:
            seen.append(event.sequence)
            await may_end.wait()

        serving = asyncio.ensure_future(server.run(changed))
        senders = [asyncio.ensure_future(asking(path)) for _ in range(5)]
        while not seen:
            await asyncio.sleep(0.01)
        threading.Thread(target=server.stop).start()
        await asyncio.sleep(0.1)
        may_end.set()
        await serving
        assert seen == [1] and sorted(await asyncio.gather(*senders)) == [200] + [503] * 4

    run(main())


def test_anext_alone_lets_it_run(path: Path) -> None:
    async def main() -> None:
        async with Server(path) as server:
            sender = asyncio.ensure_future(asking(path))
            assert (await server.__anext__()).sequence == 1
            server.stop()
            with pytest.raises(StopAsyncIteration):
                await server.__anext__()
            assert await sender == 200

    run(main())


def test_aclose_ends_it_for_its_reader_too(path: Path) -> None:
    async def main() -> None:
        server = Server(path)
        waiting = asyncio.ensure_future(server.__aiter__().__anext__())
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="reads"):
            await server.__anext__()
        await server.aclose()
        await server.aclose()
        with pytest.raises(StopAsyncIteration):
            await waiting
        assert not path.exists() and "ended" in repr(server)

    run(main())


def test_no_answer_in_time_is_503(path: Path) -> None:
    async def main() -> None:
        async with Server(path, answer_time=0.1) as server:
            sender = asyncio.ensure_future(asking(path))
            async for _ in server:
                assert await sender == 503
                server.stop()

    run(main())


SCRIPT = """
import asyncio, os, signal, sys
from hanotify_agent import aio
async def changed(event):
    print(event.state, flush=True)
async def main():
    server = aio.Server(sys.argv[1])
    {before}
    await server.run(changed)
    print("ended", flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("before", "sent", "out"),
    [
        ("asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)", signal.SIGTERM, "ended\n"),
        ("signal.signal(signal.SIGTERM, lambda *_: server.stop())", signal.SIGTERM, "ended\n"),
        ("", signal.SIGINT, ""),
    ],
)
def test_signals_end_it(path: Path, before: str, sent: signal.Signals, out: str) -> None:
    process = run_script(SCRIPT.format(before=before), path)
    wait_for(path)
    assert ask(path) == 200
    process.send_signal(sent)
    printed, errors = process.communicate(timeout=10)
    assert printed == "primary\n" + out and not path.exists(), errors


def test_a_loop_that_ends_with_senders_waiting_answers_them(path: Path) -> None:
    serves = "asyncio.ensure_future(server.run(wait)); await asyncio.sleep(1)"
    code = SCRIPT.replace("await server.run(changed)", serves)
    code = code.replace("async def main", "async def wait(event):\n    await asyncio.sleep(60)\nasync def main")
    process, replies = run_script(code.format(before=""), path), list[int]()
    wait_for(path)
    senders = [threading.Thread(target=lambda: replies.append(ask(path))) for _ in range(10)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    printed, errors = process.communicate(timeout=10)
    assert replies == [503] * 10 and printed == "ended\n" and not path.exists(), errors


def test_a_loop_that_is_closed_in_the_middle_answers_those_that_wait(path: Path) -> None:
    replies: list[int] = []

    async def serve() -> None:
        async with Server(path) as server:
            async for _ in server:
                await asyncio.sleep(60)

    loop, serving = asyncio.new_event_loop(), serve()
    task = loop.create_task(serving)
    loop.run_until_complete(asyncio.sleep(0.1))
    sender = conftest.asking(path, replies)
    loop.run_until_complete(asyncio.sleep(0.3))
    loop.close()
    serving.close()
    sender.join(10)
    assert replies == [503] and not path.exists() and not task.done()


def test_it_leaves_no_descriptor_and_no_watch(path: Path) -> None:
    async def main() -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            async with Server(path) as server:
                iterator = server.__aiter__()
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(iterator.__anext__(), 0.01)
            del server, iterator
        until = time.monotonic() + 5
        while len(os.listdir("/proc/self/fd")) > before:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)

    run(main())
