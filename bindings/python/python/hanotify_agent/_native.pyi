import uuid
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import Any, Callable, ClassVar, Optional, Union, final

from ._state import State

__all__ = ["Decoder", "Event", "Limits", "Notification", "Peer", "Server", "__version__", "decode", "encode"]

__version__: str

@final
class Limits:
    """How long a message and its parts may be, in bytes; how many fields it may have; and whether ``master`` means
    ``primary``. What is not given has its default."""

    def __new__(
        cls,
        *,
        request_line: Optional[int] = None,
        fields: Optional[int] = None,
        field_line: Optional[int] = None,
        head: Optional[int] = None,
        body: Optional[int] = None,
        legacy_state: bool = False,
    ) -> Limits: ...
    @property
    def request_line(self) -> int: ...
    @property
    def fields(self) -> int: ...
    @property
    def field_line(self) -> int: ...
    @property
    def head(self) -> int: ...
    @property
    def body(self) -> int: ...
    @property
    def legacy_state(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Notification:
    """A router, and the state that it has now."""

    __match_args__: ClassVar[tuple[str, str]]
    def __new__(cls, router_id: Union[uuid.UUID, str], state: Union[State, str]) -> Notification: ...
    @property
    def router_id(self) -> uuid.UUID: ...
    @property
    def router_id_text(self) -> str: ...
    @property
    def state(self) -> State: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Peer:
    """The process that sent a notification, as the kernel noted it when that process connected."""

    @property
    def pid(self) -> Optional[int]: ...
    @property
    def uid(self) -> int: ...
    @property
    def gid(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Event:
    """A notification that has come: its sender waits for the answer."""

    @property
    def notification(self) -> Notification: ...
    @property
    def router_id(self) -> uuid.UUID: ...
    @property
    def state(self) -> State: ...
    @property
    def peer(self) -> Peer: ...
    @property
    def sequence(self) -> int: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def body(self) -> bytes: ...

@final
class Decoder:
    """One notification that arrives in pieces."""

    def __new__(cls, limits: Optional[Limits] = None) -> Decoder: ...
    def feed(self, data: Union[bytes, bytearray]) -> Optional[Notification]: ...
    @property
    def consumed(self) -> Optional[int]: ...
    @property
    def body(self) -> Optional[bytes]: ...

@final
class Server:
    """A server that listens from the moment it is made. What is not given has the library's default."""

    def __new__(
        cls,
        path: Union[str, "PathLike[str]"],
        *,
        mode: int = ...,
        group: Optional[int] = ...,
        default_uids: bool = ...,
        allowed_uids: list[int] = ...,
        allowed_gids: list[int] = ...,
        expected_routers: int = ...,
        connections: int = ...,
        connections_per_uid: Optional[int] = ...,
        lingering: int = ...,
        limits: Limits = ...,
        total_time: float = ...,
        drain_time: float = ...,
        drain_bytes: int = ...,
        stop_grace: float = ...,
        log_lines: int = ...,
        log_window: float = ...,
    ) -> Server: ...
    @property
    def path(self) -> Any: ...
    @property
    def backlog(self) -> int: ...
    def run(self, sink: Callable[[Event], object]) -> None: ...
    def stop(self, timeout: float = 5.0) -> bool: ...
    def counters(self) -> dict[str, float]: ...
    def __enter__(self) -> Server: ...
    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
        /,
    ) -> None: ...

def decode(data: Union[bytes, bytearray], limits: Optional[Limits] = None) -> Optional[Notification]: ...
def encode(notification: Notification) -> bytes: ...
