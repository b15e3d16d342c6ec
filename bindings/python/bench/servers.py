"""Servers that are compared, each a process of its own: servers.py NAME FOLDER

`bare` is a loop that accepts, receives once, sends and closes: less than that no server in Python can do. `polled` is
the same for one that can wait for more than a connection, such as a slow peer and a stop, and looks who the peer is.
`careful` is what a careful author writes in plain Python. `neutron` is the release's own server class. `hanotify` is
the wheel's. What they tell goes nowhere: the callback is empty.
"""

import os
import socket
import sys

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NAME = "keepalived-state-change"


def listener(folder):
    made = socket.socket(socket.AF_UNIX)
    made.bind(os.path.join(folder, NAME))
    made.listen(4_096)
    return made


def bare(folder):
    with listener(folder) as listening:
        while True:
            client, _ = listening.accept()
            client.recv(4_096)
            client.sendall(REPLY)
            client.close()


def polled(folder):
    import select

    with listener(folder) as listening, select.epoll() as poll:
        listening.setblocking(False)
        poll.register(listening, select.EPOLLIN)
        while True:
            poll.poll()
            try:
                while True:
                    client, _ = listening.accept()
                    client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                    client.recv(4_096)
                    client.sendall(REPLY)
                    client.close()
            except BlockingIOError:
                pass


def careful(folder):
    import uuid

    with listener(folder) as listening:
        while True:
            client, _ = listening.accept()
            with client:
                client.settimeout(10)
                head = b""
                while b"\r\n\r\n" not in head and len(head) < 8_192:
                    head += client.recv(4_096) or b"\r\n\r\n"
                request, *lines = head.split(b"\r\n\r\n", 1)[0].decode("ascii").split("\r\n")
                fields = {}
                for line in lines:
                    name, _, value = line.partition(":")
                    if name.lower() in fields:
                        raise ValueError(name)
                    fields[name.lower()] = value.strip(" \t")
                if not request.startswith("POST ") or fields["x-neutron-state"] not in ("primary", "backup", "fault"):
                    raise ValueError(request)
                uuid.UUID(fields["x-neutron-router-id"])
                client.sendall(REPLY)


def hanotify(folder):
    import hanotify_agent

    hanotify_agent.Server(os.path.join(folder, NAME), expected_routers=4_096).run(lambda event: None)


class Agent:
    """What Neutron's server calls."""

    def enqueue_state_change(self, router_id, state):
        pass


def neutron(folder):
    sys.path.append(os.path.join(os.path.dirname(__file__), "../../../tests/audit/neutron"))
    import released

    released.serve(folder, Agent())


SERVERS = {server.__name__: server for server in (bare, polled, careful, neutron, hanotify)}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](sys.argv[2])
