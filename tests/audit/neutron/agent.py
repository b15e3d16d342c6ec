"""Runs the server of an installed Neutron's L3 agent, with an agent behind it that prints what it is told: agent.py
STATE_PATH

The server is the release's own (`neutron.agent.l3.ha.L3AgentKeepalivedStateChangeServer`), unchanged; only the agent is
not. Each event is one line of JSON on standard output. For the router FAILING_ID the agent raises an exception. """

import importlib.metadata
import json
import os
import sys

RELEASE = tuple(int(part) for part in importlib.metadata.version("neutron").split(".")[:1])
FAILING_ID = "fa17fa17-fa17-4a17-8a17-fa17fa17fa17"

if RELEASE < (26,):
    # As Neutron's own entry points did in the releases whose server is eventlet's.
    import eventlet

    eventlet.monkey_patch()

from oslo_config import cfg

from neutron.agent.l3 import ha
from neutron.conf.agent.l3 import ha as ha_conf
from neutron.conf import common as common_conf


class PrintingAgent:
    """What the server calls when a notification has come."""

    def enqueue_state_change(self, router_id, state):
        if router_id == FAILING_ID:
            raise RuntimeError("the agent fails for this router, as the audit asks it to")
        line = json.dumps({"router_id": router_id, "state": state}) + "\n"
        # One write for a line, so that threads don't mix theirs.
        os.write(sys.stdout.fileno(), line.encode())


def main(state_path):
    common_conf.register_core_common_config_opts()
    ha_conf.register_l3_agent_ha_opts()
    if RELEASE < (26,):
        from oslo_service import wsgi

        wsgi.register_opts(cfg.CONF)
    cfg.CONF(args=[], project="neutron", default_config_files=[])
    cfg.CONF.set_override("state_path", state_path)
    server = ha.L3AgentKeepalivedStateChangeServer(PrintingAgent(), cfg.CONF)
    server.run()
    if hasattr(server, "wait"):
        server.wait()


main(*sys.argv[1:])
