"""A copy of the tree, in which one bug after another is planted and built."""

import os
from pathlib import Path

import planted
from project import TOP, Trouble, run


class Tree:
    """The tree as it was when the copy was made, changes that are not committed included."""

    def __init__(self, place: Path, top: Path = TOP):
        self.place = place
        listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", top=top).split("\0")
        self._files = {name: file for name in listed if name and (file := _read(top / name))}
        self.plant(None)

    def plant(self, bug: planted.Bug | None) -> None:
        """Takes away what was planted, and plants another bug; none leaves the copy sound."""
        self._restore()
        if not bug:
            return
        planted.apply(bug.name, self.place)
        if all(_read(self.place / name) == self._files.get(name) for name in bug.files()):
            raise Trouble(f"{bug.name} changes nothing in {self.place}")

    def _restore(self) -> None:
        """Removes and writes what differs, and nothing else: cargo builds again what has a new time."""
        for folder, folders, names in os.walk(self.place, topdown=False):
            for name in (*names, *folders):
                path = Path(folder, name)
                if path.is_dir() and not path.is_symlink():
                    if not any(path.iterdir()):
                        path.rmdir()
                elif _read(path) != self._files.get(path.relative_to(self.place).as_posix()):
                    path.unlink()
        for name, file in self._files.items():
            path = self.place / name
            if not os.path.lexists(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, *file)


def _read(path: Path) -> tuple[str, bytes] | None:
    """What kind of file this is, and what it holds; nothing if there is no file."""
    if path.is_symlink():
        return "link", os.readlink(path).encode()
    if not path.is_file():
        return None
    return "command" if path.stat().st_mode & 0o100 else "file", path.read_bytes()


def _write(path: Path, kind: str, data: bytes) -> None:
    if kind == "link":
        path.symlink_to(data.decode())
        return
    path.write_bytes(data)
    if kind == "command":
        path.chmod(0o755)
