//! What is looked for: an address with its prefix, on an interface of a name.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::netlink::Address;

/// A router's virtual address and the length of its prefix, as Neutron's `monitor_cidr` has them.
///
/// ```
/// use hanotify_monitor::Vip;
///
/// let vip: Vip = "FD00:0:0::7/64".parse()?;
/// assert_eq!(vip.to_string(), "fd00::7/64");
/// assert!("169.254.0.7".parse::<Vip>().is_err());
/// # Ok::<(), hanotify_monitor::InvalidVip>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vip {
    address: IpAddr,
    prefix_len: u8,
}

/// A text that is no address with the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address with the length of its prefix, such as 169.254.0.7/24 or fd00::7/64")]
#[non_exhaustive]
pub struct InvalidVip;

impl Vip {
    /// The address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether the kernel speaks of this one: family, bytes and prefix are the same, and there is no other end.
    #[must_use]
    pub fn matches(&self, other: &Address) -> bool {
        // IPv4 has the address in both places, IPv6 in the first alone; with another end, that one is in the first.
        other.prefix_len == self.prefix_len
            && other.address == Some(self.address)
            && other.local.is_none_or(|local| local == self.address)
    }
}

impl FromStr for Vip {
    type Err = InvalidVip;

    fn from_str(text: &str) -> Result<Self, InvalidVip> {
        let (address, bits) = text.split_once('/').ok_or(InvalidVip)?;
        let address: IpAddr = address.parse().map_err(|_| InvalidVip)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let is_number = bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
        let prefix_len = bits.parse().ok().filter(|bits| is_number && *bits <= longest).ok_or(InvalidVip)?;
        Ok(Self { address, prefix_len })
    }
}

impl fmt::Display for Vip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_len)
    }
}

/// The name of an interface: 1 to 15 bytes, without zero, slash and white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface(Box<[u8]>);

impl Interface {
    /// Reads a name; `None` where the kernel would not take it for one.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let is_taken = |byte: &u8| *byte != 0 && *byte != b'/' && *byte != b':' && !byte.is_ascii_whitespace();
        let is_name = (1..16).contains(&name.len()) && name.iter().all(is_taken) && name != b"." && name != b"..";
        is_name.then(|| Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_with_a_prefix_of_its_family_is_taken() {
        for taken in ["169.254.0.7/24", "0.0.0.0/0", "1.2.3.4/32", "fd00::7/128", "::/0"] {
            assert_eq!(taken.parse::<Vip>().unwrap().to_string(), taken);
        }
        for refused in ["", "/24", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/+9", "1.2.3.4/24 ", "1.2.3/24"] {
            assert_eq!(refused.parse::<Vip>(), Err(InvalidVip), "{refused}");
        }
        for refused in ["fd00::7/129", "fd00::7%eth0/64", "fd00::7/256", "01.2.3.4/24"] {
            assert_eq!(refused.parse::<Vip>(), Err(InvalidVip), "{refused}");
        }
    }

    #[test]
    fn family_bytes_prefix_and_other_end_are_compared() {
        let vip: Vip = "169.254.0.7/24".parse().unwrap();
        let ip = |text: &str| Some(text.parse().unwrap());
        let matches =
            |prefix_len, address, local| vip.matches(&Address { index: 1, prefix_len, address, local, flags: 0 });
        assert!(matches(24, ip("169.254.0.7"), ip("169.254.0.7")));
        assert!(!matches(32, ip("169.254.0.7"), ip("169.254.0.7")));
        assert!(!matches(24, ip("169.254.0.8"), ip("169.254.0.8")));
        assert!(!matches(24, ip("169.254.0.8"), ip("169.254.0.7")));
        assert!(!matches(24, ip("169.254.0.7"), ip("169.254.0.8")));
        assert!(!matches(24, ip("::ffff:169.254.0.7"), None));
        assert!(!matches(24, None, None));
        let vip: Vip = "fd00:0::7/64".parse().unwrap();
        assert!(vip.matches(&Address { index: 1, prefix_len: 64, address: ip("fd00::7"), local: None, flags: 0 }));
    }

    #[test]
    fn a_name_is_what_the_kernel_takes_for_one() {
        for taken in [&b"ha-0a1b2c3d-4e"[..], b"x", b"123456789012345", b"...", "\u{e9}".as_bytes()] {
            assert_eq!(Interface::parse(taken).unwrap().as_bytes(), taken);
        }
        for refused in [&b""[..], b"1234567890123456", b".", b"..", b"a/b", b"a b", b"a\0", b"a:1"] {
            assert_eq!(Interface::parse(refused), None);
        }
    }
}
