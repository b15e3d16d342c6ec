//! The page: one file with all that it needs, and the audits in it as data.

use crate::results::Results;
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

/// JSON in which no character can end the script that it stands in, or begin a comment there.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_their_script() {
        assert_eq!(harmless(r#"["</script><!--&"]"#), r#"["\u003c/script\u003e\u003c!--\u0026"]"#);
        assert_eq!(PAGE.matches(PLACE).count(), 1);
    }
}
