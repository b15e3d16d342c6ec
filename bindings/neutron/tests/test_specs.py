"""The files for `hanotify monitor --all`: what is in them, when they come and go, and what the monitor does with them.
"""

import fcntl
import json
import os
import subprocess
import threading
import time

import pytest
from agents import OWN, new_routers, wait_for
from hanotify_neutron import specs

PROGRAM = os.environ.get("HANOTIFY_TEST_PROGRAM")
SPEC = {"router_id": "r", "namespace": "qrouter-r", "interface": "ha-0", "cidr": "169.254.0.1/24", "conf_dir": "/c/r"}
OPTIONS = [(specs.OPTIONS[name], value) for name, value in SPEC.items()]


@pytest.mark.parametrize("command", [
    ["it", *(word for pair in OPTIONS for word in pair), "--debug"],
    ["it", *(f"{name}={value}" for name, value in OPTIONS)],
])
def test_the_command_of_either_release_says_all_of_a_router(command):
    assert specs.spec_of(command) == SPEC
    with pytest.raises(ValueError, match="has no --monitor_cidr"):
        specs.spec_of([word for word in command if "monitor_cidr" not in word])


def names(folder):
    """What is there, but for the lock of a monitor."""
    return sorted(name for name in os.listdir(folder) if name != ".monitor.lock")


def test_a_file_is_there_whole_and_is_written_anew_only_where_it_differs(tmp_path):
    folder = specs.Specs(tmp_path / "new")
    folder.write("r", SPEC)
    path = tmp_path / "new/r.json"
    before = path.stat().st_ino
    folder.write("r", SPEC)
    assert (json.loads(path.read_text()), path.stat().st_ino) == (SPEC, before)
    with open(path) as opened:
        folder.write("r", {**SPEC, "cidr": "169.254.0.2/24"})
        assert json.load(opened) == SPEC, "it was written in place"
    assert json.loads(path.read_text())["cidr"] == "169.254.0.2/24"
    assert names(tmp_path / "new") == ["r.json"]
    path.write_text("{")
    folder.write("r", SPEC)
    assert json.loads(path.read_text()) == SPEC


def test_only_the_files_of_other_routers_are_removed(tmp_path):
    folder, (kept, other) = specs.Specs(tmp_path), new_routers(2)
    for name in (kept, other, "mine"):
        folder.write(name, {**SPEC, "conf_dir": str(tmp_path)})
    folder.keep_only([kept])
    assert names(tmp_path) == sorted([f"{kept}.json", "mine.json"])
    folder.remove(kept)
    folder.remove(kept)
    assert names(tmp_path) == ["mine.json"]


TEXT = json.dumps(SPEC)
REFUSED = {
    "other names": '{"a": 1}', "a number": "5", "an array": "[1]", "pairs": '[["router_id", "r"]]',
    "deep": "[" * 100_000,
    "deep inside": '{"a":' * 100_000, "a name twice": TEXT.replace("{", '{"cidr": "", ', 1), "no text": "\0",
    "one more": TEXT.replace("{", '{"mine": "", ', 1), "one less": '{"cidr": ""}', "nothing": "null",
    "a value that is no text": TEXT.replace('"ha-0"', "0"), "too long": TEXT + " " * 4_096, "utf-16": TEXT,
    "no path": TEXT.replace("/c/r", "\\u0000"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_monitor_refuses_does_not_count_as_written_and_is_removed(tmp_path, name):
    (router,) = new_routers(1)
    folder, path = specs.Specs(tmp_path), tmp_path / f"{router}.json"
    foreign = REFUSED[name].encode("utf-16" if name == "utf-16" else "utf-8")
    path.write_bytes(foreign)
    folder.write(router, SPEC)
    assert json.loads(path.read_text()) == SPEC and path.stat().st_size < 4_096 and path.read_bytes() != foreign
    for remove in (lambda: folder.remove(router), lambda: folder.keep_only([])):
        path.write_bytes(foreign)
        remove()
        assert names(tmp_path) == []


@pytest.mark.parametrize("make", [
    lambda path, equal: path.symlink_to(equal), lambda path, equal: os.mkfifo(path),
    lambda path, equal: path.symlink_to("none"),
])
def test_a_link_does_not_count_as_written_nor_is_a_fifo_waited_for(tmp_path, make):
    folder, equal = specs.Specs(tmp_path / "new"), tmp_path / "equal"
    equal.write_text(TEXT)
    make(tmp_path / "new/r.json", equal)
    folder.write("r", SPEC)
    path = tmp_path / "new/r.json"
    assert path.is_file() and not path.is_symlink() and json.loads(path.read_text()) == SPEC
    assert equal.read_text() == TEXT


def test_a_router_is_let_go_before_its_folder_is_removed(tmp_path, monkeypatch):
    folder = specs.Specs(tmp_path / "specs")
    folder.write("r", {**SPEC, "conf_dir": str(tmp_path)})
    monitor = open(tmp_path / ".monitor.lock", "w")
    fcntl.flock(monitor, fcntl.LOCK_EX)
    # As the monitor does it, when it sees that the file is gone.
    threading.Timer(0.3, monitor.close).start()
    began = time.monotonic()
    folder.remove("r")
    assert 0.25 < time.monotonic() - began < specs.PATIENCE
    # One that does not see it holds up the agent for a moment, and no longer.
    monkeypatch.setattr(specs, "PATIENCE", 0.1)
    folder.write("r", {**SPEC, "conf_dir": str(tmp_path)})
    with open(tmp_path / ".monitor.lock") as monitor:
        fcntl.flock(monitor, fcntl.LOCK_EX)
        folder.remove("r")
    assert names(tmp_path / "specs") == []


class Made:
    """A router of Neutron's, as far as its monitor goes."""

    router_id, is_active = "r", False

    def __init__(self):
        self.calls, self.command = [], ["it", *(word for pair in OPTIONS for word in pair)]

    active = property(lambda self: self.is_active)

    def _get_state_change_monitor_process_manager(self):
        return self

    def _get_state_change_monitor_callback(self):
        return lambda pid_file: self.command

    def process(self):
        self.calls.append("process")

    def spawn_state_change_monitor(self, process_monitor):
        raise AssertionError("a process was started")

    def destroy_state_change_monitor(self, process_monitor):
        self.calls.append("destroy")


def test_no_process_is_started_and_one_of_before_is_ended(tmp_path):
    router = type("Router", (specs.Specified, Made), {"_specs": specs.Specs(tmp_path)})()
    router.spawn_state_change_monitor(None)
    assert (router.calls, names(tmp_path)) == ([], ["r.json"])
    router.command = [word.replace("169.254.0.1", "169.254.0.9") for word in router.command]
    router.process()
    assert (router.calls, json.loads((tmp_path / "r.json").read_text())["cidr"]) == (["process"], "169.254.0.9/24")
    router.destroy_state_change_monitor(None)
    assert (router.calls, names(tmp_path)) == (["process"], [])
    router.is_active = True
    router.spawn_state_change_monitor(None)
    assert (router.calls, names(tmp_path)) == (["process", "destroy"], ["r.json"])


def ip(*arguments, check=True):
    return subprocess.run(["ip", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=check, timeout=30)


@pytest.fixture
def spaces():
    """Makes the namespaces that a router's file names."""
    made = []

    def make(spec):
        made.append(spec["namespace"])
        ip("netns", "add", made[-1])
        ip("-n", made[-1], "link", "add", spec["interface"], "type", "veth", "peer", "name", "other")
        ip("-n", made[-1], "link", "set", spec["interface"], "up")

    if os.geteuid() != 0 or not PROGRAM:
        pytest.skip("it takes root to make network namespaces, and HANOTIFY_TEST_PROGRAM for the monitor")
    yield make
    for name in made:
        ip("netns", "del", name, check=False)


@pytest.fixture
def monitor(tmp_path):
    (tmp_path / "monitors").mkdir()
    words = ["--all", tmp_path / "monitors", "--state_path", tmp_path / "state", "--log-file", tmp_path / "monitor.log"]
    with subprocess.Popen([PROGRAM, "monitor", *words]) as process:
        yield process
        process.terminate()


def test_the_agent_writes_them_the_monitor_follows_and_the_server_gets_the_state(start, spaces, tmp_path, monitor):
    first, second = routers = new_routers(2)
    settings = f"monitor_folder = {tmp_path}/monitors"
    agent = start(routers, monitored=True, settings=settings).wait_until_listening().wait_until_synced()
    files = {router: tmp_path / f"monitors/{router}.json" for router in routers}
    wait_for("both files", lambda: all(file.exists() for file in files.values()))
    found = {router: json.loads(file.read_text()) for router, file in files.items()}
    assert (found[first]["namespace"], found[first]["conf_dir"]) == (f"qrouter-{first}", f"{tmp_path}/confs/{first}")
    for router in routers:
        agent.wait_for_state(router, "backup")
        spaces(found[router])
    ip("-n", found[first]["namespace"], "address", "add", found[first]["cidr"], "dev", found[first]["interface"])
    agent.wait_for_state(first, "primary")
    assert agent.transitions(first)[-1:] == ["primary"] and agent.ha_state(second) == "backup"
    processes = subprocess.run(["pgrep", "--full", f"{first}.monitor"], stdout=subprocess.PIPE)
    assert processes.stdout == b"", "a monitor of its own was started"
    agent.end()
    assert all(file.exists() for file in files.values()), "the routers are watched while there is no agent"
    ip("-n", found[second]["namespace"], "address", "add", found[second]["cidr"], "dev", found[second]["interface"])
    wait_for("the state file", lambda: (tmp_path / f"confs/{second}/state").read_text() == "primary")
    agent = start([second], monitored=True, settings=settings).wait_until_listening().wait_until_synced()
    agent.wait_for_state(second, "primary")
    wait_for("the end of the other", lambda: names(tmp_path / "monitors") == [f"{second}.json"])


def test_an_agent_without_the_setting_starts_them_itself(start, tmp_path):
    (router,) = new_routers(1)
    agent = start([router], monitored=True).wait_until_listening().wait_until_synced()
    # Neither finds the command here, and each says so in its way.
    said = [f"--router_id={router}", f"Could not determine pid for router {router}"]
    wait_for("its command", lambda: any(line in agent.log() for line in said))
    assert not (tmp_path / "monitors").exists()


def test_a_folder_that_is_no_absolute_path_is_refused(start):
    agent = start(settings="monitor_folder = monitors")
    assert agent.process.wait(30) == 1
    assert "a setting in [hanotify] makes no sense" in agent.log() and "Traceback" not in agent.log()


def test_a_neutron_that_starts_them_in_another_way_is_refused(start, tmp_path):
    code = """
from hanotify_neutron import entry
entry.import_own_command()
from neutron.agent.l3 import agent, ha_router
agent.L3NATAgent.other = lambda self: self._get_state_change_monitor_process_manager()
ha_router.HaRouter.delete = lambda self: None
entry.main()
"""
    agent = start(code=code, settings=f"monitor_folder = {tmp_path}/monitors")
    assert agent.process.wait(30) == 1
    for line in ("_get_state_change_monitor_process_manager is called by other too", "HaRouter.delete does not name",
                 "so it can't have its routers watched as [hanotify] monitor_folder says"):
        assert line in agent.log()
    assert f"{OWN}-hanotify: " in agent.log() and not (tmp_path / "monitors").exists()
