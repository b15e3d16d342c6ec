"""A receiver that keeps to the format, with one fault that no single message shows: forgetful.py SOCKET FAULT

It reads and answers as tests/audit/servers/strict.py does. FAULTS has what is wrong, and as which finding it is to be
seen.
"""

import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "audit/servers"))
import strict  # noqa: E402

FAULTS = {
    "none": None,
    # The event of a router's notification waits for the one of its next, and is behind that.
    "reorders": "reordered",
    # What a router has said last is not told again.
    "drops-duplicates": "no-event",
    # Where two senders of one router are there at once, the second is told twice.
    "tells-twice": "many-events",
    # Of what a router says within a moment, the last is told.
    "coalesces": "no-event",
    # What a sender has sent that was gone in the midst of it is in front of what the next one sends in pieces.
    "mixes-bytes": "lost",
    # The 200 is sent first, and what finds no room in the queue is lost.
    "answers-first": "no-event",
}
FAULT = sys.argv[2] if len(sys.argv) > 2 and __name__ == "__main__" else "none"
MOMENT, ROOM = 0.01, 2
lock = threading.Condition()
last, present = {}, {}
# What is to be said in a moment: when, of which router, and what. Nothing overtakes what was there before.
waiting = []
left_over = []
tell_now, read_head = strict.tell, strict.read_head


def say_what_is_due():
    while True:
        with lock:
            while not waiting:
                lock.wait()
            due, router, state = waiting[0]
            if due <= time.monotonic():
                waiting.pop(0)
                tell_now(router, state)
        time.sleep(MOMENT / 10)


def tell(router, state):
    with lock:
        own = [one for one in waiting if one[1] == router]
        later = (time.monotonic() + MOMENT, router, state)
        if FAULT == "reorders":
            if own:
                waiting.insert(waiting.index(own[0]), later)
            else:
                waiting.append(later)
        elif FAULT == "coalesces":
            if own:
                waiting[waiting.index(own[0])] = (own[0][0], router, state)
            else:
                waiting.append(later)
        elif FAULT == "answers-first":
            if len(waiting) < ROOM or router.startswith(b"ad17"):
                waiting.append(later)
        elif FAULT == "drops-duplicates":
            if last.get(router) != state:
                tell_now(router, state)
            last[router] = state
        elif FAULT == "tells-twice":
            # The senders of the last moment are taken to be there still.
            is_present = time.monotonic() - present.get(router, -MOMENT) < MOMENT
            present[router] = time.monotonic()
            for _ in range(2 if is_present else 1):
                tell_now(router, state)
        else:
            tell_now(router, state)
        lock.notify()


class Mixed:
    """A connection in front of whose bytes there are those that another one has left."""

    def __init__(self, peer):
        self.peer, self.count = peer, 0

    def settimeout(self, seconds):
        self.peer.settimeout(seconds)

    def recv(self, size):
        chunk = self.peer.recv(size)
        self.count += 1
        if not chunk and self.count == 2:
            left_over.append(self.first)
        if chunk and b"\r\n\r\n" not in chunk and self.count == 1:
            self.first = chunk
            return (left_over.pop() if left_over else b"") + chunk
        return chunk


def main(path):
    strict.tell = tell
    threading.Thread(target=say_what_is_due, daemon=True).start()
    if FAULT == "mixes-bytes":
        strict.read_head = lambda peer: read_head(Mixed(peer))
    strict.main(path)


if __name__ == "__main__":
    if FAULT not in FAULTS:
        sys.exit(f"no such fault: {FAULT}")
    main(sys.argv[1])
