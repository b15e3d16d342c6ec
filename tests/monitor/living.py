"""How a monitor begins, lives and ends."""

import os
import pathlib
import signal
import subprocess
import time

from host import Failed, ip, wait_for
from promises import expect, is_told, scenario, wait_for_pid


@scenario("SIGTERM ends it within 100 ms with status 0, also in the middle of a request, and its pid file is gone")
def sigterm(host):
    host.agent(reply=lambda number: None)
    process = host.run()
    pid = wait_for_pid(host)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    if pid == process.pid:
        expect("the status", process.wait(10), 0)
    else:
        wait_for("the end", lambda: not pathlib.Path(f"/proc/{pid}/exe").exists(), 10)
    took = time.monotonic() - began
    if took > 0.1:
        raise Failed(f"ended after {took:.1f} s")
    expect("the pid file", host.pid(), None)


@scenario("A second monitor of a router is refused, and the first goes on")
def second(host):
    agent = host.agent()
    host.run()
    first = wait_for_pid(host)
    try:
        process = host.start()
        if process.wait(10) == 0:
            raise Failed("the second was let in")
    except subprocess.TimeoutExpired:
        raise Failed("the second runs too") from None
    except Failed as refused_:
        if not str(refused_).startswith("exit"):
            raise
    expect("the process id", host.pid(), first)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    expect("the states", agent.states(), ["backup", "primary"])


@scenario("The next monitor of a router may start at once, and keeps its pid file")
def successor(host):
    agent = host.agent()
    host.run()
    os.kill(wait_for_pid(host), signal.SIGTERM)
    (host.folder / f"{host.id}.monitor.pid").unlink(missing_ok=True)
    agent.told.clear()
    process = host.start()
    wait_for("the first state", agent.told.__len__)
    time.sleep(0.3 if host.is_hanotify else 2)
    pid = wait_for_pid(host)
    if process.poll() is None:
        expect("the process id", pid, process.pid)
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("With the options of Neutron 24 it returns, and goes on in the background")
def background(host):
    if not host.is_hanotify and not host.is_24:
        raise Failed("it has no such form")
    agent = host.agent()
    process = host.start(joined=True)
    pid = wait_for_pid(host)
    if pid == process.pid or os.getsid(pid) == os.getsid(0):
        raise Failed("it is not in the background")
    wait_for("the first state", is_told(agent, "backup"))
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    if host.is_hanotify:
        for line in "Initial status of router {} is backup", "Wrote router {} state primary", \
                "Notified agent router {}, state primary":
            wait_for(f"the line {line}", lambda line=line: line.format(host.id) in host.log())


@scenario("The agent finds it by the router's id in its command line")
def command_line(host):
    host.agent()
    host.run()
    pid = wait_for_pid(host)
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    if f"{host.id}.monitor" not in words:
        raise Failed(words)


@scenario("It wakes up never while nothing happens")
def idle(host):
    agent = host.agent()
    host.run()
    wait_for("the first state", is_told(agent, "backup"))
    time.sleep(0.3)

    def switches():
        status = pathlib.Path(f"/proc/{host.pid()}/status").read_text()
        return [line for line in status.splitlines() if line.startswith("voluntary")]

    # Whatever is mounted on this host wakes it up, and may be another test's. One that polls has no quiet time at all.
    for _ in range(8):
        before = switches()
        time.sleep(1.5)
        if switches() == before:
            return
    expect("the switches", switches(), before)


@scenario("It goes on as the agent's user, with two capabilities left, and the state file is that user's", True)
def privileges(host):
    agent = host.agent()
    os.chown(host.conf, 65_534, 65_534)
    os.chmod(host.folder, 0o777)
    os.chmod(host.agents[0].path, 0o777)
    host.start(user=65_534, group="nogroup")
    wait_for("the first state", is_told(agent, "backup"))
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{host.pid()}/status").read_text().splitlines())
    expect("the user", status["Uid"].split(), ["65534"] * 4)
    expect("the groups", (status["Gid"].split(), status["Groups"].split()), (["65534"] * 4, []))
    expect("the capabilities", (status["CapPrm"], status["CapEff"]), ("0000000000201000",) * 2)
    expect("the owner", (host.conf / "state").stat().st_uid, 65_534)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    # It can still enter a namespace that is made anew.
    ip("netns", "del", host.space)
    wait_for("backup", is_told(agent, "backup"))
    host.make_space()
    host.add()
    wait_for("primary", is_told(agent, "primary"))


@scenario("At SIGHUP it goes on, opens its log anew, and reads its files again", True)
def hangup(host):
    agent = host.agent()
    process = host.run()
    wait_for("the first state", is_told(agent, "backup"))
    (host.folder / "log").rename(host.folder / "log.1")
    process.send_signal(signal.SIGHUP)
    wait_for("the new log", lambda: "SIGHUP: opened the log" in host.log())
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    process.terminate()
    expect("the status", process.wait(5), 0)


@scenario("A pid file that can't be removed any more is emptied", True)
def emptied(host):
    host.agent()
    os.chown(host.conf, 65_534, 65_534)
    folder = host.folder / "of-root"
    folder.mkdir(mode=0o755)
    path = folder / f"{host.id}.monitor.pid"
    process = host.start(user=65_534, group=65_534, pid_file=path)
    wait_for("the process id", lambda: path.exists() and path.read_text() == str(process.pid))
    wait_for("the state", host.state)
    process.terminate()
    expect("the status", process.wait(5), 0)
    expect("what is left", path.read_text(), "")


@scenario("Bad options end with status 2 and the option's name", True)
def bad_options(host):
    for name, value in [("router_id", "x"), ("namespace", "a/b"), ("conf_dir", "/nowhere"), ("monitor_cidr", "1.2.3.4"),
                        ("monitor_interface", "a b"), ("user", "no such user"), ("state_path", "/" + "x" * 90),
                        ("pid_file", None), ("nonsense", "1")]:
        words = [*host.command(), *host.options(False, **{name: value})]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=10)
        if done.returncode != 2 or f"--{name}" not in done.stderr:
            raise Failed(f"--{name} {value}: status {done.returncode}: {done.stderr}")
