"""A copy of the tree in which the core and its tests are built by themselves."""

import re
import shutil
import subprocess

TESTS = {
    "refusals": "tests/refusals/main.rs", "corpus": "tests/corpus.rs", "http": "tests/http.rs",
    "laws": "tests/laws/main.rs", "serde": "tests/serde.rs", "validate": "tests/validate.rs"
}
# What the tests of the core do without, of the dependencies of all tests.
UNUSED = (
    "criterion", "gungraun", "hanotify", "hanotify-mutate", "hanotify-testing", "http-body-util", "hyper", "hyper-util",
    "rustix", "tokio", "tracing", "tracing-subscriber"
)
ITSELF = """\
hanotify = { path = ".", default-features = false, features = ["__internals", "arbitrary", "http", "serde", "uuid"] }
hanotify-testing = { path = "crates/testing", features = ["paths"] }"""
# The packages that are part of the copy, besides the library.
MEMBERS = 'members = [".", "crates/monitor", "crates/mutate", "crates/testing"]'

# Built once, and run for each mutant.
OPTIMIZED = '[profile.dev.package."*"]\nopt-level = 2\n\n'


def lay(root, place):
    """Lays it, with everything that is in Git or could be."""
    listed = subprocess.check_output(
        [
            "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".cargo", "crates/monitor",
            "crates/mutate", "crates/testing", "src", "tests", "corpus", "fuzz/fuzz_targets", "README.md", "Cargo.lock",
            "proptest-regressions"
        ],
        cwd=root, text=True,
    ).split("\0")
    wanted = {name for name in listed if name and (root / name).exists()}
    shutil.rmtree(place, ignore_errors=True)
    for name in wanted:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        # Not with its times: what cargo has built may be of a mutant, and newer, where the last run was interrupted.
        shutil.copy(root / name, place / name)
    (place / "Cargo.toml").write_text(manifest((root / "Cargo.toml").read_text()))


def manifest(text):
    sections = re.split(r"(?m)^(?=\[)", text)
    kept = []
    for section in sections:
        if section.startswith("[dev-dependencies]"):
            lines = [line for line in section.splitlines() if line.split(" = ")[0] not in UNUSED]
            section = "\n".join([*lines, ITSELF]) + "\n\n"
        elif section.startswith("[package]"):
            automatic = "autobins", "autoexamples", "autotests", "autobenches"
            section = "\n".join([section.rstrip(), *(f"{key} = false" for key in automatic), "", ""])
        elif section.startswith("[workspace]"):
            section = f"[workspace]\n{MEMBERS}\nresolver = \"3\"\n\n"
        elif section.startswith("[["):
            continue
        kept.append(section)
    tests = (f'[[test]]\nname = "{name}"\npath = "{path}"\n\n' for name, path in TESTS.items())
    return "".join([*kept, *tests, OPTIMIZED])
