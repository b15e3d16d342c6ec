"""The receiver of Neutron's L3 agent without the agent: Python's thread server with webob. webob_server.py SOCKET"""

import io
import socketserver
import sys

import webob

REPLY = b"""HTTP/1.1 200 OK
Content-Type: text/plain; charset=UTF-8
Connection: close
Content-Location': http://127.0.0.1/"""


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        request = webob.Request.from_file(io.BytesIO(self.request.recv(4096)))
        self.server.last = (request.headers.get("X-Neutron-Router-Id"), request.headers.get("X-Neutron-State"))
        self.wfile.write(REPLY)


class Server(socketserver.ThreadingUnixStreamServer):
    # Neutron leaves it at 5; here nobody has to wait for room, which costs the server nothing.
    request_queue_size = 4096
    daemon_threads = True


server = Server(sys.argv[1], Handler)
print("listening", flush=True)
server.serve_forever()
