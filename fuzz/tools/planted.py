"""Planted bugs: each is a patch, whose head says what is wrong and what has to find it."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import project
from project import FUZZ, LIBRARIES, PLANTED, TOP, Trouble

# A line of a head; every other line of it says what is wrong.
_LINE = re.compile(r"(Fuzz targets|Executions|Stable tests): +(\S.*)")
_TESTS = re.compile(r"(?:-p (?P<package>\S+) )?(?:--lib|--test (?P<target>\S+)) (?P<filter>[\w:]+)")
# How to mend a patch.
MEND = "mend it as fuzz/README.md says"


@dataclass(frozen=True)
class Bug:
    """A patch, and what its head says."""

    name: str
    targets: tuple
    executions: int
    tests: tuple
    what: str
    # Each file that the patch changes with the lines that it expects there, a pair for each place.
    places: tuple = ()

    def files(self) -> list[str]:
        """The files that the patch changes."""
        return list(dict.fromkeys(name for name, _ in self.places))


def bugs(folder: Path = PLANTED) -> list[Bug]:
    """Every planted bug; Trouble where a patch has no proper head."""
    found = [parse(path.stem, path.read_text()) for path in sorted(folder.glob("*.patch"))]
    if not found:
        raise Trouble(f"{folder} has no patch: restore it")
    return found


def parse(name: str, text: str) -> Bug:
    """A bug from its patch. What no fuzz target can see has no line for them."""
    head, _, diff = text.partition("diff --git ")
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    said = {match[1]: match[2] for match in map(_LINE.fullmatch, lines) if match}
    what = " ".join(line for line in lines if not _LINE.fullmatch(line))
    if said.keys() & {"Fuzz targets", "Executions"}:
        needed = ("Fuzz targets", "Executions", "Stable tests")
    else:
        needed = ("Stable tests",)
    for key in needed:
        if key not in said:
            raise Trouble(f"{_shown(name)}: there is no line `{key}: …` above the diff")
    executions = said.get("Executions", "1").replace(",", "")
    if not executions.isdigit() or not int(executions):
        raise Trouble(f"{_shown(name)}: expected a number above zero behind `Executions:`")
    if not what:
        raise Trouble(f"{_shown(name)}: the line that says what is wrong is missing above the diff")
    targets, tests = (tuple(said.get(key, "").split()) for key in ("Fuzz targets", "Stable tests"))
    return Bug(name, targets, int(executions), tests, what, tuple(_places(diff)))


def _places(diff: str):
    for part in re.split(r"(?m)^diff --git ", diff):
        name = re.search(r"(?m)^--- a/(.+)$", part)
        for hunk in re.split(r"(?m)^@@ .*\n", part)[1:]:
            # A line of context that is empty may be without its space.
            kept = [line[1:] for line in hunk.splitlines() if not line or line[0] in " -"]
            yield name[1] if name else "", "".join(line + "\n" for line in kept)


def apply(name: str, tree: Path, *options: str, folder: Path = PLANTED) -> None:
    """Applies a patch to a tree; Trouble unless every line that it expects is there. Only line numbers may differ."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    # The user's configuration may not change what Git does.
    env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    # In a repository above the tree, Git would count the paths from its top, and pass over them without an error.
    env["GIT_CEILING_DIRECTORIES"] = str(tree.resolve().parent)
    command = ["git", "apply", "--whitespace=nowarn", *options, str(folder / f"{name}.patch")]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "; ".join(line.removeprefix("error: ") for line in done.stderr.splitlines())
        raise Trouble(f"{_shown(name)} does not apply ({said}): {MEND}")


def check(bugs: list[Bug], top: Path = TOP, folder: Path = PLANTED) -> None:
    """Trouble unless each bug fits the tree, at one place alone, and names targets and tests that there are."""
    targets, packages = project.targets(), project.metadata(TOP)["packages"]
    faults = []
    for bug in bugs:
        try:
            apply(bug.name, top, "--check", folder=folder)
            wrong = [*_misplaced(bug, top), *_unknown(bug, targets, packages)]
            faults += [f"{_shown(bug.name)} {fault}" for fault in wrong]
        except Trouble as trouble:
            faults.append(str(trouble))
    if faults:
        raise Trouble("\n".join(faults))


def _misplaced(bug: Bug, top: Path):
    """What is wrong with the places at which a bug is planted."""
    for name, expected in bug.places:
        if not name.startswith(LIBRARIES):
            yield f"changes {name or 'a file that is not there'}: a bug is planted in {' or '.join(LIBRARIES)} alone"
        elif f"\n{(top / name).read_text()}".count(f"\n{expected}") != 1:
            yield f"fits more than one place in {name}: give it more context, as `git diff -U9` does"


def _unknown(bug: Bug, targets: list[str], packages: list[dict]):
    """What a bug names and is not there."""
    for target in bug.targets:
        if target not in targets:
            yield f"names the fuzz target {target}, which is not there"
    if not _has_test(tests := " ".join(bug.tests), packages):
        yield f"names the stable tests `{tests}`, which are not there: expected `--test TARGET NAME` or `--lib MODULE`"


def _has_test(named: str, packages: list[dict]) -> bool:
    """Whether there is a module or a test of this name, as far as that shows without a build."""
    if not (asked := _TESTS.fullmatch(named)):
        return False
    package = asked["package"] or project.LIBRARY
    targets = [target for each in packages if each["name"] == package for target in each["targets"]]
    if asked["target"]:
        tests = [target for target in targets if target["kind"] == ["test"] and target["name"] == asked["target"]]
        return any(re.search(rf"\b{asked['filter']}\b", Path(test["src_path"]).read_text()) for test in tests)
    libraries = [Path(target["src_path"]).parent for target in targets if "lib" in target["kind"]]
    return any(_has_path(library, asked["filter"].split("::")) for library in libraries)


def _has_path(library: Path, path: list[str]) -> bool:
    """Whether a library has this module, or this test: modules and functions of the file that the path leads to."""
    for end in range(len(path), 0, -1):
        module = library.joinpath(*path[:end])
        for file in (module.with_suffix(".rs"), module / "mod.rs"):
            if file.is_file():
                text = file.read_text()
                return all(re.search(rf"\b(?:mod|fn) {name}\b", text) for name in path[end:])
    return False


def _shown(name: str) -> str:
    return f"{(PLANTED / name).relative_to(FUZZ.parent)}.patch"
