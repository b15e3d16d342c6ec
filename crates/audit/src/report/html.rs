//! The page: one file with all that it needs, and the audits in it as data.

use std::fmt::Write as _;

use crate::results::{Results, is_plain};
use crate::vectors::Weakness;

const PAGE: &str = include_str!("page.html");
/// What stands in the page where the data belong.
const PLACE: &str = "{{data}}";

/// The page with these audits side by side.
pub(super) fn page(audits: &[Results]) -> Result<String, serde_json::Error> {
    let weaknesses = Weakness::ALL.map(Weakness::code_and_title);
    let data = serde_json::to_string(&(weaknesses, audits))?;
    Ok(PAGE.replace(PLACE, &harmless(&data)))
}

/// JSON in which no character can end the script that it stands in, or begin a comment there. What would change the
/// order of the page's words, or not be seen, becomes words: `\u{202e}`.
fn harmless(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len());
    for char in json.chars() {
        let _ = match char {
            '<' | '>' | '&' => write!(harmless, "\\u{:04x}", u32::from(char)),
            _ if is_plain(char) => harmless.write_char(char),
            _ => write!(harmless, "\\\\u{{{:x}}}", u32::from(char)),
        };
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_their_script() {
        assert_eq!(harmless(r#"["</script><!--&"]"#), r#"["\u003c/script\u003e\u003c!--\u0026"]"#);
        assert_eq!(harmless("[\"é\u{202e}\u{7f}\u{9b}\"]"), r#"["é\\u{202e}\\u{7f}\\u{9b}"]"#);
        assert_eq!(PAGE.matches(PLACE).count(), 1);
    }
}
