"""The settings of a server, for type checkers."""

from typing import Optional, TypedDict

from ._native import Limits


class Settings(TypedDict, total=False):
    """The keyword arguments of each `Server`. Times are seconds, users and groups are numbers."""

    mode: int
    group: Optional[int]
    default_uids: bool
    allowed_uids: "list[int]"
    allowed_gids: "list[int]"
    expected_routers: int
    connections: int
    connections_per_uid: Optional[int]
    lingering: int
    limits: Limits
    total_time: float
    drain_time: float
    drain_bytes: int
    stop_grace: float
    log_lines: int
    log_window: float
