//! What Neutron's agent writes for keepalived: which address, on which interface, makes a host the primary.

#[cfg(test)]
mod tests;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::combinator::{all_consuming, opt, rest};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use self::ConfigErrorKind as Kind;
use crate::{Interface, Vip};

/// How deep blocks may be in each other; Neutron's are two deep.
const DEEPEST: usize = 8;

/// The address of a `vrrp_instance` that keepalived puts on an interface of the primary, of a `keepalived.conf` as
/// Neutron's agent writes it.
///
/// ```
/// use hanotify_monitor::HaAddress;
///
/// let config = b"vrrp_instance VR_7 {
///     interface ha-1
///     virtual_ipaddress {
///         169.254.0.7/24 dev ha-1
///     }
/// }";
/// let found = HaAddress::parse(config)?;
/// assert_eq!((found.vip.to_string(), found.interface.as_bytes()), ("169.254.0.7/24".to_owned(), &b"ha-1"[..]));
/// # Ok::<(), hanotify_monitor::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HaAddress {
    /// The interface of the instance, and of the address.
    pub interface: Interface,
    /// The address in `virtual_ipaddress`. Those in `virtual_ipaddress_excluded` don't count.
    pub vip: Vip,
}

/// Which rule a configuration breaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte {offset})")]
#[non_exhaustive]
pub struct ConfigError {
    /// The rule.
    pub kind: ConfigErrorKind,
    /// Bytes from the start of the configuration to the line that breaks it, or to the end.
    pub offset: usize,
}

/// The rules that a configuration can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A block ends that has not begun.
    #[error("a block ends that has not begun")]
    Unopened,
    /// A block does not end.
    #[error("a block does not end")]
    Unclosed,
    /// Blocks are more than eight deep in each other.
    #[error("blocks are more than 8 deep in each other")]
    Depth,
    /// There is no `vrrp_instance`, or it has no interface or no address.
    #[error("there is no vrrp_instance with an interface and a virtual_ipaddress")]
    Missing,
    /// There is another `vrrp_instance`, interface or address.
    #[error("a second vrrp_instance, interface or virtual_ipaddress")]
    Second,
    /// The interface's name is none.
    #[error("not the name of an interface")]
    Interface,
    /// An address is not as Neutron writes it: `ADDRESS/LENGTH dev INTERFACE`.
    #[error("not an address with the length of its prefix, `dev` and an interface")]
    Address,
    /// The address is on another interface than that of the instance.
    #[error("the address is on another interface than that of the instance")]
    OtherInterface,
}

impl HaAddress {
    /// Finds the address. Nothing is copied but the two values.
    ///
    /// # Errors
    ///
    /// Anything that Neutron's agent would not write, as far as it bears on the address. Other lines and blocks are
    /// passed over.
    pub fn parse(config: &[u8]) -> Result<Self, ConfigError> {
        let mut reading = Reading::default();
        let mut left = config;
        while !left.is_empty() {
            let offset = config.len() - left.len();
            let (after, item) = line(left).map_err(|_| ConfigError { kind: Kind::Unclosed, offset })?;
            reading.take(item).map_err(|kind| ConfigError { kind, offset })?;
            left = after;
        }
        reading.end().map_err(|kind| ConfigError { kind, offset: config.len() })
    }
}

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item<'a> {
    /// Nothing: it is empty, or a comment.
    Blank,
    Close,
    /// Opens a block with this name.
    Open(&'a [u8]),
    /// A word, and what follows it.
    Entry(&'a [u8], &'a [u8]),
}

type Parsed<'a, T> = IResult<&'a [u8], T>;

/// `line = *WSP item *( LF / end )`
fn line(input: &[u8]) -> Parsed<'_, Item<'_>> {
    let (after, text) = terminated(take_till(|byte| byte == b'\n'), opt(tag("\n"))).parse(input)?;
    let (_, item) = all_consuming(item).parse(text.trim_ascii())?;
    Ok((after, item))
}

/// `item = blank / close / open / entry`
fn item(text: &[u8]) -> Parsed<'_, Item<'_>> {
    alt((comment, close, open, entry, blank)).parse(text)
}

fn blank(text: &[u8]) -> Parsed<'_, Item<'_>> {
    all_consuming(tag("")).map(|_| Item::Blank).parse(text)
}

/// `comment = ( "#" / "!" ) *any`
fn comment(text: &[u8]) -> Parsed<'_, Item<'_>> {
    preceded(alt((tag("#"), tag("!"))), rest).map(|_| Item::Blank).parse(text)
}

/// `close = "}"`
fn close(text: &[u8]) -> Parsed<'_, Item<'_>> {
    all_consuming(tag("}")).map(|_| Item::Close).parse(text)
}

/// `open = word *any WSP "{"`: the first word is the block's name
fn open(text: &[u8]) -> Parsed<'_, Item<'_>> {
    match text.strip_suffix(b"{") {
        // A password may end with a brace, and opens nothing.
        Some(head) if head.last().is_some_and(|byte| is_space(*byte)) => {
            word.map(Item::Open).parse(head).map(|(_, item)| (&[][..], item))
        }
        _ => entry(text),
    }
}

/// `entry = word *any`
fn entry(text: &[u8]) -> Parsed<'_, Item<'_>> {
    (word, rest).map(|(word, rest)| Item::Entry(word, rest)).parse(text)
}

/// `word = *WSP 1*( any but white space )`
fn word(text: &[u8]) -> Parsed<'_, &[u8]> {
    preceded(take_while(is_space), take_while1(|byte| !is_space(byte))).parse(text)
}

/// `address = word WSP "dev" WSP word *any`: the address and the interface
fn address(first: &[u8], after: &[u8]) -> Option<(Vip, Interface)> {
    let dev = preceded(take_while1(is_space), tag("dev"));
    let (_, name) = preceded((dev, take_while1(is_space)), word).parse(after).ok()?;
    Some((str::from_utf8(first).ok()?.parse().ok()?, Interface::parse(name)?))
}

const fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

/// Where in the configuration it is, and what was found so far.
#[derive(Debug, Default)]
struct Reading {
    depth: usize,
    /// Whether the outermost block is the instance, and the one in it the addresses.
    in_instance: bool,
    in_addresses: bool,
    has_instance: bool,
    interface: Option<Interface>,
    address: Option<(Vip, Interface)>,
}

impl Reading {
    fn take(&mut self, item: Item<'_>) -> Result<(), Kind> {
        match (item, self.depth) {
            (Item::Close, 0) => Err(Kind::Unopened),
            (Item::Close, _) => {
                self.depth -= 1;
                self.in_addresses &= self.depth > 1;
                self.in_instance &= self.depth > 0;
                Ok(())
            }
            (Item::Open(_), DEEPEST) => Err(Kind::Depth),
            (Item::Open(name), _) => self.open(name),
            (Item::Entry(b"interface", rest), 1) if self.in_instance => {
                let name = Interface::parse(rest.trim_ascii()).ok_or(Kind::Interface)?;
                self.interface.replace(name).map_or(Ok(()), |_| Err(Kind::Second))
            }
            (Item::Entry(word, rest), 2) if self.in_addresses => {
                let found = address(word, rest).ok_or(Kind::Address)?;
                self.address.replace(found).map_or(Ok(()), |_| Err(Kind::Second))
            }
            (Item::Blank | Item::Entry(..), _) => Ok(()),
        }
    }

    fn open(&mut self, name: &[u8]) -> Result<(), Kind> {
        match (name, self.depth) {
            (b"vrrp_instance", 0) if std::mem::replace(&mut self.has_instance, true) => return Err(Kind::Second),
            (b"vrrp_instance", 0) => self.in_instance = true,
            (b"virtual_ipaddress", 1) => self.in_addresses = self.in_instance,
            _ => {}
        }
        self.depth += 1;
        Ok(())
    }

    fn end(self) -> Result<HaAddress, Kind> {
        if self.depth > 0 {
            return Err(Kind::Unclosed);
        }
        match (self.interface, self.address) {
            (Some(interface), Some((vip, dev))) if interface == dev => Ok(HaAddress { interface, vip }),
            (Some(_), Some(_)) => Err(Kind::OtherInterface),
            _ => Err(Kind::Missing),
        }
    }
}
