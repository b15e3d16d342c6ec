"""Other interpreters than the main one."""

import subprocess
import sys

import pytest

CODE = '''
import sys
from importlib import import_module
is_new = sys.version_info >= (3, 13)
interpreters = import_module("_interpreters" if is_new else "_xxsubinterpreters")
INSIDE = """
try:
    import hanotify_agent
    print("imported", flush=True)
except ImportError as error:
    print("subinterpreter" in str(error), flush=True)
"""
for kind in ("isolated", "legacy"):
    inner = interpreters.create(kind) if is_new else interpreters.create(isolated=kind == "isolated")
    for _ in range(2):
        interpreters.run_string(inner, INSIDE)
    interpreters.destroy(inner)
import hanotify_agent
print(hanotify_agent.decode(b"POST ") is None, hanotify_agent.State.FAULT, flush=True)
'''


@pytest.mark.parametrize("first", ["", "import hanotify_agent"])
def test_a_subinterpreter_of_either_kind_is_refused_and_the_main_one_goes_on(first: str) -> None:
    done = subprocess.run([sys.executable, "-c", first + CODE], capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n" * 4 + "True fault\n" and done.returncode == 0, done.stderr
