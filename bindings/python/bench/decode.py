"""What reading one message takes, and importing the package, beside others: decode.py"""

import http.client
import io
import resource
import statistics
import subprocess
import sys
import timeit

import hanotify_agent
from senders import MESSAGE

ROUNDS, TIMES = 9, 4_000
IMPORTS = 15


def read_here():
    """With the objects that an agent asks for."""
    notification = hanotify_agent.decode(MESSAGE)
    return notification.router_id, notification.state


def read_by_http_client():
    stream = io.BytesIO(MESSAGE)
    stream.readline()
    fields = http.client.parse_headers(stream)
    return fields["X-Neutron-Router-Id"], fields["X-Neutron-State"]


def readers():
    yield "hanotify_agent.decode", lambda: hanotify_agent.decode(MESSAGE)
    yield "with its UUID and State", read_here
    yield "http.client.parse_headers", read_by_http_client
    try:
        import httptools
    except ImportError:
        return

    class Fields:
        def __init__(self):
            self.fields = {}

        def on_header(self, name, value):
            self.fields[name] = value

    def read_by_httptools():
        fields = Fields()
        httptools.HttpRequestParser(fields).feed_data(MESSAGE)
        return fields.fields[b"X-Neutron-State"]

    yield "httptools, into a dict", read_by_httptools


def main():
    print("reading curl's message, in µs: the median of rounds that take turns")
    timers = [(name, timeit.Timer(read)) for name, read in readers()]
    rounds = {name: [] for name, _ in timers}
    for _ in range(ROUNDS):
        for name, timer in timers:
            rounds[name].append(timer.timeit(TIMES) / TIMES * 1e6)
    for name, times in rounds.items():
        print(f"    {name:26} {statistics.median(times):7.2f}")
    print("starting Python, in ms of processor time: the median of runs that take turns")
    commands = {"alone": "pass", "import hanotify_agent": "import hanotify_agent"}
    took = {name: [] for name in commands}
    for _ in range(IMPORTS):
        for name, code in commands.items():
            begun = cpu_of_children()
            subprocess.run([sys.executable, "-I", "-c", code], check=True)
            took[name].append((cpu_of_children() - begun) * 1e3)
    for name, times in took.items():
        print(f"    {name:26} {statistics.median(times):7.1f}")


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


main()
