"""What the real L3 agent meets in these tests in place of the network and of Neutron's server. The agent loads it by
its configuration, as its interface driver.

Nothing of the agent's own ways is replaced: it asks for its routers, takes them up in its threads, and does with a
state what it does. But the server that it asks is here, and a router has no namespace and no processes.
"""

import json
import os
import pathlib
import time

from neutron.agent import rpc as agent_rpc
from neutron.agent.l3 import agent, ha_router, namespace_manager

# A file with the routers and how long things take, which the test may change.
WORLD = pathlib.Path(os.environ["HANOTIFY_TEST_WORLD"])


def world():
    return json.loads(WORLD.read_text())


class Driver:
    """An interface driver that touches nothing."""

    DEV_NAME_LEN = 14

    def __init__(self, conf, get_networks_callback=None):
        pass

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


def replace(owner, **functions):
    for name, function in functions.items():
        setattr(owner, name, function)


def routers(self, context, router_ids=None):
    port = {"subnets": [{"cidr": "169.254.192.0/18"}], "fixed_ips": [], "status": "ACTIVE"}
    same = {"ha": True, "external_gateway_info": None, "ha_vr_id": 1}
    return [{"id": each, "_ha_interface": {"id": each, **port}, **same} for each in router_ids]


def router_ids(self, context):
    time.sleep(world()["sync_seconds"])
    return world()["routers"]


# Neutron's server.
replace(
    agent.L3PluginApi,
    get_host_ha_router_count=lambda self, context: 0,
    get_router_ids=router_ids,
    get_routers=routers,
    get_service_plugin_list=lambda self, context: [],
    update_ha_routers_states=lambda self, context, states: None,
)
replace(agent_rpc.PluginReportStateAPI, report_state=lambda self, context, state, use_call=False: None)


# The network: this machine has namespaces of others, which the agent would take for those of routers that are gone.
replace(namespace_manager.NamespaceManager, list_all=lambda self: set())


def initialize(self, process_monitor):
    self._ha_state_path = os.path.join(self.agent_conf.ha_confs_path, self.router_id + ".state")
    time.sleep(world()["router_seconds"])
    if world()["monitored"]:
        # As the agent's own, but for keepalived and the network.
        self.set_ha_port()
        self._init_keepalived_manager(process_monitor)
        self.spawn_state_change_monitor(process_monitor)


replace(
    ha_router.HaRouter,
    initialize=initialize,
    process=lambda self: None,
    enable_radvd=lambda self: None,
    disable_radvd=lambda self: None,
    delete=lambda self: None,
)


def telling(enqueue):
    """What the agent is told is a line in a file too, for the audit: and the agent fails for one router."""

    def enqueue_state_change(self, router_id, state):
        if router_id == "fa17fa17-fa17-4a17-8a17-fa17fa17fa17":
            raise RuntimeError("the agent fails for this router, as the audit asks it to")
        line = json.dumps({"router_id": router_id, "state": state}) + "\n"
        events = os.open(world()["events"], os.O_WRONLY | os.O_APPEND)
        os.write(events, line.encode())
        os.close(events)
        enqueue(self, router_id, state)

    return enqueue_state_change


if "events" in world():
    replace(agent.L3NATAgent, enqueue_state_change=telling(agent.L3NATAgent.enqueue_state_change))
