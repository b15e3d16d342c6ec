"""What the agent is told, whatever it answers."""

import time

from host import OF_29, OK, Failed, wait_for
from promises import AWAY, expect, is_told, scenario


@scenario("The first state is told within 100 ms, without any event")
def first_state(host):
    agent = host.agent()
    began = time.monotonic()
    host.start()
    wait_for("the first state", agent.told.__len__)
    expect("the state", agent.states(), ["backup"])
    after = agent.told[0][0] - began
    # A program that is built for tests, on a busy machine, starts slowly.
    if after > 0.5:
        raise Failed(f"told after {after:.1f} s")


@scenario("Each change is written before it is told, and told in order")
def changes(host):
    written = []
    agent = host.agent(reply=lambda number: (written.append(host.state()), OK)[1])
    host.run()
    for state in ["primary", "backup"] * 3:
        host.add() if state == "primary" else host.remove()
        wait_for(state, is_told(agent, state))
    expect("the states", agent.states()[-6:], ["primary", "backup"] * 3)
    wait_for("the last reply", lambda: len(written) == len(agent.told))
    expect("the file at each request", written, agent.states())


@scenario("A state that the agent refuses is told again")
def refused(host):
    agent = host.agent(reply=lambda number: OK if number % 3 == 0 else AWAY)
    host.run()
    wait_for("3 tries", lambda: len(agent.told) == 3)
    host.add()
    wait_for("6 tries", lambda: len(agent.told) == 6)
    expect("the states", agent.states(), ["backup"] * 3 + ["primary"] * 3)


@scenario("An agent that was away has the newest state within a second of its return")
def away(host):
    host.run()
    host.add()
    time.sleep(2.5)
    agent = host.agent()
    back = time.monotonic()
    wait_for("primary", is_told(agent, "primary"))
    if agent.told[-1][0] - back > 1.3:
        raise Failed(f"told after {agent.told[-1][0] - back:.1f} s")


@scenario("The malformed 200 of Neutron 29's agent counts, and is not answered with the state again")
def malformed(host):
    agent = host.agent(reply=lambda number: OF_29)
    host.run()
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    time.sleep(0.5)
    expect("the states", agent.states(), ["backup", "primary"])
    host.remove()
    wait_for("backup", is_told(agent, "backup"))


@scenario("An agent that hangs gets the newest state when it replies again, and the file does not wait for it")
def hanging(host):
    agent = host.agent(reply=lambda number: None if number == 2 else OK)
    host.run()
    if not agent.told:
        # 29's tells nothing before an address changes.
        host.add("192.0.2.1/32")
        wait_for("the first state", agent.told.__len__)
    host.add()
    wait_for("primary", is_told(agent, "primary"))
    host.remove()
    if wait_for("the file", lambda: host.state() == "backup", 4) > 0.2:
        raise Failed("the file waited for the agent")
    wait_for("backup", is_told(agent, "backup"))


@scenario("One request at a time")
def one_at_a_time(host):
    agent = host.agent(reply=lambda number: (time.sleep(0.05), OK)[1])
    host.run()
    for act in ["add", "del"] * 20 + ["add"]:
        host.batch(f"address {act} {host.cidr} dev ha-0")
    wait_for("primary", lambda: agent.last() == "primary" and host.state() == "primary")
    gaps = [later - former for (former, _), (later, _) in zip(agent.told, agent.told[1:])]
    if min(gaps) < 0.05:
        raise Failed(f"a request {min(gaps) * 1000:.0f} ms after the one before it")


@scenario("After a storm, the kernel, the file and the agent agree")
def storm(host):
    agent = host.agent(reply=lambda number: OK if number % 5 else AWAY)
    host.run()
    for round_ in range(3):
        acts = [f"address {act} {host.cidr} dev ha-0" for act in ["add", "del"] * 300]
        host.batch(*acts, *([acts[0]] if round_ % 2 == 0 else []))
        state = "primary" if round_ % 2 == 0 else "backup"
        wait_for(f"{state} in round {round_}", lambda state=state: (agent.last(), host.state()) == (state, state))
        time.sleep(1.2)
        expect("the end of the round", (agent.last(), host.state()), (state, state))
        if state == "primary":
            host.remove()
