"""The exceptions of this package."""

from typing import Optional


class Refused(ValueError):
    """Bytes that are no acceptable notification.

    ``error`` is the name of the rule that was broken, such as ``"duplicate-field"``; ``offset`` the byte that broke it,
    counted from the start of the message; ``status`` what a server replies (RFC 9110, section 15); and ``advice`` what
    whoever wrote the message can do, in one line for people, or ``None`` where the text of the exception says it.
    It looks at the bytes that had come: with more of them it may say more.
    """

    error: str
    offset: int
    status: int
    advice: Optional[str]

    def __init__(self, error: str, offset: int, status: int, message: str, advice: Optional[str] = None) -> None:
        super().__init__(error, offset, status, message, advice)
        self.error, self.offset, self.status, self.advice = error, offset, status, advice

    def __str__(self) -> str:
        return f"{self.args[3]} (byte {self.offset})"


class Busy(Exception):
    """To be raised by a sink that can't take an event now: the sender gets 503, and may try again."""
