//! Values of the core in serde's formats. What is read goes through the same parser as a message's bytes.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::{Error, ErrorKind};
use crate::field_name::FieldName;
use crate::notification::{HaState, RouterId};

/// A value that has one form in text, in binary formats too.
trait Text: Sized {
    const EXPECTED: &'static str;

    fn read(text: &[u8]) -> Result<Self, ErrorKind>;
}

impl Text for RouterId {
    const EXPECTED: &'static str = "a UUID as 36 bytes in lower case with dashes, not all zero";

    fn read(text: &[u8]) -> Result<Self, ErrorKind> {
        Self::parse(text).ok_or(ErrorKind::RouterId)
    }
}

impl Text for HaState {
    const EXPECTED: &'static str = "exactly `primary`, `backup` or `fault`";

    fn read(text: &[u8]) -> Result<Self, ErrorKind> {
        Self::parse(text).ok_or(ErrorKind::State)
    }
}

/// Reads a value from its text.
struct Reader<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    // The error has nothing of the text, which may be a stranger's.
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::read(text.as_bytes()).map_err(E::custom)
    }

    fn visit_bytes<E: de::Error>(self, text: &[u8]) -> Result<T, E> {
        T::read(text).map_err(E::custom)
    }
}

/// ```
/// use hanotify::RouterId;
///
/// let id: RouterId = serde_json::from_str(r#""9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10""#)?;
/// assert_eq!(serde_json::to_string(&id)?, format!("\"{id}\""));
/// assert!(serde_json::from_str::<RouterId>(r#""9B3A1D8E-5C1F-4A57-9F5E-0A4C2F3B7D10""#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<'de> Deserialize<'de> for RouterId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader(PhantomData))
    }
}

impl Serialize for RouterId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HaState {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader(PhantomData))
    }
}

impl Serialize for HaState {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// Its name in the refusal table. A name alone says too little to be read: some kinds are about a field.
impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// The members `error`, `field`, `offset` and `status`, as the JSON-lines sink has them.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut members = to.serialize_struct("Error", 4)?;
        members.serialize_field("error", &self.kind)?;
        members.serialize_field("field", &self.kind.field().map(FieldName::as_str))?;
        members.serialize_field("offset", &self.offset)?;
        members.serialize_field("status", &self.status())?;
        members.end()
    }
}
