//! Figures and the bars that they have to meet.
#![allow(clippy::needless_pass_by_value, reason = "figures are numbers, which nobody wants to borrow")]

use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicBool, Ordering};

static MISSED: AtomicBool = AtomicBool::new(false);

/// Prints a figure that has no bar.
pub(crate) fn figure(name: &str, value: impl Display) {
    println!("        {name}: {value}");
}

/// Prints a figure that must be exactly this.
pub(crate) fn equal<T: PartialEq + Debug>(name: &str, value: T, bar: T) {
    tell(value == bar, name, format_args!("{value:?}"), format_args!("{bar:?}"));
}

/// Prints a figure that must be below its bar.
pub(crate) fn below<T: PartialOrd + Debug>(name: &str, value: T, bar: T) {
    tell(value < bar, name, format_args!("{value:?}"), format_args!("below {bar:?}"));
}

/// Prints a figure that must be at or above its bar.
pub(crate) fn at_least<T: PartialOrd + Debug>(name: &str, value: T, bar: T) {
    tell(value >= bar, name, format_args!("{value:?}"), format_args!("at least {bar:?}"));
}

fn tell(met: bool, name: &str, value: impl Display, bar: impl Display) {
    println!("  {}  {name}: {value} (bar: {bar})", if met { " ok " } else { "MISS" });
    if !met {
        MISSED.store(true, Ordering::Relaxed);
    }
}

/// Whether no bar was missed since this was last asked.
pub(crate) fn all_met() -> bool {
    !MISSED.swap(false, Ordering::Relaxed)
}
