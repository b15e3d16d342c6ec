//! `hanotify send`, against receivers that behave in every way they can.

mod patience;
mod place;
mod replies;
mod usage;
