//! The filter against the oracle's model, for scripts of proptest's.

use hanotify::HaState;
use hanotify_testing::oracles::debounce::{self, ROUTERS, Script, Step};
use proptest::collection::vec;
use proptest::prelude::*;

fn script() -> impl Strategy<Value = Script> {
    let router = 0..ROUTERS;
    let step = prop_oneof![
        8 => (router.clone(), prop::sample::select(&HaState::ALL)).prop_map(|(n, state)| Step::Notified(n, state)),
        1 => router.clone().prop_map(Step::Again),
        1 => router.prop_map(Step::Forget),
    ];
    let steps = vec((0_u64..6, step), 0..40).prop_map(|mut steps| {
        let mut now = 0;
        for (time, _) in &mut steps {
            now += *time;
            *time = now;
        }
        steps
    });
    (steps, [0_u64..9, 0..5, 0..5], 1_u64..6, vec((0_u64..100, 0_u64..20), 0..4))
        .prop_map(|(steps, windows, retry, outages)| Script { steps, windows, retry, outages })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        if std::env::var_os("HANOTIFY_LONG").is_some() { 20_000 } else { 500 }
    ))]

    #[test]
    fn the_filter_reports_what_the_model_reports_and_when(script in script()) {
        debounce::agree(&script);
    }
}
