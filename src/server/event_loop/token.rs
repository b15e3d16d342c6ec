//! What the poll's tokens stand for.

use mio::Token;

/// What an event of the poll is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Source {
    Listener,
    Waker,
    Signals,
    Client(Place),
}

/// Where a connection is kept, each kind of place with keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Place {
    /// Among those that wait for their message or their end.
    Waiting(usize),
    /// Among those that were turned away.
    Lingering(usize),
}

const LISTENER: usize = usize::MAX;
const WAKER: usize = usize::MAX - 1;
const SIGNALS: usize = usize::MAX - 2;
/// Set in the tokens of connections that linger. No key has this bit: see [`MOST`](crate::server::slots::MOST).
const LINGERS: usize = 1 << (usize::BITS - 2);

impl Source {
    pub(in crate::server) const fn token(self) -> Token {
        Token(match self {
            Self::Listener => LISTENER,
            Self::Waker => WAKER,
            Self::Signals => SIGNALS,
            Self::Client(Place::Waiting(key)) => key,
            Self::Client(Place::Lingering(key)) => LINGERS | key,
        })
    }
}

impl From<Token> for Source {
    fn from(Token(number): Token) -> Self {
        match number {
            LISTENER => Self::Listener,
            WAKER => Self::Waker,
            SIGNALS => Self::Signals,
            number if number & LINGERS == 0 => Self::Client(Place::Waiting(number)),
            number => Self::Client(Place::Lingering(number & !LINGERS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::slots::MOST;

    #[test]
    fn a_token_is_that_of_one_source() {
        let clients = [0, 1, MOST - 1].into_iter().flat_map(|key| [Place::Waiting(key), Place::Lingering(key)]);
        for source in clients.map(Source::Client).chain([Source::Listener, Source::Waker, Source::Signals]) {
            assert_eq!(Source::from(source.token()), source);
        }
    }
}
