#!/bin/bash -eu
# Copyright 2026 the hanotify authors
#
# Licensed under the Apache License, Version 2.0 (http://www.apache.org/licenses/LICENSE-2.0) or the MIT license, at
# your choice.

# Builds every fuzz target for ClusterFuzz, with its seeds, dictionary and options beside it. Runs in the builder image
# of OSS-Fuzz or of ClusterFuzzLite.
#
# The image's Rust is a nightly of 1.91, which is enough: `check`, beside this file, fails when a dependency wants a
# newer one. Then install one here and name it, which overrides the image's:
#
#     rustup toolchain install nightly-2026-05-20 --profile minimal --component rust-src
#     export RUSTUP_TOOLCHAIN=nightly-2026-05-20

cd "$SRC/hanotify"
cargo fuzz build -O --debug-assertions

# Not `cargo fuzz list`: in a coverage build the image makes a build of every `cargo fuzz`.
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"

  # The target's own corpus, and every real message and every input that ever failed, whatever it is called.
  # Not an empty one: every fuzzer begins with it, and no file is read for it.
  mapfile -t seeds < <(find corpus/captures corpus/crashes -type f -size +0 ! -name '*.md' | LC_ALL=C sort)
  if [ -d "corpus/fuzz/$target" ]; then
    seeds+=("corpus/fuzz/$target")
  fi
  zip -q -j -r "$OUT/${target}_seed_corpus.zip" "${seeds[@]}"

  cp fuzz/hanotify.dict "$OUT/$target.dict"
  options=fuzz/oss-fuzz/$target.options
  [ -f "$options" ] || options=fuzz/oss-fuzz/default.options
  cp "$options" "$OUT/$target.options"
done
