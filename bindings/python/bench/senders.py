"""Senders, and what each of them gets."""

import math
import selectors
import socket
import struct
import time

ROUTER = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"
# As curl sends it for Neutron's shell monitor.
MESSAGE = (
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
    f"X-Neutron-Router-Id: {ROUTER}\r\nX-Neutron-State: primary\r\nConnection: close\r\n\r\n"
).encode()


def connected(path):
    """A sender that waits for its place in the backlog, as one without a timeout of Python's does, but for 5 seconds at
    the most: with such a timeout, connect(2) doesn't wait."""
    client = socket.socket(socket.AF_UNIX)
    for direction in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        client.setsockopt(socket.SOL_SOCKET, direction, struct.pack("ll", 5, 0))
    client.connect(path)
    return client


def ask(path):
    """Whether a sender that waits for its turn is told 200, and after how many seconds."""
    begun, reply = time.perf_counter(), b""
    try:
        with connected(path) as client:
            client.sendall(MESSAGE)
            reply = client.recv(1_024)
    except OSError:
        pass
    return reply.startswith(b"HTTP/1.1 200"), time.perf_counter() - begun


def at_once(path, count):
    """How many of so many senders are told 200 that connect at once, and don't wait where the backlog is full."""
    clients, answered = [], 0
    for _ in range(count):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(path)
            client.sendall(MESSAGE)
            clients.append(client)
        except OSError:
            client.close()
    for client in clients:
        client.settimeout(5)
        try:
            answered += client.recv(1_024).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
        client.close()
    return answered


class Sender:
    """One that notifies so many times, one after the other."""

    def __init__(self, left):
        self.left, self.begun = left, None

    def begin(self, path):
        """The connection on which it has sent its next message; `None` if the backlog is full."""
        self.begun = self.begun or time.perf_counter()
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(path)
        except BlockingIOError:
            client.close()
            return None
        client.sendall(MESSAGE)
        return client

    def end(self, client):
        """The seconds that it took until it was told 200; infinite if it was told something else."""
        with client:
            taken = client.recv(1_024).startswith(b"HTTP/1.1 200")
        latency, self.begun = time.perf_counter() - self.begun, None
        self.left -= 1
        return latency if taken else math.inf


def under_load(path, count, each):
    """The latencies, in seconds, of so many senders, all on this thread: with a thread for each they would wait for one
    another, and not for the server. One that finds the backlog full tries again, as long as it takes.
    Where nothing comes for 5 seconds, it ends."""
    latencies, idle = [], [Sender(each) for _ in range(count)]
    with selectors.DefaultSelector() as selector:
        while idle or selector.get_map():
            for sender in idle:
                if client := sender.begin(path):
                    selector.register(client, selectors.EVENT_READ, sender)
            at_work = {key.data for key in selector.get_map().values()}
            idle = [sender for sender in idle if sender not in at_work]
            ready = selector.select(0 if idle else 5)
            if not (ready or idle):
                return [*sorted(latencies), *[math.inf] * len(at_work)]
            for key, _ in ready:
                selector.unregister(key.fileobj)
                latencies.append(key.data.end(key.fileobj))
                idle += [key.data] if key.data.left else []
    return sorted(latencies)


def silent(path, count):
    """So many peers that connect and say nothing."""
    return [connected(path) for _ in range(count)]
