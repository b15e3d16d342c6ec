"""The server of an installed Neutron's L3 agent (`neutron.agent.l3.ha.L3AgentKeepalivedStateChangeServer`), unchanged
and started as Neutron starts it, with another agent behind it.

Imported first of all: up to Neutron 25, whose server is eventlet's, it makes threads green, as Neutron's own entry
points did.
"""

import importlib.metadata

IS_GREEN = int(importlib.metadata.version("neutron").split(".")[0]) < 26

if IS_GREEN:
    import eventlet

    eventlet.monkey_patch()

from neutron.agent.l3 import ha
from neutron.conf import common as common_conf
from neutron.conf.agent.l3 import ha as ha_conf
from oslo_config import cfg


def serve(state_path, agent):
    """Serves in this folder until the process ends; the agent is told of state changes."""
    common_conf.register_core_common_config_opts()
    ha_conf.register_l3_agent_ha_opts()
    if IS_GREEN:
        from oslo_service import wsgi

        wsgi.register_opts(cfg.CONF)
    cfg.CONF(args=[], project="neutron", default_config_files=[])
    cfg.CONF.set_override("state_path", state_path)
    server = ha.L3AgentKeepalivedStateChangeServer(agent, cfg.CONF)
    server.run()
    if hasattr(server, "wait"):
        server.wait()
