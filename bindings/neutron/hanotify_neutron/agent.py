"""Neutron's L3 agent, with another server for the notifications of its HA routers."""

import os
import socket
import struct
import sys
import threading

from neutron.agent.l3 import agent, ha
from neutron_lib.callbacks import events, registry, resources
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import fileutils

from . import compatible, options
from .keeper import Keeper
from .receiver import Receiver
from .specs import Specs

LOG = logging.getLogger(__name__)


class Receiving:
    """Overrides what starts an agent's server, and learns when the agent has its routers. The rest is Neutron's."""

    def __init__(self, host, conf=None):
        settings = conf or cfg.CONF
        options.register(settings)
        self.socket_path = ha.L3AgentKeepalivedStateChangeServer.get_keepalived_state_change_socket_path(settings)
        self._check_start(settings)
        folder = settings.hanotify.monitor_folder
        self._specs = Specs(folder) if folder else None
        if folder and "ha_conntrackd_enabled" in settings and settings.ha_conntrackd_enabled:
            LOG.warning("conntrackd is enabled: hanotify monitor --all calls it only with --enable_conntrackd, as root")
        # Which of the two comes first is not said: the end of an agent, or the thread that starts its server.
        self._lock = threading.Lock()
        self._ended = False
        self._receiver = None
        # Looked up at each call, as Neutron's own server does.
        self._keeper = Keeper(lambda *change: self.enqueue_state_change(*change), settings.hanotify.kept_routers)
        registry.subscribe(self._router_is_there, resources.ROUTER, events.AFTER_CREATE)
        # Up to Neutron 26, this starts the server too.
        super().__init__(host, conf)

    def _check_start(self, conf):
        """Ends this where the settings make no sense, or another process has the socket: neither is for Neutron to
        find out in a worker that it starts again and again."""
        try:
            options.server_settings(conf)
            pid = listener(self.socket_path)
            differences = compatible.of_monitor() if conf.hanotify.monitor_folder else []
        except (cfg.ConfigFileValueError, ValueError) as error:
            end(f"a setting in [hanotify] makes no sense: {error}")
        if differences:
            sys.exit(compatible.refusal(differences, "have its routers watched as [hanotify] monitor_folder says"))
        if pid is not None:
            end(f"process {pid} receives at {self.socket_path} already: is another L3 agent running?")

    def _register_router_cls(self, factory):
        super()._register_router_cls(factory)
        if self._specs:
            self._specs.take_over(factory)

    def _start_keepalived_notifications_server(self):
        """Runs the server, on a thread that Neutron has made for its own, in the process that is to have it."""
        try:
            with self._lock:
                if self._ended:
                    return
                fileutils.ensure_tree(os.path.dirname(self.socket_path), mode=0o755)
                self._receiver = Receiver(self.socket_path, self.conf, self._keeper)
            self._receiver.run()
        except Exception as error:
            LOG.critical("can't receive state changes at %s: %s", self.socket_path, error)
            # An agent that is deaf to its routers is none. What watches it starts it again.
            os._exit(1)

    def _router_is_there(self, resource, event, trigger, payload):
        self._keeper.router_is_there(payload.resource_id)

    def fetch_and_sync_all_routers(self, context, ns_manager):
        noting = NotingManager(ns_manager)
        super().fetch_and_sync_all_routers(context, noting)
        self._keeper.routers_are_known(noting.router_ids)
        if self._specs:
            # Some have come meanwhile.
            self._specs.keep_only({*noting.router_ids, *self.router_info})

    def stop(self):
        with self._lock:
            self._ended = True
        if self._receiver is not None:
            self._receiver.stop()
        self._keeper.close()
        super().stop()


class L3Agent(Receiving, agent.L3NATAgentWithStateReport):
    """What the command runs."""


class NotingManager:
    """Neutron's namespace manager, which is told of each router that the agent is to have. Notes which they are."""

    def __init__(self, manager):
        self._manager = manager
        self.router_ids = []

    def keep_router(self, router_id):
        self.router_ids.append(router_id)
        self._manager.keep_router(router_id)

    def __getattr__(self, name):
        return getattr(self._manager, name)


def listener(path):
    """The process that listens at this path, or None."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except OSError:
            # Nobody is there, or nobody who lets us in: the latter is for the server to say.
            return None
        return struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def end(why):
    LOG.critical(why)
    sys.exit(f"neutron-l3-agent-hanotify: {why}")
