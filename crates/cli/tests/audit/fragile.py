"""A server that breaks at a byte of 0xff: fragile.py HOW SOCKET. It takes everything else, and prints its events.

HOW is `crash` (SIGSEGV), `exit` (status 3), `late` (a crash at the next message), `long` (a crash at 8
KiB instead), `mute` (no event from then on) or `hang`
(no connection is accepted any more). It leaves its socket behind, as a server that crashes does, and binds none that is
there. Or HOW is the name of a probe of what a server holds: `descriptors` and so on.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

how, path = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(128)
is_broken = False
kept = []


def keep():
    """Keeps something for each message, or uses the processor."""
    if how == "descriptors":
        kept.append(os.dup(0))
    if how == "memory":
        kept.append(b"x" * (2 << 20))
    if how == "threads":
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    if how == "children" and os.fork() == 0:
        os._exit(0)
    if how == "idle-time" and not kept:
        kept.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))


def value(message, name):
    found = re.search(rb"(?mi)^" + name + rb": ?([^\r\n]*)", message)
    return found[1].decode("ascii", "replace") if found else None


while True:
    peer, _ = listener.accept()
    message = peer.recv(65536)
    keep()
    if (is_broken and how == "late") or (len(message) > 8192 and how == "long"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"\xff" in message:
        is_broken = True
        if how in ("crash", "exit"):
            print("it can't be read", "\x1b[31mas text", sep="\n", file=sys.stderr, flush=True)
        if how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if how == "exit":
            sys.exit(3)
        if how == "hang":
            time.sleep(1000)
    if not (is_broken and how == "mute"):
        event = {"router_id": value(message, b"X-Neutron-Router-Id"), "state": value(message, b"X-Neutron-State")}
        os.write(1, json.dumps(event).encode() + b"\n")
    try:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    except OSError:
        pass
    peer.close()
