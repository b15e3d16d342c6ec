"""Agents for the tests."""

import json
import socket

import pytest
from agents import Agent, new_routers


@pytest.fixture
def start(tmp_path):
    """Starts an agent in a folder of this test."""
    started = []

    def start(*arguments, **options):
        started.append(Agent(tmp_path, *arguments, **options))
        return started[-1]

    yield start
    for agent in started:
        agent.kill()


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    """One that goes on through the tests of a file, with a router for each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    agent = Agent(tmp_path_factory.mktemp("agent"), new_routers(30), settings=f"metrics_port = {port}")
    agent.metrics = f"http://127.0.0.1:{port}/metrics"
    try:
        yield agent.wait_until_listening().wait_until_synced()
    finally:
        agent.kill()


@pytest.fixture
def router(agent):
    """A router of this agent's that no other test has."""
    routers = json.loads((agent.folder / "world").read_text())["routers"]
    agent.used = getattr(agent, "used", 0) + 1
    return routers[agent.used - 1]
