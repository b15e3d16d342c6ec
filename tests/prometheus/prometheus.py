"""A Prometheus of Debian's that runs for a test, in a folder of its own, with the rules of contrib/prometheus/."""

import json
import pathlib
import socket
import subprocess
import time
import urllib.parse
import urllib.request

RULES = pathlib.Path(__file__).resolve().parents[2] / "contrib/prometheus/rules.yml"


class Prometheus:
    def __init__(self, folder, ports, every):
        """Scrapes these ports of this host, and evaluates the rules, once in so many seconds."""
        folder = pathlib.Path(folder)
        config = {
            "global": {name: f"{every}s" for name in ("scrape_interval", "scrape_timeout", "evaluation_interval")},
            "rule_files": [str(RULES)],
            "scrape_configs": [
                {"job_name": "hanotify", "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
            ],
        }
        # JSON is YAML too.
        (folder / "prometheus.yml").write_text(json.dumps(config))
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = folder / "prometheus.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address={self.url.removeprefix('http://')}"],
                stdout=log, stderr=log,
            )

    def stop(self):
        self.process.kill()
        self.process.wait()

    def get(self, path, **parameters):
        """The data of an answer."""
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """The series that an expression has now, or a number that it is."""
        return self.get("query", query=expression)["result"]

    def rules(self):
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]

    def wait_for(self, what, seconds, is_so):
        until = time.monotonic() + seconds
        while True:
            try:
                if is_so():
                    return
            except OSError:
                # It does not listen yet.
                pass
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit(f"prometheus: waited in vain for {what}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.2)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
