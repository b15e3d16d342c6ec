"""The counters for Prometheus, where a port is set."""

import re

from oslo_log import log as logging

LOG = logging.getLogger(__name__)


def serve(counters, settings):
    """Starts to serve what `counters` returns, and returns what ends that; None where it isn't served."""
    if settings.metrics_port is None:
        return None
    try:
        return start(counters, settings.metrics_address, settings.metrics_port)
    except ImportError:
        LOG.error("[hanotify] metrics_port is set, but there is no prometheus_client: pip install "
                  "'hanotify-neutron[prometheus]'")
    except OSError as error:
        # The agent's work goes on without.
        LOG.error("no metrics: can't listen at %s:%d: %s", settings.metrics_address, settings.metrics_port, error)
    return None


def start(counters, address, port):
    import prometheus_client

    class Collector:
        def collect(self):
            return families(counters())

    collected = prometheus_client.CollectorRegistry()
    collected.register(Collector())
    server, _ = prometheus_client.start_http_server(port, address, collected)
    LOG.info("metrics for Prometheus at http://%s:%d/metrics", address, port)
    return lambda: (server.shutdown(), server.server_close())


def families(counters):
    """The counters by name, with their labels."""
    from prometheus_client import core

    found = {}
    for key, value in sorted(counters.items()):
        name, _, labels = key.partition("{")
        labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if name not in found:
            kind = core.CounterMetricFamily if name.endswith("_total") else core.GaugeMetricFamily
            found[name] = kind(name, "See docs/operating.md of hanotify.", labels=list(labels))
        found[name].add_metric(list(labels.values()), value)
    return found.values()
