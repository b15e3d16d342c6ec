"""Runs unit tests of Neutron's own with this package's agent in place of Neutron's: those of the HA router, and those
of the agent that have to do with state changes. Its server listens in each of them.

    python neutron_own.py
"""

import sys
import types
import unittest

from hanotify_neutron import entry

entry.import_own_command()

import hanotify_agent  # noqa: E402
from hanotify_neutron import agent as ours  # noqa: E402
from hanotify_neutron import receiver  # noqa: E402
from neutron.agent.l3 import agent as l3_agent  # noqa: E402
from neutron.tests.unit.agent.l3 import test_agent, test_ha_router  # noqa: E402
from neutron_cases import cases  # noqa: E402

STARTED, SERVED = [], []


class Receiving(ours.Receiving):
    """Notes the agents, whose servers have to end."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        STARTED.append(self)
        if receiver.server_class() is not hanotify_agent.Server:
            # Neutron's tests let eventlet.spawn do nothing, which would have started it.
            green = sys.modules["eventlet.greenthread"]
            green.spawn(self._start_keepalived_notifications_server)
            green.sleep(0)


class L3Agent(Receiving, l3_agent.L3NATAgent):
    pass


class L3AgentWithStateReport(Receiving, l3_agent.L3NATAgentWithStateReport):
    pass


def replaced():
    """Neutron's module of the agent, with the two classes of this package, for the tests alone."""
    module = types.ModuleType(l3_agent.__name__)
    vars(module).update(vars(l3_agent), L3NATAgent=L3Agent, L3NATAgentWithStateReport=L3AgentWithStateReport)
    return module


def stopping(set_up):
    """Stops the servers of a test at its end."""

    def replacement(self):
        set_up(self)
        self.addCleanup(stop_all)

    return replacement


def stop_all():
    while STARTED:
        agent = STARTED.pop()
        agent.stop()
        if agent._receiver is not None:
            SERVED.append(agent._receiver.counters())


def main():
    test_agent.l3_agent = replaced()
    framework = test_agent.BasicRouterOperationsFramework
    framework.setUp = stopping(framework.setUp)
    load = unittest.defaultTestLoader.loadTestsFromModule
    suite = unittest.TestSuite(load(test_ha_router))
    changes = [case for case in cases(load(test_agent)) if "state_change" in case.id() or "ha_state" in case.id()]
    suite.addTests(changes)
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    print(f"{result.testsRun} tests, {len(changes)} with the agent, {len(SERVED)} of its servers")
    sys.exit(not (result.wasSuccessful() and SERVED))


if __name__ == "__main__":
    main()
