#!/bin/sh
# Measures agentos and prints the tables of docs/performance.md: `bench/run.sh [--quick] [--binary FILE]`.
# `--only duplicates` measures by a test of the optimised library how soon 5,000 issues are compared with each other.
# Needs cargo, git and python3; strace, where it is there, adds the counts of system calls.
set -eu
cd "$(dirname "$0")/.."
case " $* " in
*" --only duplicates "*) exec cargo test --release --lib five_thousand -- --ignored --nocapture ;;
esac
command -v python3 >/dev/null || { echo "bench: python3 is needed" >&2; exit 2; }
case " $* " in
*" --binary "*) ;;
*) cargo build --release --quiet ;;
esac
exec python3 -B bench/measure.py "$@"
