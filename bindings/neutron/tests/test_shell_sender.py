"""Neutron's own sender tells the agent: the shell monitor of 29.0.0, in a network namespace, whose address comes and
goes as keepalived would have it. Needs root."""

import os
import signal
import subprocess

import pytest
from agents import wait_for

# The monitor of the newest release is a sender to both.
MONITOR = os.environ.get("HANOTIFY_TEST_MONITOR")
CIDR = "169.254.0.1/24"


def ip(*arguments):
    return subprocess.run(["ip", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)


@pytest.fixture
def namespace():
    name = f"qrouter-hanotify-neutron-{os.getpid()}"
    if os.geteuid() != 0 or ip("netns", "add", name).returncode:
        pytest.skip("this user can't make network namespaces")
    ip("-n", name, "link", "set", "lo", "up")
    ip("-n", name, "link", "add", "ha-0", "type", "veth", "peer", "name", "ha-1")
    ip("-n", name, "link", "set", "ha-0", "up")
    ip("-n", name, "link", "set", "ha-1", "up")
    yield name
    for pid in ip("netns", "pids", name).stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    ip("netns", "del", name)


@pytest.fixture
def monitor(agent, router, namespace, tmp_path):
    command = ["sh", MONITOR, "--router_id", router, "--namespace", namespace, "--conf_dir", tmp_path, "--log-file",
               tmp_path / "log", "--monitor_interface", "ha-0", "--monitor_cidr", CIDR, "--pid_file", tmp_path / "pid",
               "--state_path", agent.socket.parent]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.skipif(not MONITOR, reason="HANOTIFY_TEST_MONITOR names no monitor")
def test_the_routers_state_follows_the_address(agent, router, namespace, monitor):
    def poke():
        """The monitor tells its first state when it sees the first event of whatever address."""
        ip("-n", namespace, "address", "add", "192.0.2.1/32", "dev", "lo")
        ip("-n", namespace, "address", "del", "192.0.2.1/32", "dev", "lo")
        return agent.ha_state(router) == "backup"

    wait_for("the first state", poke)
    for change, state in [("add", "primary"), ("del", "backup"), ("add", "primary")]:
        ip("-n", namespace, "address", change, CIDR, "dev", "ha-0")
        agent.wait_for_state(router, state)
    assert monitor.poll() is None, "a sender that was answered goes on"
