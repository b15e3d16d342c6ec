"""The exceptions of this package."""


class Refused(ValueError):
    """Bytes that are no acceptable notification.

    ``error`` is the name of the rule that was broken, such as ``"duplicate-field"``; ``offset`` the byte that broke it,
    counted from the start of the message; and ``status`` what a server replies (RFC 9110, section 15).
    """

    error: str
    offset: int
    status: int

    def __init__(self, error: str, offset: int, status: int, message: str) -> None:
        super().__init__(error, offset, status, message)
        self.error, self.offset, self.status = error, offset, status

    def __str__(self) -> str:
        return f"{self.args[3]} (byte {self.offset})"


class Busy(Exception):
    """To be raised by a sink that can't take an event now: the sender gets 503, and may try again."""
