"""Measures what the rules cost for a large fleet: `tests/prometheus/cost` runs this."""

import os
import pathlib
import signal
import sys
import tempfile
import time

import nodes
import prometheus

# As the page on the fleet has it.
EVERY = 15
# Over so many seconds processor time is measured, with and without the rules: the slowest group is evaluated twice.
MEASURED = 120


def main(routers=10_000, of=3, seconds=720):
    with tempfile.TemporaryDirectory() as folder:
        server = prometheus.Prometheus(folder, nodes.serve(routers, of), EVERY)
        try:
            server.wait_for("the first samples", 120, lambda: server.query(f"sum(up) == {of}"))
            time.sleep(seconds)
            report(server, routers, of)
            with_rules = processor_time(server.process.pid)
            forget_rules(server, folder)
            without = processor_time(server.process.pid)
        finally:
            server.stop()
    print(f"processor time of all rules: {EVERY * (with_rules - without) / MEASURED:.2f} s in {EVERY} s; "
          f"of the scrapes: {EVERY * without / MEASURED:.2f} s")


def report(server, routers, of):
    samples = server.query("sum(scrape_samples_scraped)")[0]["value"][1]
    print(f"{routers} routers on {of} nodes: {samples} samples at each scrape")
    for rule in sorted(server.rules(), key=lambda rule: -rule["evaluationTime"]):
        made = server.query(f"count({rule['name']})") if rule["type"] == "recording" else []
        series = f", {made[0]['value'][1]} series" if made else ""
        print(f"  {rule['name']:<40} {1000 * rule['evaluationTime']:8.1f} ms{series}")
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    highest = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    print(f"memory of Prometheus at the most: {int(highest) // 1024} MiB")


def processor_time(pid):
    """What a process takes from now on, in seconds."""
    before = processor_time_until_now(pid)
    time.sleep(MEASURED)
    return processor_time_until_now(pid) - before


def processor_time_until_now(pid):
    user, system = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def forget_rules(server, folder):
    config = pathlib.Path(folder) / "prometheus.yml"
    config.write_text(config.read_text().replace(str(prometheus.RULES), f"{folder}/none.yml"))
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("no rules", 60, lambda: not server.rules())


main(*(int(argument) for argument in sys.argv[1:]))
