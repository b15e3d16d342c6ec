"""The real agent, as a command, with this server."""

import importlib.metadata
import os
import re
import signal
import socket
import stat
import subprocess
import time
import urllib.request

import pytest
from agents import OWN, ask, message, new_routers, send, status, wait_for

RELEASE = int(importlib.metadata.version("neutron").partition(".")[0])
forks = pytest.mark.skipif(RELEASE < 27, reason="its agent is one process")

WRONG = {
    "capital": lambda good: good.replace(b"primary", b"Primary"),
    "two states": lambda good: good.replace(b"primary", b"primary, backup"),
    "unknown": lambda good: good.replace(b"primary", b"unknown"),
    "no state": lambda good: good.replace(b"X-Neutron-State: primary\r\n", b""),
    "no router": lambda good: good.replace(b"X-Neutron-Router-Id", b"X-Router"),
    "other method": lambda good: good.replace(b"POST", b"DELETE"),
    "other path": lambda good: good.replace(b"POST /", b"POST /x"),
    "no host": lambda good: good.replace(b"Host: 127.0.0.1\r\n", b""),
    "path behind the id": lambda good: good.replace(b"\r\nX-Neutron-State", b"/../x\r\nX-Neutron-State"),
    "cut": lambda good: good[: good.index(b"mary\r\n")],
}

# The command, with a server that fails as where the kernel refuses what it can't do without.
FAILING = """
from hanotify_neutron import entry
entry.import_own_command()
from hanotify_neutron import receiver
class Server:
    backlog = 1
    def __init__(self, path, **settings): pass
    def counters(self): return {}
    def run(self, callback): raise OSError("a failure")
receiver.server_class = lambda: Server
entry.main()
"""


def test_a_router_changes_its_state(agent, router):
    assert agent.ask(router) == 200
    agent.wait_for_state(router, "primary")
    assert agent.ask(router, "backup") == 200
    agent.wait_for_state(router, "backup")
    assert agent.ask(router, "fault") == 200
    agent.wait_for_state(router, "fault")
    assert agent.transitions(router) == ["primary", "backup", "fault"]


def test_what_an_operator_knows_it_by_is_as_before(agent):
    assert stat.S_IMODE(agent.socket.stat().st_mode) == 0o600
    assert agent.log_file.exists()
    titles = subprocess.run(["ps", "-o", "args=", "-p", str(agent.process.pid)], stdout=subprocess.PIPE, text=True)
    assert titles.stdout.startswith(f"{OWN}"), titles.stdout
    assert f"receiving state changes at {agent.socket}, mode 0600" in agent.log()


@pytest.mark.parametrize("what", WRONG)
def test_what_is_malformed_is_refused_and_has_no_effect(agent, router, what):
    client = send(agent.socket, WRONG[what](message(router)))
    client.shutdown(socket.SHUT_WR)
    assert 400 <= status(client) < 500
    # What comes behind it has gone the whole way.
    assert agent.ask(router, "backup") == 200
    agent.wait_for_state(router, "backup")
    assert agent.transitions(router) == ["backup"]


def test_refusals_are_in_the_agents_log_at_a_bounded_rate(agent, router):
    before = agent.log().count("refused")
    for _ in range(40):
        assert ask(agent.socket, WRONG["capital"](message(router))) == 400
    assert 0 <= agent.log().count("refused") - before <= 10
    assert 'error="state"' in agent.log()


def test_a_router_that_is_not_the_agents_is_as_with_its_own_server(agent):
    (other,) = new_routers(1)
    assert agent.ask(other, "backup") == 200
    wait_for("the agent's word", lambda: f"Router {other} is not managed by this agent" in agent.log())


def test_five_hundred_at_once_are_all_answered(agent, router):
    clients = []
    for _ in range(500):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        client.connect(str(agent.socket))
        client.settimeout(20)
        client.sendall(message(router, "backup"))
        clients.append(client)
    assert {status(client) for client in clients} == {200}


def test_silent_connections_keep_nobody_waiting(agent, router):
    silent = [send(agent.socket, b"") for _ in range(200)]
    began = time.monotonic()
    assert agent.ask(router, "backup") == 200
    assert time.monotonic() - began < 5
    for client in silent:
        client.close()


def test_prometheus_finds_the_counters_where_a_port_is_set(agent, router):
    assert agent.ask(router, "backup") == 200
    with urllib.request.urlopen(agent.metrics, timeout=10) as reply:
        text = reply.read().decode()
    assert float(re.search(r"(?m)^hanotify_notified_total (\S+)$", text)[1]) >= 1
    assert "\nhanotify_neutron_kept_routers 0.0\n" in text


@pytest.mark.skipif(RELEASE >= 27, reason="its worker is started again")
def test_a_reload_of_the_configuration_leaves_the_server_alone(agent, router):
    agent.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert agent.ask(router, "backup") == 200
    agent.wait_for_state(router, "backup")


def test_a_second_agent_is_refused_and_the_first_goes_on(agent, router):
    pid = agent.worker()
    second = subprocess.run(agent.command_line, env=agent.environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=60)
    assert second.returncode == 1
    assert f"process {pid} receives at {agent.socket} already" in second.stdout
    assert "Traceback" not in second.stdout
    assert agent.ask(router, "backup") == 200
    agent.wait_for_state(router, "backup")


def test_what_comes_before_the_agent_has_its_routers_is_kept(start):
    routers = new_routers(3)
    agent = start(routers, sync_seconds=3, router_seconds=0.3, settings="kept_routers = 2").wait_until_listening()
    said = ["primary", "backup", "fault", "primary", "backup"]
    assert [agent.ask(routers[0], state) for state in said] == [200] * 5
    assert agent.ask(routers[1], "fault") == 200
    assert agent.ask(routers[2], "backup") == 503, "there is room for two"
    assert "the agent knows its routers" not in agent.log(), "this was too slow to try it"
    agent.wait_for_state(routers[0], "backup")
    agent.wait_for_state(routers[1], "fault")
    assert agent.transitions(routers[0]) == ["backup"] and agent.ha_state(routers[2]) is None


def test_senders_that_wait_when_the_agent_ends_are_answered(start):
    routers = new_routers(50)
    agent = start(routers).wait_until_listening().wait_until_synced()
    worker = agent.worker()
    os.kill(worker, signal.SIGSTOP)
    clients = [send(agent.socket, message(router, "backup")) for router in routers]
    agent.process.terminate()
    time.sleep(0.3)
    os.kill(worker, signal.SIGCONT)
    assert {status(client) for client in clients} <= {200, 503}
    agent.process.wait(20)
    assert not agent.socket.exists()
    assert "stopped receiving state changes" in agent.log()


@forks
def test_no_sender_that_got_200_is_without_effect_when_the_worker_starts_again(start):
    routers = new_routers(60)
    agent = start(routers, sync_seconds=1).wait_until_listening().wait_until_synced()
    worker = agent.worker()
    agent.process.send_signal(signal.SIGHUP)
    wait_for("a new worker", lambda: agent.is_listening() and agent.worker() != worker)
    statuses = dict(zip(routers, (agent.ask(router, "backup") for router in routers)))
    assert set(statuses.values()) == {200}
    assert agent.log().count("the agent knows its routers") == 1, "this was too slow to try it"
    for router in routers:
        agent.wait_for_state(router, "backup")


def test_back_to_neutrons_own_and_here_again(start):
    routers = new_routers(1)
    for command, state in [(f"{OWN}-hanotify", "backup"), (OWN, "fault"), (f"{OWN}-hanotify", "backup")]:
        agent = start(routers, command=command).wait_until_listening()
        # Neutron's own server forgets what comes before the agent has its routers.
        wait_for("the router", lambda: agent.ask(routers[0], state) == 200 and agent.ha_state(routers[0]) == state)
        agent.end()


def test_who_may_send_is_as_the_settings_say(start):
    (router,) = new_routers(1)
    settings = f"mode = 0660\ngroup = {os.getegid()}\ndefault_uids = false\nallowed_uids = 65533\n"
    agent = start([router], settings=settings).wait_until_listening().wait_until_synced()
    assert stat.S_IMODE(agent.socket.stat().st_mode) == 0o660
    assert agent.ask(router, "backup") == 403
    assert agent.ha_state(router) is None and agent.transitions(router) == []


def test_a_setting_without_sense_ends_it_with_a_word(start):
    agent = start(settings="mode = 0999")
    assert agent.process.wait(30) == 1
    assert "a setting in [hanotify] makes no sense" in agent.log() and "Traceback" not in agent.log()


def test_an_agent_that_can_not_receive_ends_with_a_word(start, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    agent = start()
    wait_for("its word", lambda: "can't receive state changes at" in agent.log())
    assert not agent.socket.exists()
    assert RELEASE >= 27 or agent.process.wait(10) == 1, "of 29.0.0, it is the worker that ends"


def test_an_agent_whose_server_fails_ends_with_a_word(start):
    agent = start(code=FAILING)
    wait_for("its word", lambda: f"can't receive state changes at {agent.socket}: a failure" in agent.log())
    assert RELEASE >= 27 or agent.process.wait(10) == 1
