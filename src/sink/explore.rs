//! Runs of two threads under the model checker: all of them, or many.

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// What a model does in the short form and in the long one, which the environment variable `HANOTIFY_LONG` asks for.
pub(super) fn is_long() -> bool {
    std::env::var_os("HANOTIFY_LONG").is_some()
}

/// Runs it in every order in which its threads can take their steps: deadlocks and panics fail.
pub(super) fn in_every_order(name: &str, run: impl Fn() + Send + Sync + 'static) {
    let orders = Runner::new(DfsScheduler::new(None, false), Config::new()).run(run);
    std::println!("{name}: all of {orders} orders");
    assert!(orders > 100, "two threads that never meet show nothing");
}

/// Runs it in many orders, evenly random ones and ones in which a thread is held up for long.
pub(super) fn in_many_orders(name: &str, run: impl Fn() + Copy + Send + Sync + 'static) {
    let orders = if is_long() { 50_000 } else { 300 };
    Runner::new(RandomScheduler::new(orders), Config::new()).run(run);
    Runner::new(PctScheduler::new(3, orders), Config::new()).run(run);
    std::println!("{name}: {} orders", 2 * orders);
}
