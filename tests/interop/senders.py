"""Sends one notification as a Python monitor does: senders.py SOCKET LIBRARY ROUTER_ID STATE

LIBRARY is `http.client` (POST, from the standard library) or `httplib2` (GET, lower-case names).
Exits with 0 if the reply is 200, and complains otherwise.
"""

import http.client
import socket
import sys


class UnixConnection(http.client.HTTPConnection):
    """An HTTP connection over the Unix socket at `path`."""

    path = None

    def __init__(self, *_args, **_kwargs):
        super().__init__("127.0.0.1", timeout=10)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(UnixConnection.path)


def through_http_client(fields):
    connection = UnixConnection()
    connection.request("POST", "/", headers=fields)
    reply = connection.getresponse()
    return reply.status, reply.read()


def through_httplib2(fields):
    import httplib2

    reply, content = httplib2.Http().request(
        "http://127.0.0.1/", headers=fields, connection_type=UnixConnection
    )
    return reply.status, content


def main(path, library, router_id, state):
    UnixConnection.path = path
    fields = {"X-Neutron-Router-Id": router_id, "X-Neutron-State": state, "Connection": "close"}
    send = {"http.client": through_http_client, "httplib2": through_httplib2}[library]
    status, content = send(fields)
    if status != 200 or content:
        sys.exit(f"{library}: expected 200 and no content, got {status} and {content!r}")


main(*sys.argv[1:])
