"""`.ci/need`, with an apt-get, an id and a sleep of the test's own."""

import os
import pathlib
import subprocess
import tempfile
import unittest

NEED = pathlib.Path(__file__).resolve().parents[1] / "need"
# A mirror that fails as often as a file has lines, whose list of packages is missing before the first update, and that
# knows no `unknown`.
APT = """#!/bin/bash
echo "$*" >>"$FAKE/calls"
[ ! -t 0 ] && ! read -r _ || exit 9
[ "$DEBIAN_FRONTEND" = noninteractive ] || exit 9
case " $* " in
  *" update "*) touch "$FAKE/lists"; exit ;;
  *unknown*) echo "E: Unable to locate package unknown"; exit 100 ;;
esac
[ -e "$FAKE/lists" ] || exit 100
if [ -s "$FAKE/failures" ]; then sed -i 1d "$FAKE/failures"; exit 100; fi
mkdir "$FAKE/alone" || exit 8
for package in "${@: -2}"; do printf '#!/bin/sh\\n' >"$FAKE/bin/$package"; chmod +x "$FAKE/bin/$package"; done
/bin/sleep 0.2
rmdir "$FAKE/alone"
"""


@unittest.skipUnless(os.path.isdir("/var/lib/apt"), "needs a Debian")
class Need(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.fake = pathlib.Path(self.folder.name)
        (self.fake / "bin").mkdir()
        self.put("apt-get", APT)
        self.put("sleep", "#!/bin/sh\n")
        self.put("id", "#!/bin/sh\necho 0\n")

    def put(self, name, text):
        path = self.fake / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, *arguments):
        environment = os.environ | {"PATH": f"{self.fake}/bin:/usr/bin:/bin", "FAKE": str(self.fake), "CI": "true"}
        pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([NEED, *arguments], env=environment, **pipes)

    def need(self, *arguments):
        started = self.start(*arguments)
        said = started.communicate(timeout=60)[1]
        return started.returncode, said

    def calls(self):
        path = self.fake / "calls"
        words = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [next(word for word in line if word in ("update", "install")) for line in words]

    def test_what_is_there_calls_nothing(self):
        self.assertEqual(self.need("sh", "/etc/passwd", "awk=no-such-package"), (0, ""))
        self.assertEqual(self.calls(), [])

    def test_a_machine_that_never_had_a_list_gets_one_and_everything_in_one_go(self):
        self.assertEqual(self.need("sh", "absent-one", "absent-two"), (0, "need: installing absent-one absent-two\n"))
        self.assertEqual(self.calls(), ["install", "update", "install"])
        self.assertIn("-o DPkg::Lock::Timeout=300", (self.fake / "calls").read_text())

    def test_a_download_that_fails_is_tried_again(self):
        (self.fake / "lists").touch()
        (self.fake / "failures").write_text("x\nx\n")
        self.assertEqual(self.need("absent-one", "absent-two")[0], 0)
        self.assertEqual(self.calls(), ["install", "update", "install", "update", "install"])

    def test_what_can_not_be_installed_is_named_with_the_reason(self):
        status, said = self.need("absent=unknown")
        self.assertEqual(status, 2)
        self.assertIn("E: Unable to locate package unknown", said)
        self.assertIn("need: absent: could not be installed: apt-get install unknown\n", said)

    def test_what_a_package_does_not_bring_is_still_missing(self):
        status, said = self.need("absent=one", "/no/such/file=two")
        self.assertEqual(status, 2)
        expected = "need: absent /no/such/file: still missing, though this has succeeded: apt-get install one two\n"
        self.assertIn(expected, said)

    def test_without_root_it_says_what_to_do(self):
        self.put("id", "#!/bin/sh\necho 1000\n")
        said = "missing, and only root can install it: apt-get install one python3-two"
        expected = (2, f"need: absent python3:no_such_module: {said}\n")
        self.assertEqual(self.need("sh", "absent=one", "python3:no_such_module=python3-two"), expected)
        self.assertEqual(self.calls(), [])

    def test_two_at_the_same_time_install_one_after_the_other_and_nothing_twice(self):
        (self.fake / "lists").touch()
        both = [self.start("absent-one", "absent-two") for _ in range(2)]
        ended = [(one.communicate(timeout=60)[1], one.returncode)[1] for one in both]
        self.assertEqual((ended, self.calls()), ([0, 0], ["install"]))


if __name__ == "__main__":
    unittest.main()
