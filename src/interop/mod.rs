//! The types of this crate in the words of other crates, each behind the feature of that crate's name.

#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "uuid")]
mod uuid;
