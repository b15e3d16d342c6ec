//! Manual pages with the sections that a manual has: EXIT STATUS, EXAMPLES and others, where `clap_mangen` has EXTRA
//! alone.

use std::io;
use std::path::Path;

use clap::Command;
use clap::builder::Resettable;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::output::write_file;

/// Writes a page for this command, and one for each command below it that isn't hidden.
pub(super) fn write_all(command: Command, folder: &Path) -> io::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write(&command, folder)
}

fn write(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below, folder)?;
    }
    let man = Man::new(command.clone().after_long_help(Resettable::Reset));
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    write_file(&folder.join(man.get_filename()), with_sections(&page, &help).as_bytes())
}

/// The page with a section for each part of the help that stands after the options.
fn with_sections(page: &str, help: &str) -> String {
    let mut sections = Roff::new();
    for part in help.split("\n\n") {
        section(&mut sections, part);
    }
    // The page has begun with the definition of an apostrophe, which the shell takes for one; once is enough.
    let sections = sections.render();
    let sections = sections.strip_prefix(&Roff::new().render()).unwrap_or(&sections);
    // The version comes last, as in other manuals.
    match page.split_once(".SH VERSION\n") {
        Some((before, version)) => format!("{before}{sections}.SH VERSION\n{version}"),
        None => format!("{page}{sections}"),
    }
}

fn section(roff: &mut Roff, part: &str) {
    match part.split_once(":\n") {
        Some(("Exit status", codes)) => {
            roff.control("SH", ["EXIT STATUS"]);
            entries(roff, codes);
        }
        Some((heading, text)) if !heading.contains('\n') => {
            roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
            for line in text.lines() {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
            roff.control("fi", []);
        }
        _ => {
            roff.control("SH", ["NOTES"]).text([roman(part.replace('\n', " "))]);
        }
    }
}

/// Exit codes, each with what it means; a line that goes on with a meaning is indented deeper.
fn entries(roff: &mut Roff, codes: &str) {
    for line in codes.lines() {
        match line.strip_prefix("  ").unwrap_or(line).split_once("  ") {
            Some((code, meaning)) if !code.is_empty() => {
                roff.control("TP", []).text([bold(code)]).text([roman(meaning)]);
            }
            _ => {
                roff.text([roman(line.trim_start())]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_help_is_a_section() {
        let help =
            "Exit status:\n  0  good\n  2  bad, and\n     worse\n\nExamples:\n  x 'y'\n    z\n\nBut:\nthis is\nso too";
        let page = with_sections("before\n.SH VERSION\nv1\n", help);
        let expected = "before\n.SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\ngood\n.TP\n\\fB2\\fR\nbad, and\nworse\n\
            .SH EXAMPLES\n.nf\nx \\*(Aqy\\*(Aq\n  z\n.fi\n.SH BUT\n.nf\nthis is\nso too\n.fi\n.SH VERSION\nv1\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn a_part_without_a_heading_is_a_note() {
        assert_eq!(with_sections("a\n", "One thing: it\nis so."), "a\n.SH NOTES\nOne thing: it is so.\n");
    }
}
