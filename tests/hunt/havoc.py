"""A plain mutator over the captures, as AFL++ has one: what it finds of the same leniencies.

It knows nothing of messages. Each of its messages is read by strict.py with and without a leniency, in this process:
that is far faster than over a socket, and any difference is a find.
"""

import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/audit/servers"))
import strict  # noqa: E402
import strict_faults  # noqa: E402

INTERESTING = [0, 1, 16, 32, 64, 100, 127, 128, 255]


class Peer:
    """A connection that has sent a message, and sends no more."""

    def __init__(self, message):
        self.message = message

    def settimeout(self, _):
        pass

    def recv(self, size):
        chunk, self.message = self.message[:size], self.message[size:]
        return chunk


def read(message, fault):
    """What a server with this fault makes of a message."""
    strict_faults.fault = fault
    try:
        head, whole = strict.read_head(Peer(message))
        told = [strict.parse(head)]
        rest = whole[len(head):]
        if fault == "second-message" and rest.endswith(b"\r\n\r\n"):
            told.append(strict.parse(rest))
        return told
    except strict.Refused as refused:
        return refused.status
    except ValueError:
        return "a fault of the server"


def mutated(message, source):
    """The message with 2 to 128 changes, as AFL++'s havoc stacks them."""
    message = bytearray(message)
    for _ in range(2 ** source.randint(1, 7)):
        if not message:
            break
        at, length = source.randrange(len(message)), source.randint(1, 16)
        match source.randrange(8):
            case 0:
                message[at] ^= 1 << source.randrange(8)
            case 1:
                message[at] = source.choice(INTERESTING)
            case 2:
                message[at] = (message[at] + source.randint(-35, 35)) % 256
            case 3:
                message[at] = source.randrange(256)
            case 4 | 5:
                del message[at : at + length]
            case 6:
                message[at:at] = message[source.randrange(len(message)) :][:length]
            case _:
                other = source.randrange(len(message))
                message[at : at + length] = message[other : other + length]
    return bytes(message)


def compare(faults, count):
    """Prints how many of these faults are found with so many messages, each of which is tried on every fault."""
    source = random.Random(1)
    captures = [path.read_bytes() for path in sorted((ROOT / "corpus/captures").glob("*.http"))]
    left = set(faults)
    for _ in range(count):
        message = mutated(source.choice(captures), source)
        right = read(message, "")
        left -= {fault for fault in left if read(message, fault) != right}
    found = [fault for fault in faults if fault not in left]
    said = f"{len(found)} of {len(faults)} with {count:,} messages: {', '.join(found)}"
    print(f"a plain mutator over the captures: {said}")
