"""A receiver as one writes it with Python's own HTTP server: threaded.py SOCKET. It has a thread for each connection,
checks what its author thought of, and prints its events, as `print` does: the text and the end of its line apart.
"""

import http.server
import json
import re
import socketserver
import sys

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
STATES = ("primary", "backup", "fault")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        router_id, state = self.headers["X-Neutron-Router-Id"], self.headers["X-Neutron-State"]
        if self.path != "/":
            return self.answer(404)
        if not UUID.fullmatch(router_id or "") or state not in STATES:
            return self.answer(400)
        print(json.dumps({"router_id": router_id, "state": state}), flush=True)
        self.answer(200)

    do_GET = do_POST

    def answer(self, status):
        self.send_response(status)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    def address_string(self):
        return "peer"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


Server(sys.argv[1], Handler).serve_forever()
