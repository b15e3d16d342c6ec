"""Runs some of Neutron's own functional tests of HA routers, with Neutron's server or with this package's in its place,
and appends what came of each to a file, as a line of JSON.

    python neutron_functional.py list
    python neutron_functional.py own|hanotify RESULTS TEST…

What is changed of the tests is changed for both servers alike: the bridges are of Open vSwitch's userspace datapath,
routers have twice the time, and what Neutron 29 skips because it has no eventlet any more is run all the same.
"""

import faulthandler
import functools
import importlib
import json
import os
import re
import sys
import threading
import types
import unittest
from unittest import mock

# First of all: up to Neutron 26, it is this import that makes threads green.
import neutron.tests.functional  # noqa: F401
import testtools
from neutron.agent.common import ovs_lib
from neutron.common import utils
from neutron.tests.functional.agent.l3 import framework
from neutron_cases import cases

TESTS = "neutron.tests.functional.agent.l3."
ALL_OF = ("test_ha_router", "test_keepalived_state_change")
HA_OF = (
    "test_legacy_router",
    "test_dvr_router",
    "extensions.test_conntrack_helper_extension",
    "extensions.test_gateway_ip_qos_extension",
    "extensions.test_ndp_proxy_extension",
    "extensions.test_port_forwarding_extension",
    "extensions.qos.test_fip_qos_extension",
)
# In the name of a test that has an HA router.
HA = re.compile(r"(?<!no)(?<!non)(?<!without)_ha(_|$)")
# Seconds in which a router is to come to its state: twice Neutron's.
PATIENCE = 120
# Seconds after which a test holds up the others. Neutron's own limit for a test is shorter.
HANGS = 700
EVENTLET_IS_GONE = re.compile("eventlet (is removed|removal)")


def listed():
    """The names of the tests, without what all of them begin with."""
    names = list(found())
    # With another driver, these are the same again.
    return sorted(names, key=lambda name: "LinuxBridge" in name)


def found():
    for module in ALL_OF + HA_OF:
        for case in cases(unittest.defaultTestLoader.loadTestsFromName(TESTS + module)):
            name, method = case.id().removeprefix(TESTS), case._testMethodName
            # Some inherit the tests of another module.
            own = getattr(case, method).__module__ == type(case).__module__
            if module in ALL_OF or own and HA.search(method):
                yield name


def suit_this_machine():
    """It may have no module for Open vSwitch, and be slower than Neutron's tests expect."""
    utils.wait_until_true.__defaults__ = (PATIENCE, *utils.wait_until_true.__defaults__[1:])
    ovs_lib.BaseOVS.add_bridge = functools.partialmethod(ovs_lib.BaseOVS.add_bridge, datapath_type="netdev")


def lift_skips(case_class, method):
    """Neutron 29 skips these tests since it has no eventlet."""
    for each in case_class.__mro__:
        for name in {"setUp", method} & set(vars(each)):
            function = vars(each)[name]
            # The base class of Neutron's tests wraps them once more.
            while EVENTLET_IS_GONE.search(getattr(function, "__unittest_skip_why__", "")):
                function = function.__wrapped__
            setattr(each, name, function)


@functools.cache
def prepare(module, replacement):
    """What is changed once in a module of tests."""
    modules = [each for each in (framework, module) if hasattr(each, "neutron_l3_agent")]
    if replacement:
        for each in modules:
            each.neutron_l3_agent = replacement.module
    # Only Neutron 29's framework knows this module, to keep its server from serving, as eventlet needed.
    if hasattr(framework, "ha"):
        framework.ha = types.SimpleNamespace(L3AgentKeepalivedStateChangeServer=type("Spared", (), {"wait": None}))
        if module.__name__ == TESTS + "test_ha_router":
            module.neutron_l3_agent = with_init_host(module.neutron_l3_agent)


def with_init_host(agents):
    """Neutron 29's tests of failover and of a restart don't call it for the agents they make, which have no server
    then, and no driver."""

    class Initialised(agents.L3NATAgentWithStateReport):
        def __init__(self, host, conf):
            super().__init__(host, conf)
            self.init_host()

    return types.SimpleNamespace(L3NATAgentWithStateReport=Initialised)


def serve_monitor(case, module, server):
    """The tests of the monitor start a server of their own. In Neutron 29, what starts it is commented out."""
    if hasattr(module, "linux_utils"):
        if server is not OwnServer:
            module.linux_utils = types.SimpleNamespace(UnixDomainWSGIServer=server)
        return
    set_up = case.setUp

    def replacement():
        with mock.patch.object(case, "skipTest"):
            set_up()
        server().start(None, case.state_file)

    case.setUp = replacement


class OwnServer:
    """Neutron 29's, started as the tests started that of before."""

    def start(self, handler, path, **named):
        from neutron.agent.l3 import ha

        conf = types.SimpleNamespace(state_path=os.path.dirname(path))
        server = ha.L3AgentKeepalivedStateChangeServer(mock.Mock(), conf)
        server.run()
        threading.Thread(target=server.wait, daemon=True).start()


class Replacement:
    """This package's agents, or its server alone, in place of Neutron's; and what they were told."""

    def __init__(self):
        from hanotify_neutron import agent, receiver
        from neutron.agent.l3 import agent as l3_agent

        self.agents, self.servers = [], []
        self._is_green = receiver.server_class() is not receiver.hanotify_agent.Server
        replacement = self

        class Receiving(agent.Receiving):
            def __init__(self, host, conf):
                replacement.end_agents(conf.state_path)
                super().__init__(host, conf)
                replacement.agents.append(self)

        self.module = types.ModuleType(l3_agent.__name__)
        vars(self.module).update(vars(l3_agent))
        for name in ("L3NATAgent", "L3NATAgentWithStateReport"):
            setattr(self.module, name, type(name, (Receiving, getattr(l3_agent, name)), {}))

    def end_agents(self, state_path):
        """A test that starts its agent anew doesn't end the one before, which this package's agent would refuse."""
        for agent in self.agents:
            if agent.conf.state_path == state_path and agent._receiver is not None:
                agent._receiver.stop()

    def server(self, *arguments, **named):
        """With the methods of Neutron's `UnixDomainWSGIServer`, which the tests of the monitor start."""
        return types.SimpleNamespace(start=self._serve, stop=lambda: [each.stop() for each in self.servers])

    def _serve(self, handler, path, **named):
        from hanotify_neutron import receiver

        server = receiver.server_class()(path)
        self.servers.append(server)
        run = functools.partial(server.run, lambda event: None)
        if self._is_green:
            sys.modules["eventlet.greenthread"].spawn(run)
        else:
            threading.Thread(target=run, daemon=True).start()

    def counted(self):
        """How many messages of this test were taken, and how many refused. Ends those that took them."""
        from hanotify_neutron.receiver import total

        receivers = [agent._receiver for agent in self.agents if agent._receiver is not None]
        counters = [each.counters() for each in receivers + self.servers]
        for each in receivers + self.servers:
            each.stop()
        self.agents, self.servers = [], []
        names = {"taken": "hanotify_notified_total", "refused": "hanotify_refused_total"}
        return {key: int(sum(total(each, name) for each in counters)) for key, name in names.items()}


class Outcome(testtools.TestResult):
    """Of one test: that of the first thing that went wrong in it."""

    def __init__(self):
        super().__init__()
        self.outcome, self.why = "passed", ""

    def addSkip(self, test, reason=None, details=None):
        reason = reason or details["reason"].as_text()
        # Neutron has the failure of what it calls unstable skipped.
        _, unstable, failure = reason.partition(", failure was: ")
        self._note("failed" if unstable else "skipped", failure or reason)

    def addError(self, test, err=None, details=None):
        self._note("failed", exception_in(details["traceback"].as_text()))

    addFailure = addError

    def _note(self, outcome, why):
        if self.outcome == "passed":
            self.outcome, self.why = outcome, why.strip().partition("\n")[0]


def exception_in(traceback):
    """The line that the last exception of a traceback begins with."""
    last = traceback.rpartition("Traceback (most recent call last):\n")[2]
    return next((line for line in last.splitlines() if line and not line.startswith(" ")), "no traceback")


def run(name, replacement):
    path, _, method = (TESTS + name).rpartition(".")
    module = importlib.import_module(path.rpartition(".")[0])
    case_class = getattr(module, path.rpartition(".")[2])
    lift_skips(case_class, method)
    prepare(module, replacement)
    case = case_class(method)
    if module.__name__.endswith("keepalived_state_change"):
        serve_monitor(case, module, replacement.server if replacement else OwnServer)
    outcome = Outcome()
    case.run(outcome)
    return {"outcome": outcome.outcome, "why": outcome.why, **(replacement.counted() if replacement else {})}


def main():
    if sys.argv[1] == "list":
        print("\n".join(listed()))
        return
    side, results, *names = sys.argv[1:]
    suit_this_machine()
    replacement = Replacement() if side == "hanotify" else None
    with open(results, "a") as written:
        for name in names:
            faulthandler.dump_traceback_later(HANGS, exit=True)
            json.dump({"test": name, **run(name, replacement)}, written)
            print(file=written, flush=True)
    # Threads of agents that the tests don't end would keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
