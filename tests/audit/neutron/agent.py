"""Runs the server of an installed Neutron's L3 agent, with an agent behind it that prints what it is told: agent.py
STATE_PATH

The server is the release's own; only the agent is not. Each event is one line of JSON on standard output. For the
router FAILING_ID the agent raises an exception.
"""

import released  # First of all: it may make threads green.

import json
import os
import sys

FAILING_ID = "fa17fa17-fa17-4a17-8a17-fa17fa17fa17"


class PrintingAgent:
    """What the server calls when a notification has come."""

    def enqueue_state_change(self, router_id, state):
        if router_id == FAILING_ID:
            raise RuntimeError("the agent fails for this router, as the audit asks it to")
        line = json.dumps({"router_id": router_id, "state": state}) + "\n"
        # One write for a line, so that threads don't mix theirs.
        os.write(sys.stdout.fileno(), line.encode())


released.serve(sys.argv[1], PrintingAgent())
