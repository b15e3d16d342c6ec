"""The server of this package in an agent: on a native thread, or for green threads where Neutron has made them so."""

import sys

import hanotify_agent
from oslo_log import log as logging

from . import metrics, options

LOG = logging.getLogger(__name__)


class Receiver:
    """Listens from the moment it is made."""

    def __init__(self, path, conf, keeper):
        self._keeper = keeper
        self._server = server_class()(path, **options.server_settings(conf))
        self._metrics = metrics.serve(self.counters, conf.hanotify)
        LOG.info("receiving state changes at %s, mode %04o, with a backlog of %d", path, conf.hanotify.mode,
                 self._server.backlog)

    def run(self):
        """Serves on this thread until it is stopped."""
        self._server.run(self._notified)
        counters = self._server.counters()
        LOG.info("stopped receiving state changes: %d were taken, %d refused",
                 total(counters, "hanotify_notified_total"), total(counters, "hanotify_refused_total"))

    def stop(self):
        """Lets those that are there get their answers, and no others in."""
        if not self._server.stop():
            LOG.error("the server for state changes did not end in time: the agent holds on to one")
        if self._metrics:
            self._metrics()

    def counters(self):
        """What the server has counted, and what the agent has not been told yet."""
        return {
            **self._server.counters(),
            "hanotify_neutron_kept_routers": self._keeper.kept,
            "hanotify_neutron_kept_total": self._keeper.kept_total,
        }

    def _notified(self, event):
        self._keeper.notify(event.notification.router_id_text, event.state.value)


def server_class():
    """That which holds up no green thread, up to Neutron 26; its plain one since."""
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is not None and patcher.is_monkey_patched("thread"):
        from hanotify_agent import green

        return green.Server
    return hanotify_agent.Server


def total(counters, name):
    """The sum of a counter over its labels."""
    return sum(value for key, value in counters.items() if key.partition("{")[0] == name)
