"""The states of a router."""

import enum


class State(str, enum.Enum):
    """What keepalived says of a router on this host. Each is equal to its word."""

    PRIMARY = "primary"
    BACKUP = "backup"
    FAULT = "fault"

    def __str__(self) -> str:
        return str(self.value)
