//! What the values of a server's options have to be.

use std::fmt;
use std::str::FromStr;

use humantime::Duration as Time;

/// Permission bits, in octal.
#[derive(Clone, Copy)]
pub(super) struct Mode(pub(super) u32);

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o777 && text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(mode)),
            _ => Err("expected up to three octal digits, such as 660"),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:o}", self.0)
    }
}

/// A time in which something can happen: with none, every sender that isn't quick enough by chance would be refused.
pub(super) fn some_time(text: &str) -> Result<Time, String> {
    match text.parse::<Time>() {
        Ok(time) if !time.is_zero() => Ok(time),
        Ok(_) => Err("it must be longer than zero".into()),
        Err(cause) => Err(cause.to_string()),
    }
}
