//! The usual spelling of the commands that a host runs all the time, `send` and `serve`.
//!
//! Clap's knowledge of every command, its help and its mistakes takes a sender longer than sending, and a server more memory than
//! 4,096 connections. Arguments that are all spelled in full need none of it. Whatever is spelled otherwise, or makes no sense, is left to
//! clap, and a property test proves that both understand the same.

use std::ffi::OsString;

use crate::{Cli, send, serve};

/// Nothing wrong, as far as is known here: the arguments are for clap to read.
pub(super) struct ForClap;

/// What the arguments say, the program's name first.
pub(super) fn understood(args: impl IntoIterator<Item = OsString>) -> Result<Cli, ForClap> {
    let args = args.into_iter().skip(1).map(|arg| arg.into_string().map_err(|_| ForClap));
    let args = args.collect::<Result<Vec<_>, _>>()?;
    let (command, args) = args.split_first().ok_or(ForClap)?;
    match command.as_str() {
        "send" => Options::split(args, &["verbose"])?.all_for(send::Send::quick).map(Cli::Send),
        "serve" => {
            let serve = Options::split(args, &["legacy", "sandbox"])?.all_for(serve::Serve::quick)?;
            Ok(Cli::Serve(Box::new(serve)))
        }
        _ => Err(ForClap),
    }
}

/// Options that were given and not yet taken: their names, and their values if they are no switches.
pub(super) struct Options<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> Options<'a> {
    /// Options that are all spelled `--name VALUE`, `--name=VALUE` or, for these switches, `--name`.
    fn split(args: &'a [String], switches: &[&str]) -> Result<Self, ForClap> {
        let mut given = Vec::with_capacity(args.len());
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let option = arg.strip_prefix("--").ok_or(ForClap)?;
            given.push(match option.split_once('=') {
                _ if switches.contains(&option) => (option, None),
                Some((name, value)) => (name, Some(value)),
                None => (option, args.next().map(String::as_str).filter(|value| !value.starts_with('-'))),
            });
        }
        Ok(Self(given))
    }

    /// What `read` makes of the options, if it takes them all.
    fn all_for<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T, ForClap>) -> Result<T, ForClap> {
        let value = read(&mut self)?;
        if self.0.is_empty() { Ok(value) } else { Err(ForClap) }
    }

    /// The value of an option that may be there once.
    pub(super) fn one<T, E>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<Option<T>, ForClap> {
        let mut values = self.all(name, parse)?;
        let value = values.pop();
        if values.is_empty() { Ok(value) } else { Err(ForClap) }
    }

    /// The value of an option that may be there once, or what it is without.
    pub(super) fn or<T, E>(
        &mut self,
        name: &str,
        default: T,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, ForClap> {
        Ok(self.one(name, parse)?.unwrap_or(default))
    }

    /// The values of an option that may be there any number of times.
    pub(super) fn all<T, E>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<Vec<T>, ForClap> {
        let given = self.0.extract_if(.., |(given, _)| *given == name);
        let value = |value: Option<&str>| parse(value.filter(|value| !value.is_empty())?).ok();
        given.map(|(_, given)| value(given).ok_or(ForClap)).collect()
    }

    /// Whether a switch is there, which it may be once.
    pub(super) fn switch(&mut self, name: &str) -> Result<bool, ForClap> {
        let given = self.0.extract_if(.., |(given, _)| *given == name);
        match given.collect::<Vec<_>>().as_slice() {
            [] => Ok(false),
            [(_, None)] => Ok(true),
            _ => Err(ForClap),
        }
    }
}

#[cfg(test)]
mod tests;
