"""Senders, and what each of them gets."""

import socket
import struct
import threading
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


def under_load(path, senders, each):
    """The latencies, in seconds, of senders on threads that notify one after the other."""
    latencies = []

    def send():
        for _ in range(each):
            taken, latency = ask(path)
            latencies.append(latency if taken else float("inf"))

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(latencies)


def silent(path, count):
    """So many peers that connect and say nothing."""
    return [connected(path) for _ in range(count)]
