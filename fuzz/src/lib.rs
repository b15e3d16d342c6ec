//! What the fuzz targets check: one oracle for each, those of `crates/testing`. They are plain functions, so that any
//! toolchain and any fuzzer can call them.
#![forbid(unsafe_code)]

pub use hanotify_mutate::mutate;
pub use hanotify_testing::oracles::*;

/// Makes libFuzzer mutate messages with [`mutate`]: for a target whose input is a message.
#[macro_export]
macro_rules! message_mutator {
    () => {
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            match $crate::mutate(data, size, max_size, seed) {
                Some(len) => len,
                None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
            }
        });
    };
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_target_keeps_its_law_on_its_seeds() {
        for (target, oracle) in ALL {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/fuzz").join(target);
            let seeds: Vec<_> = std::fs::read_dir(folder).expect(target).collect::<Result<_, _>>().expect(target);
            assert!(!seeds.is_empty(), "{target}");
            for seed in seeds {
                println!("{}", seed.path().display());
                oracle(&std::fs::read(seed.path()).expect("a seed"));
            }
        }
    }

    #[test]
    fn every_oracle_has_a_target_and_every_target_an_oracle() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
        let entries: Vec<_> = std::fs::read_dir(folder).expect("targets").collect::<Result<_, _>>().expect("targets");
        let mut targets: Vec<_> = entries.iter().map(|entry| entry.path().file_stem().unwrap().to_owned()).collect();
        targets.sort();
        assert_eq!(targets, ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let manifest = include_str!("../Cargo.toml");
        for (name, _) in ALL {
            assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n")), "{name}");
        }
    }
}
