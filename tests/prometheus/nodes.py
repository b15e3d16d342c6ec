"""Nodes that are none: HTTP servers that answer Prometheus as `hanotify serve --metrics` would, for so many routers.

Router n has its primary on node n modulo the nodes, but for the first, which has two, and the second, which has none.
"""

import http.server
import threading

# Since when the states are what they are.
LONG_AGO = 1_700_000_000
# What a node counts besides, in the order of the page.
REST = """\
# TYPE hanotify_answer_seconds histogram
hanotify_answer_seconds_bucket{{le="0.0001"}} {asked}
hanotify_answer_seconds_bucket{{le="+Inf"}} {asked}
hanotify_answer_seconds_sum {asked}e-5
hanotify_answer_seconds_count {asked}
# TYPE hanotify_backlog gauge
hanotify_backlog 4096
# TYPE hanotify_backlog_expected gauge
hanotify_backlog_expected 4096
# TYPE hanotify_build_info gauge
hanotify_build_info{{version="0.1.0"}} 1
# TYPE hanotify_ha_confs_incomplete gauge
hanotify_ha_confs_incomplete 0
# TYPE hanotify_notified_total counter
hanotify_notified_total {asked}
# TYPE hanotify_overloaded_total counter
hanotify_overloaded_total{{cause="connections"}} 0
# TYPE hanotify_refused_total counter
hanotify_refused_total{{error="peer-not-allowed"}} 0
# TYPE hanotify_sink_failures_total counter
hanotify_sink_failures_total 0
# TYPE hanotify_sink_panics_total counter
hanotify_sink_panics_total 0
# TYPE hanotify_socket_lost_total counter
hanotify_socket_lost_total 0
# TYPE hanotify_socket_regained_total counter
hanotify_socket_regained_total 0
"""


def router_id(number):
    return f"00000000-0000-4000-8000-{number:012x}"


def state(router, node, nodes):
    if router == 0:
        return "primary" if node < 2 else "backup"
    if router == 1:
        return "backup"
    return "primary" if router % nodes == node else "backup"


def exposition(routers, node, nodes):
    """What a node says of its routers."""
    lines = {name: [] for name in (
        "hanotify_router_changes_total", "hanotify_router_last_change_timestamp_seconds",
        "hanotify_router_settled_state", "hanotify_router_state",
    )}
    for router in range(routers):
        label = f'router_id="{router_id(router)}"'
        lines["hanotify_router_changes_total"].append(f"{{{label}}} 3")
        lines["hanotify_router_last_change_timestamp_seconds"].append(f"{{{label}}} {LONG_AGO}.000")
        now = state(router, node, nodes)
        for name in "hanotify_router_settled_state", "hanotify_router_state":
            lines[name].append(f'{{{label},state="{now}"}} 1')
    text = []
    for name, values in lines.items():
        text.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        text += [name + value for value in values]
    return "\n".join(text) + "\n"


def serve(routers, nodes):
    """Answers from now on, on threads; gives the ports."""
    return [_serve(exposition(routers, node, nodes)) for node in range(nodes)]


def _serve(routers):
    class Node(http.server.BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self):
            Node.asked += 1
            body = (routers + REST.format(asked=Node.asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Node)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
