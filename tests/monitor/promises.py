"""What all scenarios have in common."""

from host import Failed, wait_for


SCENARIOS = []
AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def scenario(promise, only_hanotify=False):
    """A promise, as the table has it."""
    def keep(function):
        SCENARIOS.append((promise, only_hanotify, function))
        return function
    return keep


def expect(what, found, expected):
    if found != expected:
        raise Failed(f"{what}: expected {expected}, found {found}")


def is_told(agent, state):
    return lambda: agent.last() == state


def wait_for_pid(host):
    wait_for("the process id", host.pid)
    return host.pid()
