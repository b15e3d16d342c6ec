//! The pages that readers have not read to their end: made for each reader, and shared where many are slow.

use std::io::{self, Write};
use std::sync::{Arc, Weak};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::accept::Accepts;
use super::http::Pages;

/// Pages of one path, form and coding that there are at a time. Readers beyond have the newest of them, which is no
/// older than the reader for whom it was made may be.
const COPIES: usize = 2;

/// What readers get, made by what is shown.
pub(super) struct Desk {
    pub(super) pages: Box<dyn Pages>,
    /// What somebody may be reading, the newest last.
    given: Vec<Given>,
}

struct Given {
    path: String,
    accepts: Accepts,
    kind: &'static str,
    is_packed: bool,
    content: Weak<Vec<u8>>,
}

/// A page as it is sent.
pub(super) struct Page {
    pub(super) kind: &'static str,
    pub(super) is_packed: bool,
    pub(super) content: Arc<Vec<u8>>,
}

impl Desk {
    pub(super) fn new(pages: Box<dyn Pages>) -> Self {
        Self { pages, given: Vec::new() }
    }

    /// The page of this path; `None` if there is none.
    pub(super) fn page(&mut self, path: &str, accepts: Accepts) -> Option<Page> {
        self.given.retain(|given| given.content.strong_count() > 0);
        let alike = || self.given.iter().rev().filter(|given| given.path == path && given.accepts == accepts);
        if alike().count() >= COPIES {
            let Given { kind, is_packed, content, .. } = alike().next()?;
            return Some(Page { kind, is_packed: *is_packed, content: content.upgrade()? });
        }
        let (kind, mut page) = self.pages.page(path, accepts.format)?;
        page.shrink_to_fit();
        let (is_packed, content) = match accepts.gzip.then(|| gzip(page.as_bytes())) {
            Some(Ok(packed)) => (true, Arc::new(packed)),
            _ => (false, Arc::new(page.into_bytes())),
        };
        self.given.push(Given { path: path.into(), accepts, kind, is_packed, content: Arc::downgrade(&content) });
        Some(Page { kind, is_packed, content })
    }
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::fd::BorrowedFd;

    use super::*;
    use crate::serve::metrics::accept::Format;

    /// Pages whose content is how many were made.
    struct Numbers(Cell<u32>);

    impl Pages for Numbers {
        fn admit(&self, _: BorrowedFd<'_>) -> bool {
            true
        }

        fn page(&self, path: &str, _: Format) -> Option<(&'static str, String)> {
            self.0.set(self.0.get() + 1);
            (path == "/a" || path == "/b").then(|| ("text/plain", self.0.get().to_string()))
        }

        fn directions(&self) -> &'static str {
            ""
        }
    }

    #[test]
    fn a_page_is_new_until_two_of_its_kind_are_being_read() {
        let mut desk = Desk::new(Box::new(Numbers(Cell::new(0))));
        let accepts = |gzip| Accepts { format: Format::Text, gzip };
        let mut read = |path: &str, gzip| desk.page(path, accepts(gzip)).map(|page| page.content).unwrap();
        let content = |page: &Arc<Vec<u8>>| String::from_utf8_lossy(page).into_owned();
        assert_eq!((content(&read("/a", false)), content(&read("/a", false))), ("1".into(), "2".into()));
        let mut held = [read("/a", false), read("/a", false), read("/a", false), read("/a", false)];
        assert_eq!(held.each_ref().map(content), ["3", "4", "4", "4"]);
        // Another path and another coding are other pages.
        assert_eq!(content(&read("/b", false)), "5");
        assert!(read("/a", true).starts_with(&[0x1f, 0x8b]));
        held[0] = Arc::default();
        assert_eq!(content(&read("/a", false)), "7");
        assert!(desk.page("/c", accepts(false)).is_none());
        assert_eq!(desk.given.len(), 1, "what nobody reads is forgotten");
    }
}
