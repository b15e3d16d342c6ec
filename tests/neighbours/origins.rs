//! The messages that the neighbourhoods are around.

use std::fs;
use std::path::Path;

/// A message to look around.
pub(crate) struct Origin {
    pub(crate) name: String,
    pub(crate) message: Vec<u8>,
}

impl Origin {
    /// How many messages there are with two bytes replaced.
    pub(crate) fn pairs(&self) -> u64 {
        let len = self.message.len() as u64;
        len * (len - 1) / 2 * 255 * 255
    }
}

/// The messages that real senders sent.
pub(crate) fn captures() -> Vec<Origin> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/captures");
    let files = fs::read_dir(folder).expect("the captures").map(|file| file.expect("a file").path());
    let mut captures: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .map(|path| Origin {
            name: path.file_name().expect("a file").to_string_lossy().into_owned(),
            message: fs::read(&path).expect("a capture"),
        })
        .collect();
    captures.sort_by(|a, b| a.name.cmp(&b.name));
    captures
}

/// The shortest acceptable message: the shorter method, no field but the three, no white space, the shortest host and
/// state.
pub(crate) fn shortest() -> Origin {
    let head = "GET / HTTP/1.1\r\nHost:a\r\n\
        X-Neutron-Router-Id:9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State:fault\r\n\r\n";
    Origin { name: "the shortest acceptable message".into(), message: head.into() }
}

/// The message that the shell monitor sends.
pub(crate) fn curl() -> Origin {
    let is_curl = |capture: &Origin| capture.name == "curl-7.88.1-post.http";
    captures().into_iter().find(is_curl).expect("curl's capture")
}
