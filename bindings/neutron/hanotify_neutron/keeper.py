"""What comes before the agent has its routers: kept, and handed on when it has them."""

import logging
import threading

from hanotify_agent import Busy

LOG = logging.getLogger(__name__)


class Keeper:
    """Stands between the server and the agent.

    An agent that has just started, or whose worker was restarted, looks its routers up one after the other, and does
    nothing with the state of a router that it has not got. So until then, the latest state of each router is kept. One
    lock makes one order of all that a router's senders say.
    """

    def __init__(self, hand_on, room):
        self._hand_on = hand_on
        self._room = room
        self._lock = threading.Lock()
        self._kept = {}
        # Which routers are there while the first look-up goes on, and which are still to come when it has ended.
        self._there = set()
        self._to_come = None
        self.kept_total = 0

    def notify(self, router_id, state):
        """Hands a state on, or keeps it. Raises `Busy` where there is no room."""
        with self._lock:
            if not self._is_awaited(router_id):
                self._hand_on(router_id, state)
                return
            if router_id not in self._kept and len(self._kept) >= self._room:
                raise Busy
            # The latest is also the last in the order.
            self._kept.pop(router_id, None)
            self._kept[router_id] = state
            self.kept_total += 1

    def router_is_there(self, router_id):
        """The agent has this router, and can do what a state asks for."""
        with self._lock:
            if self._to_come is None:
                self._there.add(router_id)
            else:
                self._to_come.discard(router_id)
            self._release([router_id])

    def routers_are_known(self, router_ids):
        """The agent has looked up which routers it is to have. The states of all others are its to judge."""
        with self._lock:
            if self._to_come is not None:
                return
            self._to_come = set(router_ids) - self._there
            self._there.clear()
            others = [router_id for router_id in self._kept if router_id not in self._to_come]
            LOG.info("the agent knows its routers: %d states are handed on, %d wait for their router",
                     len(others), len(self._kept) - len(others))
            self._release(others)

    @property
    def kept(self):
        """How many routers' states wait here."""
        return len(self._kept)

    def close(self):
        """Says what is lost by the agent's end."""
        with self._lock:
            for router_id, state in self._kept.items():
                LOG.warning("the agent ends before it has router %s, and was not told that it is %s", router_id, state)
            self._kept.clear()

    def _is_awaited(self, router_id):
        return router_id not in self._there if self._to_come is None else router_id in self._to_come

    def _release(self, router_ids):
        for router_id in router_ids:
            state = self._kept.pop(router_id, None)
            if state is None:
                continue
            try:
                self._hand_on(router_id, state)
            except Exception:
                LOG.exception("the agent failed with the kept state %s of router %s", state, router_id)
