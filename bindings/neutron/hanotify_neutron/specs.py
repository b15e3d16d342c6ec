"""The files by which `hanotify monitor --all` knows the agent's routers, in place of a monitor's process for each."""

import contextlib
import fcntl
import json
import os
import re
import stat

from neutron.agent.l3 import ha_router
from neutron.common import utils
from oslo_log import log as logging
from oslo_utils import fileutils

LOG = logging.getLogger(__name__)
# A file of a router, and no other that somebody has put there.
NAME = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.json")
# What a file has, by the options of the command that Neutron would start.
OPTIONS = {
    "router_id": "--router_id", "namespace": "--namespace", "interface": "--monitor_interface",
    "cidr": "--monitor_cidr", "conf_dir": "--conf_dir",
}
# Bytes of a file that the monitor reads.
LONGEST = 4_096
# Seconds in which the monitor lets go of a router: it takes milliseconds.
PATIENCE = 2


class Specs:
    """The folder. A file is there whole or not at all."""

    def __init__(self, folder):
        self._folder = folder
        fileutils.ensure_tree(folder, mode=0o755)

    def write(self, router_id, spec):
        """Has the router watched in this way, from now on."""
        if self._read(router_id) == spec:
            return
        beside = os.path.join(self._folder, f".{router_id}.json")
        with open(beside, "w") as file:
            json.dump(spec, file, indent=2)
            file.write("\n")
        os.replace(beside, self._path(router_id))

    def remove(self, router_id):
        """Has the router watched no more, and waits until it isn't: its folder is about to be removed, and a file that
        is written there meanwhile would keep it."""
        spec = self._read(router_id)
        with contextlib.suppress(FileNotFoundError):
            os.remove(self._path(router_id))
        try:
            if spec:
                utils.wait_until_true(lambda: is_let_go(spec["conf_dir"]), timeout=PATIENCE, sleep=0.01)
        except utils.WaitTimeout:
            LOG.warning("the monitor does not let go of router %s", router_id)

    def keep_only(self, router_ids):
        """Removes the files of other routers: they were deleted while there was no agent."""
        for name in os.listdir(self._folder):
            found = NAME.fullmatch(name)
            if found and found[1] not in router_ids:
                LOG.info("the monitor watches router %s no more: the agent has it no more", found[1])
                self.remove(found[1])

    def _path(self, router_id):
        return os.path.join(self._folder, f"{router_id}.json")

    def _read(self, router_id):
        """What a file says that the monitor reads too; None where none is there, or one that it refuses."""
        try:
            # A link is not followed, and nobody is waited for.
            opened = os.open(self._path(router_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(opened, "rb") as file:
                text = file.read(LONGEST + 1) if stat.S_ISREG(os.fstat(opened).st_mode) else b""
            return parse(text) if len(text) <= LONGEST else None
        except (OSError, ValueError, RecursionError):
            return None

    def take_over(self, factory):
        """Has the HA routers that a factory makes watched by their files."""
        for features, made in list(factory._routers.items()):
            if issubclass(made, ha_router.HaRouter):
                factory.register(features, type(made.__name__, (Specified, made), {"_specs": self}))


def parse(text):
    """What is in a file, by its names; None where these are others, one is there twice, or one's value is no text."""
    # JSON may be in another coding, which the monitor does not read.
    pairs = json.loads(text.decode("utf-8"), object_pairs_hook=Pairs)
    if not isinstance(pairs, Pairs) or sorted(name for name, _ in pairs) != sorted(OPTIONS):
        return None
    return dict(pairs) if all(isinstance(value, str) for _, value in pairs) else None


class Pairs(list):
    """A JSON object as it is written, and no array."""


class Specified:
    """Overrides what starts and ends the monitor of a router."""

    def spawn_state_change_monitor(self, process_monitor):
        if self._get_state_change_monitor_process_manager().active:
            # An agent without this setting has started it.
            super().destroy_state_change_monitor(process_monitor)
        self._write_spec()

    def process(self):
        super().process()
        self._write_spec()

    def destroy_state_change_monitor(self, process_monitor):
        self._specs.remove(self.router_id)

    def _write_spec(self):
        self._specs.write(self.router_id, spec_of(self._get_state_change_monitor_callback()("")))


def spec_of(command):
    """What the command of a monitor says of its router, in the form of either release."""
    return {name: option(command, given) for name, given in OPTIONS.items()}


def option(command, name):
    for word, following in zip(command, [*command[1:], ""]):
        if word == name:
            return following
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    raise ValueError(f"the command of Neutron's monitor has no {name}: {command}")


def is_let_go(conf_dir):
    """Whether no monitor has locked this folder. Where that can't be seen, it counts as so."""
    try:
        with open(os.path.join(conf_dir, ".monitor.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        return True
    return True
