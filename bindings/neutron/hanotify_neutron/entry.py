"""Neutron's own entry to its L3 agent, called with the agent of this package."""

import importlib
import importlib.metadata
import sys

COMMAND = "neutron-l3-agent"


def main():
    # First of all: up to Neutron 26, it is this import that makes threads green.
    import_own_command()

    from neutron.agent import l3_agent

    from . import compatible, options

    if found := compatible.differences():
        sys.exit(compatible.refusal(found))
    set_title()
    options.register()
    l3_agent.main(manager="hanotify_neutron.agent.L3Agent")


def import_own_command():
    """Imports the module of Neutron's own command, as that command does."""
    try:
        points = importlib.metadata.distribution("neutron").entry_points
    except importlib.metadata.PackageNotFoundError:
        sys.exit(f"{COMMAND}-hanotify: Neutron is not installed for {sys.executable}: install this package beside it")
    modules = [point.value.partition(":")[0] for point in points if point.name == COMMAND]
    if len(modules) != 1:
        sys.exit(f"{COMMAND}-hanotify: the Neutron installed here has no command {COMMAND}")
    return importlib.import_module(modules[0])


def set_title():
    """As Neutron's command sets it."""
    import setproctitle
    from neutron_lib import constants

    setproctitle.setproctitle(f"{constants.AGENT_PROCESS_L3} ({setproctitle.getproctitle()})")
