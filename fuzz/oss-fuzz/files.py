"""What OSS-Fuzz and ClusterFuzzLite ask of the files that a project hands in."""

import json
import re
import subprocess

# The Rust of the builder image, nightly-2025-09-05 at the time of writing.
IMAGE_RUST = (1, 91)
LICENSE = "http://www.apache.org/licenses/LICENSE-2.0"
REQUIRED = {"homepage", "language", "primary_contact", "main_repo", "sanitizers", "fuzzing_engines"}


def faults(root, for_submission):
    found = []
    handed_in = root / "fuzz/oss-fuzz"
    for name in ("project.yaml", "Dockerfile", "build.sh"):
        text = (handed_in / name).read_text()
        if LICENSE not in text:
            found.append(f"{name} has no license header")
        if for_submission and "example.org" in text:
            found.append(f"{name} names example.org: put in where the project really is and who answers for it")
    found += project_faults("fuzz/oss-fuzz/project.yaml", (handed_in / "project.yaml").read_text(), REQUIRED)
    lite = root / ".clusterfuzzlite"
    found += project_faults(".clusterfuzzlite/project.yaml", (lite / "project.yaml").read_text(), {"language"})
    for dockerfile in (handed_in / "Dockerfile", lite / "Dockerfile"):
        if "FROM gcr.io/oss-fuzz-base/base-builder-rust" not in dockerfile.read_text():
            found.append(f"{dockerfile.relative_to(root)} is not based on the builder image for Rust")
    names = [path.stem for path in (root / "fuzz/fuzz_targets").glob("*.rs")]
    found += [
        f"the target {name} has a character that ClusterFuzz doesn't run" for name in names
        if not re.fullmatch(r"[\w-]+", name)
    ]
    declared = re.findall(r'^\[\[bin\]\]\nname = "(.*)"$', (root / "fuzz/Cargo.toml").read_text(), re.MULTILINE)
    if sorted(declared) != sorted(names):
        found.append(f"fuzz/Cargo.toml declares {sorted(declared)}, and fuzz/fuzz_targets has {sorted(names)}")
    return found + too_new(root)


def seeds(root):
    """The names of the inputs that every target gets: each real message, and each that ever failed, whatever it is
    called, but the empty one."""
    folders = (root / "corpus/captures", root / "corpus/crashes")
    return {
        path.name for folder in folders for path in folder.iterdir()
        if path.is_file() and path.suffix != ".md" and path.stat().st_size
    }


def project_faults(name, text, required):
    keys = dict(re.findall(r"^(\w+):[ \t]*(.*)$", text, re.MULTILINE))
    found = [f"{name} has no {key}" for key in sorted(required - keys.keys())]
    if keys.get("language") != "rust":
        found.append(f"{name}: language is not rust")
    if re.findall(r"^sanitizers:\n((?:  - .*\n)+)", text, re.MULTILINE) != ["  - address\n"]:
        found.append(f"{name}: for Rust the sanitizer is address and no other")
    return found


def too_new(root):
    """Dependencies of the fuzz targets that the image's Rust doesn't build."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"]
    metadata = json.loads(subprocess.check_output([*command, "--manifest-path", root / "fuzz/Cargo.toml"]))
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    stated = {
        package["name"]: package["rust_version"] for package in metadata["packages"]
        if package["id"] in used and package["rust_version"]
    }
    newer = [
        f"{name} ({version})" for name, version in stated.items()
        if tuple(map(int, version.split(".")[:2])) > IMAGE_RUST
    ]
    return [f"newer than the image's Rust: {', '.join(newer)}; see build.sh"] if newer else []
