"""`hanotify serve` whose socket is made again, with a fault in the accept of those that had connected before."""

import signal
import socket
import tempfile
import time

import serve
import start

SENDERS = 5
# The new socket is bound, and the server is held up there for so long: who connects now to the one before waits there.
HELD_UP = 1.0


class Fault(start.Fault):
    """The fault, and what holds the server up."""

    def options(self):
        hold = f"--inject=bind:delay_exit={int(HELD_UP * 1e6)}:when=2"
        return [f"--trace=bind,{self.call}", super().options()[1], hold]


def rebind(program, fault):
    with tempfile.TemporaryDirectory() as folder:
        # A server that begins has called once, in vain.
        options = Fault(fault.call, fault.what, fault.times, fault.after + 1).options()
        server = start.Starting(program, folder, options)
        if not server.listens():
            raise RuntimeError(f"the server doesn't start: {server.read('log')}")
        old = server.path.with_name("old")
        server.path.rename(old)
        until = time.monotonic() + start.PATIENCE
        while not server.path.exists() and time.monotonic() < until:
            time.sleep(0.005)
        got, clients = {}, []
        for number in range(1, SENDERS + 1):
            router, head = serve.message(number)
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(serve.PATIENCE)
            client.connect(str(old))
            client.sendall(head)
            clients.append((router, client))
        for router, client in clients:
            got[router] = reply(client)
        got["malformed"] = serve.ask(server.path, [b"GET /x HTTP/1.1\r\n\r\n"])
        server.process.send_signal(signal.SIGTERM)
        code = server.end()
        wrong = [f"{who} got no answer: {status}" for who, status in got.items() if not status.isdigit()]
        wrong += [] if f"{fault.call}(" in server.read("trace") else ["no call was hit"]
        return f"ends with {code}: {serve.summary(got)}", wrong + serve.judge(server, got, True)


def reply(client):
    with client:
        try:
            got = client.recv(1024)
        except socket.timeout:
            return "hung"
        except OSError:
            return "closed"
    return got[9:12].decode() if got else "closed"
