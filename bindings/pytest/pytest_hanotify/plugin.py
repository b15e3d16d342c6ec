"""The plugin: options, fixtures, and a test for each case."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import pytest

from ._case import Case
from ._command import Command
from ._events import Events, Target
from ._known import Known

_LISTED = pytest.StashKey[list[dict[str, str]]]()
_FIXTURE = "hanotify_case"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hanotify", "receivers of Neutron's HA notifications")
    group.addoption(
        "--hanotify-baseline",
        metavar="FILE",
        help="failures that are known: on each line an id or a glob of ids, and the reason behind a #",
    )
    group.addoption("--hanotify-write-baseline", metavar="FILE", help="write what fails to this file, as known")
    group.addoption("--hanotify-vectors", metavar="DIR", help="use the vectors of this folder, not the published ones")
    parser.addini("hanotify_program", "the command hanotify [default: the one beside this Python, or on PATH]")
    more = "more arguments for `hanotify audit`, as `--deadline 5s`"
    parser.addini("hanotify_arguments", more, type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in _markers():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if not config.pluginmanager.hasplugin("xdist"):
        config.addinivalue_line("markers", "xdist_group: the group of tests that pytest-xdist gives to one worker")


def _markers() -> list[tuple[str, str]]:
    return [
        ("hanotify_must", "a case of pytest-hanotify in which any receiver has to do so"),
        ("hanotify_choice", "a case of pytest-hanotify in which an RFC leaves it to the receiver"),
        ("hanotify_probe", "a probe of pytest-hanotify, which takes longer than a case"),
        *((f"cwe_{number}", f"a case of pytest-hanotify whose failure shows CWE-{number}") for number in _CWES),
    ]


_CWES = (284, 435, 664, 682, 691, 693, 703, 710)


def _command(config: pytest.Config) -> Command:
    return Command(config.getini("hanotify_program") or None)


def _listed(config: pytest.Config) -> list[dict[str, str]]:
    if _LISTED not in config.stash:
        config.stash[_LISTED] = _command(config).listed(config.getoption("--hanotify-vectors"))
    return config.stash[_LISTED]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _FIXTURE in metafunc.fixturenames:
        listed = [pytest.param(case, id=case["id"], marks=_marks(case)) for case in _listed(metafunc.config)]
        metafunc.parametrize(_FIXTURE, listed, indirect=True)


def _marks(case: dict[str, str]) -> list[pytest.MarkDecorator]:
    names = [f"hanotify_{case['level']}", case["cwe"].lower().replace("-", "_")]
    names += ["hanotify_probe"] if case["id"].startswith("probe/") else []
    # With `--dist loadgroup`, one worker has all of them, and one audit is made.
    return [*(getattr(pytest.mark, name) for name in names), pytest.mark.xdist_group("hanotify")]


@pytest.fixture(scope="session")
def hanotify_events(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Events]:
    """Where a server notes what its agent is told."""
    events = Events(tmp_path_factory.mktemp("hanotify") / "events")
    yield events
    events.close()


@pytest.fixture(scope="session")
def hanotify_socket() -> Iterator[Path]:
    """A path for the server's socket, in a folder of this user's alone. It is a short one: those of `tmp_path` may have
    more than the 107 bytes that a socket's path may have."""
    with tempfile.TemporaryDirectory(prefix="hanotify-") as folder:
        yield Path(folder) / "socket"


@pytest.fixture(scope="session")
def hanotify_server() -> Target:
    """The server under test: define this fixture, let it start the server, and have it return a `Target`."""
    raise pytest.UsageError(
        "pytest-hanotify: define a fixture hanotify_server with scope='session' that starts the server under test, and "
        "returns pytest_hanotify.Target(socket, events)"
    )


class _Results:
    def __init__(self, report: dict[str, Any], known: Known) -> None:
        self.entries = {entry["id"]: entry for entry in report["entries"]}
        self.ended: str = f"the audit ended early: {report['ended']}"
        self.known = known


@pytest.fixture(scope="session")
def _hanotify_results(request: pytest.FixtureRequest, hanotify_server: Target) -> _Results:
    """What an audit of the server has found, for the cases of this session."""
    config = request.config
    read, write = config.getoption("--hanotify-baseline"), config.getoption("--hanotify-write-baseline")
    vectors: Optional[str] = config.getoption("--hanotify-vectors")
    options = {"--known-failures": read, "--write-known-failures": write, "--vectors": vectors}
    arguments = [part for option, value in options.items() if value for part in (option, value)]
    arguments += [*config.getini("hanotify_arguments"), *_selected(request.session)]
    if not isinstance(hanotify_server, Target):
        hanotify_server = Target(hanotify_server)
    report = _command(config).audit(hanotify_server, arguments)
    return _Results(report, Known.read(write or read))


def _selected(session: pytest.Session) -> list[str]:
    """The cases that this session has, unless it has all of them."""
    callspecs = [getattr(item, "callspec", None) for item in session.items]
    cases = [callspec.params[_FIXTURE] for callspec in callspecs if callspec and _FIXTURE in callspec.params]
    ids = {case["id"] for case in cases}
    listed = [case["id"] for case in _listed(session.config)]
    return [] if ids.issuperset(listed) else [f"--select={id}" for id in listed if id in ids]


@pytest.fixture
def hanotify_case(request: pytest.FixtureRequest, _hanotify_results: _Results) -> Case:
    """A case or a probe, and how the server did on it: call its `check`."""
    listed: dict[str, str] = request.param
    results = _hanotify_results
    return Case(listed, results.entries.get(listed["id"]), results.ended, results.known)
