//! A codec for agents on tokio that have sockets of their own: one notification comes, one reply goes.

use std::io;

use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::chain::debug_as_chain;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::notification::Notification;
use crate::{Status, reply};

/// Reads the one notification of a connection, and writes the one reply: make one for each connection.
///
/// **Reading** gives the [`Message`] when it is whole, or the refusal at its first offending byte; what follows either
/// is dropped. A connection that ends before that is refused as `truncated`. The buffer never holds more than the
/// [`Limits`] and what tokio reads at a time.
///
/// **Writing** takes what becomes of the message: `Ok(())` is 200, and an [`ErrorKind`] the reply of its refusal.
///
/// It has no clock. Give the reading a total time, and let [`refuse`](Self::refuse) say what a message that is late is
/// refused with. After the reply, shut the connection for writing and read on until the sender ends, for a while: a
/// close with bytes unread would cost the sender its reply.
///
/// ```
/// use std::time::Duration;
/// use hanotify::codec::{Codec, CodecError};
/// use hanotify::{ErrorKind, Limits};
/// use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
/// use tokio::time::timeout;
/// use tokio_util::codec::{Decoder, Encoder};
/// # use tokio::io::AsyncReadExt;
/// # use tokio_util::bytes::BytesMut;
///
/// async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
///     let mut codec = Codec::new(Limits::DEFAULT);
///     let mut buffer = BytesMut::new();
///     let verdict = match timeout(Duration::from_secs(10), async {
///         // What `Framed` and its `next` do, if you have futures-util.
///         loop {
///             if let Some(message) = codec.decode(&mut buffer)? {
///                 return Ok(message);
///             }
///             if stream.read_buf(&mut buffer).await? == 0 {
///                 codec.decode_eof(&mut buffer)?;
///             }
///         }
///     }).await {
///         Ok(Ok(message)) => Ok(println!("{} is {}", message.notification.router_id, message.notification.state)),
///         Ok(Err(CodecError::Refused(refused))) => Err(refused.kind),
///         Ok(Err(CodecError::Io(failed))) => return Err(failed),
///         Err(_) => Err(codec.refuse(ErrorKind::Deadline).kind),
///     };
///     let mut reply = BytesMut::new();
///     codec.encode(verdict, &mut reply)?;
///     stream.write_all(&reply).await?;
///     stream.shutdown().await
/// }
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// #     let (mut sender, receiver) = tokio::io::duplex(1_024);
/// #     sender.write_all(b"GET / HTTP/1.0\r\n").await?;
/// #     converse(receiver).await?;
/// #     let mut reply = String::new();
/// #     sender.read_to_string(&mut reply).await?;
/// #     assert!(reply.starts_with("HTTP/1.1 505 "), "{reply}");
/// #     Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Codec {
    decoder: crate::Decoder,
    /// How many bytes there were when the decoder last asked for more.
    seen: usize,
    /// Whether the message has been given or refused.
    is_decided: bool,
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// What it says.
    pub notification: Notification,
    /// Its body; empty unless the limits let one in. It is never interpreted.
    pub body: Bytes,
}

/// Why there is no message.
#[derive(thiserror::Error)]
#[allow(
    clippy::exhaustive_enums,
    reason = "there is somebody to reply to or there is not, and an agent answers to each"
)]
pub enum CodecError {
    /// The message breaks a rule: its sender gets the reply of this refusal.
    #[error("refused: {0}")]
    Refused(#[from] Error),
    /// The connection failed: there is nobody to reply to.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

debug_as_chain! { CodecError }

impl Codec {
    /// A codec for a connection on which nothing has come yet.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { decoder: crate::Decoder::new(limits), seen: 0, is_decided: false }
    }

    /// What the message is refused with when the agent has to end it while it is not whole, such as
    /// [`ErrorKind::Deadline`].
    pub fn refuse(&mut self, kind: ErrorKind) -> Error {
        self.is_decided = true;
        self.decoder.refuse(kind.at(self.seen))
    }
}

impl Decoder for Codec {
    type Item = Message;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, CodecError> {
        if self.is_decided {
            buffer.clear();
            return Ok(None);
        }
        self.seen = buffer.len();
        match self.decoder.decode(buffer) {
            Ok(Status::Complete { notification, consumed, body }) => {
                self.is_decided = true;
                let body = consumed - body.len()..consumed;
                let message = buffer.split_to(consumed).freeze();
                Ok(Some(Message { notification, body: message.slice(body) }))
            }
            Ok(Status::Incomplete) => Ok(None),
            Err(refused) => {
                self.is_decided = true;
                Err(refused.into())
            }
        }
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Message>, CodecError> {
        match self.decode(buffer)? {
            None if !self.is_decided => Err(self.refuse(ErrorKind::Truncated).into()),
            message => Ok(message),
        }
    }
}

impl Encoder<Result<(), ErrorKind>> for Codec {
    type Error = io::Error;

    fn encode(&mut self, verdict: Result<(), ErrorKind>, buffer: &mut BytesMut) -> io::Result<()> {
        buffer.extend_from_slice(match verdict {
            Ok(()) => reply::ACCEPTED,
            Err(kind) => reply::refused(kind),
        });
        Ok(())
    }
}
