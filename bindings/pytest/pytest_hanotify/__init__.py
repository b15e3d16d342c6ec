"""The regression suite for receivers of OpenStack Neutron's HA notifications, each case a test of its own.

A fixture of yours starts the server under test; a test of yours takes the fixture ``hanotify_case``, and becomes a test
for each published case and each probe of behaviour::

    @pytest.fixture(scope="session")
    def hanotify_server(hanotify_socket, hanotify_events):
            with MyServer(hanotify_socket, notified=hanotify_events.add):
            yield Target(hanotify_socket, hanotify_events)


    def test_receiver(hanotify_case):
        hanotify_case.check()

:func:`hanotify_vectors` has the same cases as data.
"""

from ._case import Case
from ._events import Events, Target
from ._vectors import Vector, hanotify_vectors

__all__ = ["Case", "Events", "Target", "Vector", "hanotify_vectors"]
