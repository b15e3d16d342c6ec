//! What the server and the client know about the path of a Unix socket.

/// The longest path that a Unix socket can have, in bytes (unix(7): `sun_path` without its final NUL).
pub const MAX_SOCKET_PATH: usize = 107;
