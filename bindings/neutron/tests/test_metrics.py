"""The counters, as Prometheus reads them."""

import logging
import socket
import types
import urllib.request

import pytest
from hanotify_neutron import metrics

COUNTERS = {'hanotify_refused_total{error="state"}': 2.0, 'hanotify_refused_total{error="path"}': 1.0,
            "hanotify_notified_total": 5.0, "hanotify_connections": 3.0}


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(port):
    return types.SimpleNamespace(metrics_port=port, metrics_address="127.0.0.1")


def read(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        return reply.read().decode()


def test_they_are_served_where_a_port_is_set_until_they_are_stopped(port):
    assert metrics.serve(dict, settings(None)) is None
    counters = dict(COUNTERS)
    stop = metrics.serve(lambda: counters, settings(port))
    text = read(port)
    assert 'hanotify_refused_total{error="state"} 2.0\n' in text and "# TYPE hanotify_notified_total counter" in text
    assert "# TYPE hanotify_connections gauge" in text
    counters["hanotify_notified_total"] = 6.0
    assert "hanotify_notified_total 6.0\n" in read(port)
    stop()
    with pytest.raises(OSError):
        read(port)


def test_a_port_in_use_is_said_and_no_more(port, caplog):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with caplog.at_level(logging.ERROR):
            assert metrics.serve(dict, settings(port)) is None
    assert f"can't listen at 127.0.0.1:{port}" in caplog.text
