"""A receiver that keeps to docs/protocol.md, with one fault if one is named: strict.py SOCKET [FAULT]

It has a thread for each connection, and writes each event in one write. FAULTS in strict_faults.py has what is wrong
with each fault, and what shows it: the cases and probes of which at least one has to fail, or to be noted where an RFC
leaves a choice.
"""

import json
import os
import socket
import sys
import threading
import time

import strict_faults
from strict_faults import FAULTS, Refused, has, refuse
from strict_message import parse

kept = []


def read_head(peer):
    """Reads through the blank line, but not for ever, and not without a limit."""
    end = b"\n\n" if has("accepts-lf") else b"\r\n\r\n"
    message, deadline = b"", time.monotonic() + 8
    while True:
        start = 2 if has("empty-line-first") and message.startswith(b"\r\n") else 0
        plain = message.replace(b"\r\n", b"\n") if has("accepts-lf") else message
        at = plain.find(end, start)
        if at >= 0:
            return plain[: at + len(end)] if has("accepts-lf") else message[: at + len(end)], message
        refuse(len(message) > 70_000, 431)
        peer.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            chunk = peer.recv(4096 if has("reads-4096-once") else 65536)
        except TimeoutError:
            raise Refused(408) from None
        if not chunk or (has("reads-once") and message):
            refuse(not message or not has("acts-on-truncated"))
            return message + b"\r\n\r\n", message
        message += chunk
        if has("crashes") and b"\xff" in message:
            os._exit(3)
        if has("reads-once", "reads-4096-once"):
            refuse(b"\r\n\r\n" not in message)


def tell(router_id, state):
    text = [None if value is None else value.decode("latin-1") for value in (router_id, state)]
    if has("swaps-state"):
        text[1] = {"primary": "backup", "backup": "primary"}.get(text[1], text[1])
    line = json.dumps({"router_id": text[0], "state": text[1]}).encode() + b"\n"
    is_own = text[0] is not None and text[0].startswith("ad17")
    if has("loses-events") and not is_own:
        return
    if has("answers-before-event") and not is_own:
        threading.Timer(0.5, os.write, (1, line)).start()
        return
    os.write(1, line * (2 if has("doubles-events") and not is_own else 1))


def answer(peer, status, message):
    length, end = (3, b"\n") if has("wrong-length") else (0, b"\r\n")
    end = b"\n" if has("lf-reply") else b"\r\n"
    content = b""
    if has("traceback") and status != 200:
        content = b"Traceback (most recent call last):\n"
    if has("echoes") and status != 200:
        content = message[:200]
    lines = [f"HTTP/1.1 {status} Reason".encode(), f"Content-Length: {length + len(content)}".encode()]
    lines += [] if has("no-close") else [b"Connection: close"]
    if not has("silent-refusal") or status == 200:
        peer.sendall(end.join(lines) + end * 2 + content)
    if has("keeps-open"):
        time.sleep(0.7)


def serve(peer):
    message = b""
    with peer:
        if has("leaks"):
            kept.append(os.dup(peer.fileno()))
        try:
            try:
                head, message = read_head(peer)
                tell(*parse(head))
                rest = message[len(head):]
                if has("second-message") and rest.endswith(b"\r\n\r\n"):
                    tell(*parse(rest))
                status = 200
            except Refused as refused:
                status = refused.status
            answer(peer, status, message)
            # Until the peer has finished, so that the reply is not lost.
            peer.shutdown(socket.SHUT_WR)
            peer.settimeout(1)
            while peer.recv(65536):
                pass
        except OSError:
            pass


def main(path):
    os.umask(0 if has("open-mode") else 0o177)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1024)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    strict_faults.fault = sys.argv[2] if len(sys.argv) > 2 else ""
    if strict_faults.fault and strict_faults.fault not in FAULTS:
        sys.exit(f"no such fault: {strict_faults.fault}")
    main(sys.argv[1])
