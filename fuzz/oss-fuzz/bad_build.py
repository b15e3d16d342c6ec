"""What OSS-Fuzz's `bad_build_check` looks at, with its thresholds, and that seeds, dictionary and options are there and
are used."""

import configparser
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import zipfile

RUNS = 4
EDGES = 100
# Calls into each sanitizer's runtime: at least, at most.
CALLS = {"asan": (1000, None), "dfsan": (0, 0), "msan": (0, 3), "ubsan": (0, 200)}
# What the runner has, and the C++ library, which is in the binary where the image links it.
LIBRARIES = re.compile(r"linux-vdso|ld-linux|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+)\.so")


def faults(out, targets, seeds=frozenset()):
    """Every fault of what is in `out`; `seeds` are the names that every seed corpus has to have. The folder is moved
    first: a path that was built in would not be there on the cluster."""
    found = []
    with tempfile.TemporaryDirectory() as elsewhere:
        moved = pathlib.Path(elsewhere, "out")
        shutil.move(out, moved)
        try:
            fuzzers = sorted(path.name for path in moved.iterdir() if is_fuzzer(path))
            if fuzzers != targets:
                found.append(f"made {fuzzers}, and the targets are {targets}")
            for name in fuzzers:
                before = len(found)
                found += [f"{name}: {fault}" for fault in fuzzer_faults(moved, name, seeds)]
                if len(found) == before:
                    print(f"  {name}: fine", flush=True)
        finally:
            shutil.move(moved, out)
    return found


def is_fuzzer(path):
    return path.is_file() and os.access(path, os.X_OK) and b"LLVMFuzzerTestOneInput" in path.read_bytes()


def fuzzer_faults(out, name, seeds):
    fuzzer = out / name
    yield from binary_faults(fuzzer)
    yield from start_faults(fuzzer)
    yield from missing_seeds(out / f"{name}_seed_corpus.zip", seeds)
    yield from seed_faults(out, name)


def binary_faults(fuzzer):
    if "x86-64" not in run("file", fuzzer).stdout:
        yield "not built for x86-64"
    for line in run("ldd", fuzzer).stdout.splitlines():
        if "not found" in line or not LIBRARIES.search(line):
            yield f"needs a library that the runner may not have: {line.strip()}"
    code = run("objdump", "-dC", fuzzer).stdout
    for sanitizer, (least, most) in CALLS.items():
        calls = len(re.findall(rf"callq?\s+[0-9a-f]+\s+<__{sanitizer}", code))
        if calls < least or (most is not None and calls > most):
            upper = "any number" if most is None else most
            yield f"{calls} calls into {sanitizer}, and it should be {least} to {upper}"


def start_faults(fuzzer):
    log = run(fuzzer, "-seed=1337", f"-runs={RUNS}").stderr
    edges = re.search(r"INFO: Loaded \d+ module.*\(.*(?:counters|guards)\):\s+(\d+)", log)
    if "no interesting inputs were found" in log:
        yield f"no coverage instrumentation:\n{log}"
    elif f"Done {RUNS} runs" not in log:
        yield f"does not start, or ends at once:\n{log}"
    elif not edges or int(edges[1]) < EDGES:
        yield f"instrumented only in part: {edges and edges[1]} edges"


def missing_seeds(archive, seeds):
    there = set(zipfile.ZipFile(archive).namelist()) if archive.exists() else set()
    if missing := seeds - there:
        names = ", ".join(sorted(missing))
        yield f"{len(missing)} of {len(seeds)} inputs that are for every target are not among its seeds: {names}"


def seed_faults(out, name):
    """Runs it on its seeds as the runner does: options from its file, dictionary beside it, seeds unpacked."""
    with tempfile.TemporaryDirectory() as seeds:
        archive = out / f"{name}_seed_corpus.zip"
        if not archive.exists():
            yield "no seed corpus"
            return
        zipfile.ZipFile(archive).extractall(seeds)
        try:
            arguments = options(out / f"{name}.options")
        except (OSError, configparser.Error) as error:
            yield f"its options can't be read: {error}"
            return
        dictionary = out / f"{name}.dict"
        ended = run(
            out / name, "-rss_limit_mb=2560", "-timeout=25", *arguments, f"-dict={dictionary}", "-runs=0", seeds
        )
        count = len(os.listdir(seeds))
        if ended.returncode != 0:
            yield f"fails on its seeds:\n{ended.stderr[-3000:]}"
        elif not re.search(rf"INFO:\s+{count} files found in", ended.stderr):
            yield f"does not read its {count} seeds:\n{ended.stderr[-3000:]}"
        elif "unrecognized flag" in ended.stderr:
            yield f"does not know its options: {' '.join(arguments)}"
        elif not re.search(r"Dictionary: [1-9]\d* entries", ended.stderr):
            yield "does not read its dictionary"


def options(path):
    """The arguments that the runner makes of this file, of which it reads the section for the engine."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(path.read_text(), source=str(path))
    if parser.sections() != ["libfuzzer"] or not parser["libfuzzer"]:
        raise configparser.Error(f"{path.name} should have one section, libfuzzer, and options in it")
    return [f"-{key}={value}" for key, value in parser["libfuzzer"].items()]


def run(*command):
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=600)
