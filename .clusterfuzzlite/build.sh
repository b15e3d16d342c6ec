#!/bin/bash -eu
# The same build as OSS-Fuzz's.
exec bash -eu "$SRC/hanotify/fuzz/oss-fuzz/build.sh"
