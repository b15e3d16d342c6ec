//! The codec decides as the core does, however the bytes come; and the stream has the events that the server took.
#![cfg(feature = "tokio")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use hanotify::codec::{Codec, CodecError, Message};
use hanotify::sink::{self, Events, OwnedEvent};
use hanotify::{Error, ErrorKind, HaState, Limits, Notification, Status, decode, encode, reply};
use hanotify_testing::running::{ACCEPTED, ID, Running, message, reply as reply_of};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder, Framed};

/// The bytes in these pieces, and then the end.
fn read(pieces: &[&[u8]], limits: Limits) -> Result<Option<Message>, CodecError> {
    let (mut codec, mut buffer) = (Codec::new(limits), BytesMut::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if let Some(message) = codec.decode(&mut buffer)? {
            return Ok(Some(message));
        }
    }
    codec.decode_eof(&mut buffer)
}

/// What the core says of bytes that end there.
fn core(bytes: &[u8], limits: &Limits) -> Result<(Notification, Vec<u8>), Error> {
    let mut decoder = hanotify::Decoder::new(*limits);
    match decoder.decode(bytes)? {
        Status::Complete { notification, body, .. } => Ok((notification, body.to_vec())),
        Status::Incomplete => Err(decoder.refuse(ErrorKind::Truncated.at(bytes.len()))),
    }
}

/// Messages, and what is none: one that is valid with a body behind it, with bytes changed or missing.
fn inputs() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2);
    (changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(changes, cut, is_cut)| {
        let mut bytes = message("backup");
        bytes.truncate(bytes.len() - 2);
        bytes.extend(b"Content-Length: 3\r\n\r\nabcdefgh");
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes
    })
}

proptest! {
    #[test]
    fn however_the_bytes_come_the_verdict_is_the_cores(
        bytes in inputs(), splits in prop::collection::vec(0_usize..200, 0..4),
    ) {
        let limits = Limits::DEFAULT.with_body(3);
        let mut splits: Vec<usize> = splits.into_iter().map(|at| at.min(bytes.len())).collect();
        splits.sort_unstable();
        let ends = splits.iter().copied().chain([bytes.len()]);
        let starts = [0].into_iter().chain(splits.iter().copied());
        let pieces: Vec<&[u8]> = starts.zip(ends).filter_map(|(start, end)| bytes.get(start..end)).collect();
        let read = match read(&pieces, limits) {
            Ok(Some(message)) => Ok((message.notification, message.body.to_vec())),
            Err(CodecError::Refused(refused)) => Err(refused),
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(read, core(&bytes, &limits));
    }
}

#[test]
fn a_verdict_is_written_as_the_reply_that_the_server_gives() {
    let written = |verdict| {
        let mut buffer = BytesMut::new();
        Codec::new(Limits::DEFAULT).encode(verdict, &mut buffer).unwrap();
        buffer
    };
    assert_eq!(written(Ok(())), ACCEPTED);
    for kind in ErrorKind::ALL {
        assert_eq!(written(Err(*kind)), reply::refused(*kind));
    }
}

#[test]
fn what_is_late_is_refused_where_it_stopped_and_nothing_comes_after_that() {
    let mut codec = Codec::new(Limits::DEFAULT);
    let message = message("fault");
    let mut buffer = BytesMut::from(message.get(..40).unwrap());
    assert!(codec.decode(&mut buffer).unwrap().is_none());
    assert_eq!(codec.refuse(ErrorKind::Deadline), ErrorKind::Deadline.at(40));
    buffer.extend_from_slice(message.get(40..).unwrap());
    assert!(codec.decode(&mut buffer).unwrap().is_none() && buffer.is_empty());
    assert!(codec.decode_eof(&mut buffer).unwrap().is_none());
}

#[test]
fn an_error_says_what_was_refused_and_where() {
    let error = read(&[b"PUT"], Limits::DEFAULT).unwrap_err();
    assert_eq!(format!("{error:?}"), "refused: the message ends before it is whole (byte 3)");
    assert_eq!(CodecError::from(std::io::Error::other("no wire")).to_string(), "the connection failed: no wire");
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), future).await.unwrap() })
}

/// The next item of a stream, without a crate of combinators.
async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await
}

#[test]
fn a_framed_connection_gives_one_message_and_drops_what_follows_it() {
    let notification = Notification { router_id: ID.parse().unwrap(), state: HaState::Primary };
    block_on(async {
        let (mut sender, receiver) = duplex(16);
        let mut framed = Framed::new(receiver, Codec::new(Limits::DEFAULT));
        let sending = tokio::spawn(async move {
            sender.write_all(encode(&notification).as_bytes()).await.unwrap();
            sender.write_all(&[b'x'; 1_000]).await.unwrap();
            sender.shutdown().await.unwrap();
            let mut reply = Vec::new();
            sender.read_to_end(&mut reply).await.unwrap();
            reply
        });
        let message = next(&mut framed).await.unwrap().unwrap();
        assert_eq!((message.notification, message.body.len()), (notification, 0));
        assert!(next(&mut framed).await.is_none(), "one message, and the end");
        let mut reply = BytesMut::new();
        framed.codec_mut().encode(Ok(()), &mut reply).unwrap();
        framed.get_mut().write_all(&reply).await.unwrap();
        drop(framed);
        assert_eq!(sending.await.unwrap(), ACCEPTED);
    });
    assert!(matches!(decode(encode(&notification).as_bytes(), &Limits::DEFAULT), Ok(Status::Complete { .. })));
}

/// The events as a task sees them.
fn states(events: &mut Events, count: usize) -> Vec<(u64, HaState)> {
    let seen = |event: OwnedEvent| (event.sequence, event.notification.state);
    block_on(async {
        let mut states = Vec::new();
        for _ in 0..count {
            states.push(seen(next(events).await.unwrap()));
        }
        states
    })
}

#[test]
fn the_stream_has_what_the_server_took_in_order_and_a_full_channel_is_503() {
    let (channel, mut events) = sink::channel(2);
    let server = Running::start(|config| config, channel);
    for state in ["primary", "backup"] {
        assert_eq!(server.ask(&message(state)), ACCEPTED);
    }
    assert_eq!(events.size_hint().0, 2);
    assert_eq!(server.ask(&message("fault")), reply_of("503 Service Unavailable"));
    assert_eq!(states(&mut events, 2), [(1, HaState::Primary), (2, HaState::Backup)]);
    assert_eq!(server.ask(&message("fault")), ACCEPTED);
    server.stop();
    assert_eq!(states(&mut events, 1), [(3, HaState::Fault)]);
    assert_eq!(block_on(events.recv()), None, "the server has stopped");
}

#[test]
fn where_nobody_takes_the_events_any_more_senders_get_500() {
    let (channel, events) = sink::channel(0);
    let server = Running::start(|config| config, channel);
    assert_eq!(server.ask(&message("fault")), ACCEPTED, "no room counts as room for one");
    drop(events);
    assert_eq!(server.ask(&message("fault")), reply_of("500 Internal Server Error"));
}

#[test]
fn a_channel_without_bound_is_one() {
    let _ = sink::channel(usize::MAX);
}
