"""A campaign over targets that are played by fake_target.py, for the tests."""

import io
import shutil
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import build
import corpora
import finds
import terminal
from campaign import Campaign
from plan import Task

FAKE = Path(__file__).with_name("fake_target.py")
STORE = finds.store


class Played(unittest.TestCase):
    """Campaigns in a folder of their own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name).resolve()
        (self.top / "corpus/crashes").mkdir(parents=True)
        for module, name, value in [
            (corpora, "CRASHES", self.top / "corpus/crashes"), (corpora, "CAPTURES", self.top / "captures"),
            (corpora, "corpus", self.kept), (build, "build", self.build),
        ]:
            self.patch(module, name, value)
        self.patch(finds, "store", lambda data, find, folder=None: STORE(data, find, self.top / "corpus/crashes"))
        env = mock.patch.dict("os.environ", CARGO_TARGET_DIR=str(self.top / "target"))
        env.start()
        self.addCleanup(env.stop)

    def patch(self, module, name, value):
        patched = mock.patch.object(module, name, value)
        patched.start()
        self.addCleanup(patched.stop)

    def kept(self, target):
        return self.top / "corpus/fuzz" / target

    def build(self, sanitizer, targets, every, log, **_):
        binaries = {target: self.top / "bin" / target for target in targets}
        for binary in binaries.values():
            binary.parent.mkdir(exist_ok=True)
            shutil.copy2(FAKE, binary)
        return binaries

    def campaign(self, *targets, seconds=1, publish=True):
        options = types.SimpleNamespace(known=list(targets), jobs=2, publish=publish, max_len=9, seed=None)
        about = {"mode": "smoke", "jobs": 2, "commit": "c0ffee", "versions": {}}
        tasks = [Task(target, "none", seconds) for target in targets]
        return Campaign(options, tasks, about, terminal.Screen(io.StringIO()))

    def crashes(self):
        return {path.name: path.read_bytes() for path in (self.top / "corpus/crashes").iterdir()}
