"""A Neutron that is built in another way is told from those that are known, and the agent does not start on it."""

import os
import subprocess
import sys

import pytest

# The beginning of each process: as the command begins, and what this package takes from Neutron.
BEGIN = """
import sys
from hanotify_neutron import entry
entry.import_own_command()
from neutron import service
from neutron.agent import l3_agent
from neutron.agent.l3 import agent, ha, ha_router, namespace_manager
mixin, l3 = ha.AgentMixin, agent.L3NATAgent
"""

CHANGES = {
    "is gone": "del mixin._start_keepalived_notifications_server",
    "takes (self extra)": "mixin._start_keepalived_notifications_server = lambda self, extra: "
    "ha.L3AgentKeepalivedStateChangeServer",
    "does not name L3AgentKeepalivedStateChangeServer": "mixin._start_keepalived_notifications_server = lambda self: 1",
    "is called by init_host, other": "mixin.__init__ = lambda self, host: 1\n"
    "mixin.init_host = mixin.other = lambda self: self._start_keepalived_notifications_server()",
    "is called by nothing": "mixin.__init__ = lambda self, host: 1\nmixin.init_host = lambda self: 1",
    "is made by AgentMixin._start_keepalived_notifications_server, AgentMixin.other":
    "mixin.other = lambda self: ha.L3AgentKeepalivedStateChangeServer()",
    "enqueue_state_change takes (self router)": "mixin.enqueue_state_change = lambda self, router: 1",
    "main takes ()": "l3_agent.main = lambda: l3_agent.register_opts.setup_logging.create.launch",
    "fetch_and_sync_all_routers does not name keep_router":
    "l3.fetch_and_sync_all_routers = lambda self, context, ns_manager: self.fullsync",
    "_process_added_router does not name AFTER_CREATE": "l3._process_added_router = lambda self, router: self.publish",
    "keep_router takes (self id)": "namespace_manager.NamespaceManager.keep_router = lambda self, id: 1",
    "Service.stop does not name manager": "service.Service.stop = lambda self: self.stop",
}
OF_MONITOR = {
    "spawn_state_change_monitor takes (self)": "ha_router.HaRouter.spawn_state_change_monitor = lambda self: 1",
    "HaRouter.initialize does not name spawn_state_change_monitor":
    "ha_router.HaRouter.initialize = lambda self, process_monitor: 1",
    "HaRouter.delete does not name destroy_state_change_monitor": "ha_router.HaRouter.delete = lambda self: 1",
    "_register_router_cls takes (self)": "agent.L3NATAgentWithStateReport._register_router_cls = lambda self: 1",
    "RouterFactory.register does not name _routers":
    "agent.RouterFactory.register = lambda self, features, router_cls: 1",
    "_get_state_change_monitor_process_manager is called by other too":
    "l3.other = lambda self: self._get_state_change_monitor_process_manager()",
    "_get_state_change_monitor_callback is gone": "del ha_router.HaRouter._get_state_change_monitor_callback",
}


CHANGED = {**CHANGES, **OF_MONITOR}


def run(code, *arguments):
    return subprocess.run([sys.executable, "-W", "ignore", "-c", code, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, cwd=os.path.dirname(__file__),
                          env={**os.environ, "PYTHONPATH": os.path.dirname(__file__)})


def test_the_installed_one_is_as_it_is_taken_to_be():
    done = run(BEGIN + "from hanotify_neutron import compatible\n"
               "print(compatible.differences(), compatible.of_monitor())")
    assert done.stdout == "[] []\n", done.stderr


def test_each_change_is_told():
    """In one process, each in a child of fork: it takes seconds to import Neutron."""
    code = BEGIN + f"""
import os
from hanotify_neutron import compatible
for said, change in {CHANGED!r}.items():
    pid = os.fork()
    if pid == 0:
        exec(change)
        found = compatible.differences() + compatible.of_monitor()
        print(*([] if any(said in each for each in found) else [said, found]), sep=": ", end="", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""
    done = run(code)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


@pytest.mark.parametrize("what", ["is gone", "is called by nothing"])
def test_the_command_refuses_to_start(what, tmp_path):
    done = run(BEGIN + CHANGES[what] + "\nentry.main()", "--config-file", str(tmp_path / "none"))
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    assert "is not built as this package expects" in done.stderr and f" {what}" in done.stderr
    assert "Known are 24.2.2 and 29.0.0. Let ExecStart name neutron-l3-agent again" in done.stderr


def test_a_python_without_neutron_is_told_so():
    code = "import importlib.metadata as m\nfrom hanotify_neutron import entry\n"
    code += "def none(name):\n    raise m.PackageNotFoundError\nm.distribution = none\nentry.main()"
    done = run(code)
    assert done.returncode == 1 and "Neutron is not installed for" in done.stderr
