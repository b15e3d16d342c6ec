//! An error and everything that caused it, in one line.

use std::error::Error;
use std::fmt;
use std::string::ToString;

/// The error's text and those of its causes, the outermost first.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0.to_string();
        f.write_str(&text)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            let of_inner = inner.to_string();
            // Some errors repeat their cause in their own text.
            if !text.ends_with(&of_inner) {
                write!(f, ": {of_inner}")?;
            }
            text = of_inner;
            cause = inner.source();
        }
        Ok(())
    }
}

/// Makes the error's `Debug` its [`Chain`]: a `main` that returns the error prints the `Debug`, and a person reads it.
macro_rules! debug_as_chain {
    ($($error:ty)+) => {
        $(impl ::std::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&$crate::chain::Chain(self), f)
            }
        })+
    };
}

pub(crate) use debug_as_chain;

#[cfg(test)]
mod tests {
    use std::format;
    use std::io;

    use super::*;

    #[derive(thiserror::Error)]
    enum Nested {
        #[error("outer")]
        Outer(#[source] io::Error),
        #[error("it says it: {0}")]
        Repeats(#[source] io::Error),
    }

    debug_as_chain! { Nested }

    #[test]
    fn each_cause_is_there_once() {
        let cause = || io::Error::other("inner");
        assert_eq!(format!("{:?}", Nested::Outer(cause())), "outer: inner");
        assert_eq!(format!("{:?}", Nested::Repeats(cause())), "it says it: inner");
        assert_eq!(Chain(&io::Error::other(Nested::Outer(cause()))).to_string(), "outer: inner");
    }
}
