"""The plugin, in sessions of its own, with a good server, a bad one, and without one."""

import os
import re
from pathlib import Path

import pytest
from pytest_hanotify import hanotify_vectors

README = Path(__file__).resolve().parents[1] / "README.md"
TEST = """
def test_receiver(hanotify_case):
    hanotify_case.check()
"""

GOOD = """
import subprocess, time
import pytest
from pytest_hanotify import Target

@pytest.fixture(scope="session")
def hanotify_server(hanotify_socket, hanotify_events):
    command = ["hanotify", "serve", "--socket", hanotify_socket, "--format", "json", "--output", hanotify_events.path]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not hanotify_socket.exists():
        assert server.poll() is None
        time.sleep(0.01)
    yield Target(hanotify_socket, hanotify_events)
    server.terminate()
    server.wait(10)
"""

# Takes whatever has the two names in it, in this process.
BAD = """
import re, socket, threading
import pytest
from pytest_hanotify import Target

def value(name, head):
    found = re.search(rb"(?i)" + name + rb":[ \\t]*([^\\r\\n]*)", head)
    return found.group(1).decode("latin-1") if found else None

def answer(client, events):
    with client:
        head = client.recv(65536)
        events.add(value(b"x-neutron-router-id", head), value(b"x-neutron-state", head))
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")

def serve(listener, events):
    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=answer, args=(client, events), daemon=True).start()

@pytest.fixture(scope="session")
def hanotify_server(hanotify_socket, hanotify_events):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(hanotify_socket))
        listener.listen(128)
        threading.Thread(target=serve, args=(listener, hanotify_events), daemon=True).start()
        yield Target(hanotify_socket, hanotify_events)
        listener.shutdown(socket.SHUT_RDWR)
"""


def run(pytester: pytest.Pytester, conftest: str, *arguments: str, test: str = TEST) -> pytest.RunResult:
    pytester.makeconftest(conftest)
    pytester.makepyfile(test)
    return pytester.runpytest_subprocess("--strict-markers", *arguments, timeout=120)


def test_a_good_server_passes_each_case_and_each_probe(pytester: pytest.Pytester) -> None:
    result = run(pytester, GOOD)
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed", "skipped"} and outcomes["passed"] > 800, result.stdout.str()


def test_the_example_of_the_readme_runs(pytester: pytest.Pytester) -> None:
    conftest, test, parser = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
    outcomes = run(pytester, conftest, "-m", "not hanotify_probe", test=test).parseoutcomes()
    assert outcomes["passed"] > 800 and "failed" not in outcomes, outcomes
    outcomes = run(pytester, "", test=parser).parseoutcomes()
    assert outcomes["passed"] > 700 and set(outcomes) == {"passed"}, outcomes


def test_a_failure_says_what_where_and_why(pytester: pytest.Pytester) -> None:
    result = run(pytester, BAD, "-k", "state/capital or captures/http-client-post")
    result.assert_outcomes(passed=1, failed=1)
    said = result.stdout.str()
    for part in ("state/capital: ", "acted on (answered 200)", "  rule: ", "  sent: POST", "the agent was told: "):
        assert part in said
    assert "hanotify audit --only state/capital" in said
    assert "Traceback" not in said


def test_cases_are_chosen_by_weakness_and_level(pytester: pytest.Pytester) -> None:
    collected = run(pytester, BAD, "--collect-only", "-m", "cwe_664 and hanotify_must").stdout.str()
    assert "[router-id/" in collected and "[version/1-0]" not in collected
    assert "[version/1-0]" in run(pytester, BAD, "--collect-only", "-m", "hanotify_choice").stdout.str()
    assert "[probe/half-close]" in run(pytester, BAD, "--collect-only", "-m", "hanotify_probe").stdout.str()


def test_known_failures_are_expected_and_fail_where_they_pass(pytester: pytest.Pytester) -> None:
    some = ("-k", "state/capital or state/white or captures/http-client-post")
    written = run(pytester, BAD, *some, "--hanotify-write-baseline", "known.txt")
    written.assert_outcomes(passed=1, xfailed=2)
    run(pytester, BAD, *some, "--hanotify-baseline", "known.txt").assert_outcomes(passed=1, xfailed=2)
    known = pytester.path / "known.txt"
    known.write_text("state/cap?tal  # bug 1\ncaptures/*  # bug 2\n")
    result = run(pytester, BAD, *some, "--hanotify-baseline", "known.txt", "-rx")
    result.assert_outcomes(failed=2, xfailed=1)
    assert "known: bug 1" in result.stdout.str()
    assert "captures/http-client-post is a known failure (bug 2), and passes" in result.stdout.str()


def test_a_list_that_is_malformed_is_told(pytester: pytest.Pytester) -> None:
    (pytester.path / "known.txt").write_text("state/capital\n")
    result = run(pytester, BAD, "-k", "state/capital", "--hanotify-baseline", "known.txt")
    result.assert_outcomes(errors=1)
    assert "line 1: no reason" in result.stdout.str()


@pytest.mark.parametrize("how", ["load", "loadgroup"])
def test_workers_of_xdist_share_the_cases(pytester: pytest.Pytester, how: str) -> None:
    result = run(pytester, GOOD, "-n2", "--dist", how, "-k", "state/")
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed", "skipped"} and outcomes["passed"] > 40, result.stdout.str()


def test_a_server_that_is_not_there_is_an_error_with_its_reason(pytester: pytest.Pytester) -> None:
    conftest = "import pytest\n@pytest.fixture(scope='session')\ndef hanotify_server():\n    return '/nowhere/at/all'\n"
    result = run(pytester, conftest, "-k", "state/white")
    result.assert_outcomes(errors=1)
    assert "the audit could not begin: hanotify: " in result.stdout.str()


def test_a_server_that_dies_ends_what_is_left_with_the_reason(pytester: pytest.Pytester) -> None:
    conftest = BAD.replace("answer, args", "dying, args") + """
served = []

def dying(client, events):
    served.append(client)
    if len(served) > 20:
        client.close()
    else:
        answer(client, events)
"""
    result = run(pytester, conftest, "-k", "state/")
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] > 20 and "errors" not in outcomes, outcomes


def test_without_a_server_it_is_said_what_to_define(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "-k", "state/white")
    assert "define a fixture hanotify_server" in result.stdout.str()


def test_without_the_command_it_is_said_what_to_install(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run(pytester, GOOD)
    assert "pip install hanotify-cli" in result.stderr.str() + result.stdout.str()


def test_the_vectors_are_those_that_are_published() -> None:
    vectors = hanotify_vectors()
    folder = Path(__file__).resolve().parents[3] / "corpus/vectors"
    assert vectors == hanotify_vectors(folder)
    by_id = {vector.id: vector for vector in vectors}
    assert len(by_id) == len(vectors) > 800
    good = by_id["captures/http-client-post"]
    assert good.accepted and good.input.startswith(b"POST / HTTP/1.1\r\n") and good.state == "fault", good
    assert len(set(vectors)) == len(vectors)
    bad = by_id["state/white"]
    assert (bad.accepted, bad.status, bad.error, bad.router_id) == (False, 400, "state", None)


def test_without_a_case_nothing_is_looked_for(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    pytester.makepyfile("def test_nothing():\n    pass\n")
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


# Neutron's own server, in the environment that CI makes for its release, with an agent that writes its events.
NEUTRON = """
import os, subprocess, time
import pytest
from pytest_hanotify import Target

@pytest.fixture(scope="session")
def hanotify_server(hanotify_socket, hanotify_events):
    socket = hanotify_socket.with_name("keepalived-state-change")
    command = [os.environ["NEUTRON_PYTHON"], "-W", "ignore", os.environ["NEUTRON_AGENT"], socket.parent]
    with hanotify_events.path.open("ab") as output, subprocess.Popen(command, stdout=output) as server:
        while not socket.exists():
            assert server.poll() is None
            time.sleep(0.05)
        yield Target(socket, hanotify_events)
        server.kill()
"""


@pytest.mark.skipif("NEUTRON_PYTHON" not in os.environ, reason="bindings/pytest/test names Neutron's environment")
def test_neutrons_own_server_fails_where_the_page_on_it_says(pytester: pytest.Pytester) -> None:
    result = run(pytester, NEUTRON, "-k", "state/white or router-id/absent or captures/http-client-post")
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] >= 1 and outcomes["passed"] >= 1, result.stdout.str()
