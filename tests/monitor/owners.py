"""As whose user a monitor writes."""

import os

from host import wait_for
from many import give_to_agent, put, words_for_all
from promises import expect, scenario


@scenario("With --all, root writes for the agent's user only where that one may, and for nobody else's word", True)
def not_for_others(host):
    agent = host.agent()
    os.chmod(agent.path, 0o777)
    routers = host.folder / "routers"
    routers.mkdir()
    good, conf = put(host, "a", 1, host.space)
    _, of_root = put(host, "b", 2, host.space)
    give_to_agent(host, conf, routers)
    os.chmod(of_root, 0o755)
    process = host.start_with(words_for_all(host))
    expect("the status without --user", process.wait(10), 1)
    # It is root's.
    (host.folder / "log").unlink()
    # Without dropping root's rights: conntrackd would need them.
    words = [*words_for_all(host), "--user", "65534", "--group", "65534", "--enable_conntrackd"]
    host.start_with(words)
    wait_for("the good one", lambda: (conf / "state").exists())
    expect("the owner", (conf / "state").stat().st_uid, 65_534)
    wait_for("a line on the other", lambda: "Permission denied" in host.log())
    expect("what root's folder has", list(of_root.iterdir()), [])
    expect("the routers that are told", good in agent.of or not agent.of, True)
