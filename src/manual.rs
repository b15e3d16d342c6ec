//! The pages of this project for who links the library and for who runs it, as they are in the folder `docs/`.
//!
//! They are in the documentation alone: no program has this module.
//
// A page links to another one by a label, whose target stands at the page's end: a file, as the folder has it. Here are
// no such files, so the target is defined in front of the page too, and of two definitions Markdown takes the first.
// `.ci/docsrs` finds what was forgotten.

#[doc = include_str!("../docs/protocol.md")]
pub mod protocol {}

// Its examples are tests.
#[cfg(any(not(doctest), all(feature = "json", feature = "server", feature = "tracing")))]
#[doc = include_str!("../docs/sinks.md")]
pub mod sinks {}

#[doc = "[refusals]: protocol#refusals"]
#[doc = "[sinks]: sinks"]
#[doc = "[sizing]: sizing"]
#[doc = "[systemd]: systemd"]
#[doc = ""]
#[doc = include_str!("../docs/operating.md")]
pub mod operating {}

#[doc = include_str!("../docs/sizing.md")]
pub mod sizing {}

#[doc = "[memory]: operating#memory"]
#[doc = ""]
#[doc = include_str!("../docs/systemd.md")]
pub mod systemd {}
