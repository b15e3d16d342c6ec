//! A verdict in words: as a line of JSON, or as a compiler shows an error.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use hanotify::{Error, ErrorKind, FieldName, Notification};
use hanotify_audit::report::printable_json;
use serde_json::Value;

use super::advice::advice;
use super::excerpt::Excerpt;
use crate::output::{Format, Printable};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const MARGIN: Style = AnsiColor::Blue.on_default().bold();
const STRONG: Style = Style::new().bold();

/// An input, and what became of it.
pub(super) struct Report<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) verdict: Result<Notification, Error>,
}

impl Report<'_> {
    /// Writes the verdict.
    pub(super) fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Json => self.json(out),
            Format::Text => self.text(out),
        }
    }

    /// Writes one JSON object, on one line, with its members in the documented order.
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let input = printable_json(&Value::from(self.name).to_string());
        match self.verdict {
            Ok(Notification { router_id, state }) => {
                writeln!(out, r#"{{"input":{input},"verdict":"accepted","router_id":"{router_id}","state":"{state}"}}"#)
            }
            Err(Error { kind, offset, .. }) => {
                let field = Value::from(kind.field().map(FieldName::as_str));
                write!(out, r#"{{"input":{input},"verdict":"refused","error":"{}","field":{field},"#, kind.name())?;
                let message = Value::from(kind.to_string());
                writeln!(out, r#""offset":{offset},"status":{},"message":{message}}}"#, kind.status())
            }
        }
    }

    /// Writes a line for an accepted input, and for a refused one the place and what to do.
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.verdict {
            Ok(Notification { router_id, state }) => {
                writeln!(out, "{GOOD}accepted{GOOD:#}  {state:<7}  {router_id}  {}", Printable(self.name))
            }
            Err(refused) => self.refusal(refused, out),
        }
    }

    fn refusal(&self, refused: Error, out: &mut dyn Write) -> io::Result<()> {
        let Error { kind, offset, .. } = refused;
        let Excerpt { line, column, text, caret } = Excerpt::new(self.bytes, offset);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(out, "{BAD}refused[{}]{BAD:#}{STRONG}: {kind}{STRONG:#}", kind.name())?;
        let name = Printable(self.name);
        writeln!(out, "{margin}{MARGIN}-->{MARGIN:#} {name}:{line}:{column} (byte {offset})")?;
        writeln!(out, "{margin} {MARGIN}|{MARGIN:#}")?;
        writeln!(out, "{MARGIN}{number} |{MARGIN:#} {text}")?;
        let end = if offset == self.bytes.len() { " the input ends here" } else { "" };
        writeln!(out, "{margin} {MARGIN}|{MARGIN:#} {:caret$}{BAD}^{end}{BAD:#}", "")?;
        if let Some(advice) = advice(refused, self.bytes) {
            writeln!(out, "{margin} {MARGIN}={MARGIN:#} {STRONG}help{STRONG:#}: {advice}")?;
        }
        // On a live connection, what follows the message is not looked at.
        if kind != ErrorKind::TrailingBytes {
            writeln!(out, "{margin} {MARGIN}={MARGIN:#} {STRONG}note{STRONG:#}: a server replies {}", kind.status())?;
        }
        writeln!(out)
    }
}
