"""`hanotify send` and `hanotify audit` with a fault in one of their system calls, from their start to their end."""

import collections
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time

from tracing import calls_of

ROUTER = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
VECTORS = pathlib.Path(__file__).resolve().parents[2] / "crates/audit/vectors"
# What `audit` is given for all of it, and what it may take beyond that: its server is stopped, and its folder removed.
AUDIT_TIME, AUDIT_END = 6, 8
SEND_TIME, SEND_END = 1, 2


class Receiver:
    """Takes a notification, and answers 200."""

    def __init__(self, folder):
        self.path, self.heads = f"{folder}/receiver", []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(5)
                try:
                    head = b""
                    while not head.endswith(b"\r\n\r\n"):
                        head += client.recv(1024) or b"\r\n\r\n"
                    self.heads.append(head)
                    client.sendall(REPLY)
                    # The sender closes first, or it would not see the reply where it has not sent all.
                    client.recv(1)
                except OSError:
                    pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def under_strace(command, folder, options, patience, **streams):
    """The command's exit code, where it ended in time, and how long it took."""
    start = time.monotonic()
    traced = ["strace", "-f", "-qq", "-o", f"{folder}/trace", *options, *command]
    process = subprocess.Popen(traced, stdin=subprocess.DEVNULL, start_new_session=True, **streams)
    try:
        return process.wait(patience), time.monotonic() - start
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return None, time.monotonic() - start


def send_command(program, path):
    command = [program, "send", "--verbose", "--socket", path, "--router-id", ROUTER, "--state", "primary"]
    return [*command, "--timeout", f"{SEND_TIME}s", "--retries", "2"]


def start(program):
    """How often each call is made before a command begins: by the loader, the C library, and Rust's own start."""
    with tempfile.TemporaryDirectory() as folder:
        under_strace([program, "--version"], folder, [], 20, stdout=subprocess.DEVNULL)
        return collections.Counter(calls_of(f"{folder}/trace"))


def observed_of_send(program):
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(folder)
        # As with a fault: what is written depends on where it goes.
        with open(f"{folder}/log", "w") as errors:
            under_strace(send_command(program, receiver.path), folder, [], 20, stderr=errors)
        receiver.close()
        return own_calls(program, folder)


def own_calls(program, folder):
    """How often each call is made beyond those of the start."""
    return collections.Counter(calls_of(f"{folder}/trace")) - start(program)


def send(program, fault):
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(folder)
        log = pathlib.Path(folder) / "log"
        if fault.path:
            fault.path = log
        with log.open("w") as errors:
            command = send_command(program, receiver.path)
            code, took = under_strace(command, folder, fault.options(), SEND_TIME + SEND_END, stderr=errors)
        receiver.close()
        said, heads = log.read_text(), receiver.heads
        wrong = [] if calls_of(f"{folder}/trace") else ["no call was hit"]
    wrong += ["a panic"] if "panicked" in said else []
    if code not in (0, 1, 2, 3):
        wrong.append("it hung" if code is None else f"it ended with {code}")
    whole = [head for head in heads if ROUTER.encode() in head]
    if code == 0 and not whole:
        wrong.append("it ended with 0, and nothing was received")
    if code and not said and not fault.path:
        wrong.append("it ended without a message")
    return f"ends with {code}, {len(whole)} received", wrong


def audit_command(program, folder):
    """Few messages, a server that is started, and a report."""
    vectors = pathlib.Path(folder) / "vectors"
    vectors.mkdir()
    (vectors / "method.json").write_text((VECTORS / "method.json").read_text())
    command = [program, "audit", "--spawn", f"'{program}' serve --socket {{socket}} --format json", "--events", "-"]
    command += ["--vectors", vectors, "--only-vectors", "--max-time", f"{AUDIT_TIME}s"]
    return [*command, "--report", f"json={folder}/report.json"]


def own(folder, name):
    """Where the command's temporary folders are, for nobody else's to be among them."""
    place = pathlib.Path(folder) / name
    place.mkdir()
    return place, {**os.environ, "TMPDIR": str(place)}


def observed_of_audit(program):
    with tempfile.TemporaryDirectory() as folder:
        _, environment = own(folder, "temporary")
        command = audit_command(program, folder)
        # Not `-f`: what the audit starts is not the audit.
        traced = ["strace", "-o", f"{folder}/trace", *command]
        done = subprocess.run(traced, env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"without a fault, the audit ended with {done.returncode}: {done.stderr}")
        return own_calls(program, folder)


def audit(program, fault):
    with tempfile.TemporaryDirectory() as folder:
        place, environment = own(folder, "temporary")
        command = audit_command(program, folder)
        traced = ["strace", "-qq", "-o", f"{folder}/trace", *fault.options(), *command]
        process = subprocess.Popen(
            traced, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            _, said = process.communicate(timeout=AUDIT_TIME + AUDIT_END)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            code, (_, said) = None, process.communicate()
        report = pathlib.Path(folder) / "report.json"
        wrong = judge_audit(fault, code, said, report)
        wrong += [f"a process is left: {who}" for who in left(str(place))]
        wrong += [f"{path.name} is left, without a word" for path in place.iterdir() if "remove" not in said]
        wrong += [] if calls_of(f"{folder}/trace") else ["no call was hit"]
        return f"ends with {code}", wrong


def judge_audit(fault, code, said, report):
    wrong = ["a panic"] if "panicked" in said else []
    if code not in (0, 1, 2):
        wrong.append("it hung" if code is None else f"it ended with {code}")
    # A reader that has gone, as `head` does, is no fault; and of the writes in a row, one is the message.
    unheard = fault.call == "write" and (fault.what == "EPIPE" or fault.times > 1)
    if code == 2 and not said and not unheard:
        wrong.append("it ended without a message")
    if code == 0:
        try:
            json.loads(report.read_text())
        except (OSError, ValueError):
            wrong.append("it ended with 0, and there is no whole report")
    return wrong


def left(place):
    """What runs and has this in its environment: it is given a second to end."""
    until = time.monotonic() + 1
    while True:
        found = [name for name in processes(place)]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.02)


def processes(place):
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if place.encode() in (process / "environ").read_bytes():
                yield (process / "cmdline").read_text().replace("\0", " ")[:80]
        except OSError:
            continue
