"""Adds up what llvm-cov tells of several builds: a region, line or branch is run if any build ran it."""

import re

CODE = 0


class Coverage:
    def __init__(self, src):
        self.src = src
        # By file below src/ and place in it.
        self.regions, self.lines, self.branches = {}, {}, {}
        self.of_tests = {}

    def add(self, exported):
        for data in exported["data"]:
            for function in data["functions"]:
                self.add_function(function)
            for file in data["files"]:
                if path := self.path(file["filename"]):
                    for line, count in lines(file["segments"]):
                        note(self.lines, (path, line), count)

    def add_function(self, function):
        names = function["filenames"]
        for line, column, end, end_column, count, file, _, kind in function["regions"]:
            path = self.path(names[file])
            if kind == CODE and path:
                note(self.regions, (path, line, column, end, end_column), count)
        for line, column, end, end_column, true, false, file, _, _ in function.get("branches", []):
            if path := self.path(names[file]):
                note(self.branches, (path, line, column, end, end_column, "true"), true)
                note(self.branches, (path, line, column, end, end_column, "false"), false)

    def path(self, name):
        prefix = f"{self.src}/"
        return name.removeprefix(prefix) if name.startswith(prefix) else None

    def counted(self, places, is_wanted):
        """The places of these files, without those in tests."""
        return {
            place: count for place, count in places.items()
            if is_wanted(place[0]) and not self.is_test(place[0], place[1])
        }

    def is_test(self, path, line):
        if path not in self.of_tests:
            self.of_tests[path] = test_lines((self.src / path).read_text())
        return line in self.of_tests[path]

    def figures(self, is_wanted):
        figures = {}
        for name, places in (("lines", self.lines), ("regions", self.regions), ("branches", self.branches)):
            counts = self.counted(places, is_wanted).values()
            run = sum(count > 0 for count in counts)
            figures[name] = {"run": run, "all": len(counts), "percent": 100 * run / len(counts)}
        return figures

    def missing(self, is_wanted):
        for name, places in (("line", self.lines), ("region", self.regions), ("branch", self.branches)):
            for place, count in sorted(self.counted(places, is_wanted).items()):
                if count == 0:
                    yield f"  {name:<7} src/{place[0]}:{':'.join(map(str, place[1:]))}"


def note(counts, place, count):
    counts[place] = max(counts.get(place, 0), count)


def lines(segments):
    """Line numbers with how often each was run, by the rule of llvm-cov: the most of what begins in the line and what
    goes on into it."""
    before, place = None, 0
    last = segments[-1][0] if segments else 0
    for line in range(segments[0][0] if segments else 1, last + 1):
        here = []
        while place < len(segments) and segments[place][0] == line:
            here.append(segments[place])
            place += 1
        begun = [count for _, _, count, has_count, is_entry, is_gap in here if has_count and is_entry and not is_gap]
        skipped = bool(here) and not here[0][3] and here[0][4]
        goes_on = before is not None and before[3]
        if not skipped and (goes_on or begun):
            yield line, max(begun + ([before[2]] if goes_on else []))
        before = here[-1] if here else before


def test_lines(text):
    """The lines of what is there for tests alone: items behind `#[cfg(test)]` up to the brace or semicolon that ends
    them."""
    found, indent = set(), None
    for number, line in enumerate(text.splitlines(), 1):
        if indent is None and (match := re.match(r"(\s*)#\[cfg\(test\)\]$", line)):
            indent = match[1]
        if indent is not None:
            found.add(number)
            if re.match(rf"{indent}(\}}|[^\s#].*;$)", line):
                indent = None
    return found
