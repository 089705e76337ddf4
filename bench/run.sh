#!/bin/sh
# Measures agentos and prints the tables of docs/performance.md, in at most twelve minutes; they are kept in target/bench/*.md, the whole in
# one table in target/bench/summary.md. `bench/run.sh [--quick] [--only PART] [--binary FILE] [--write]`; `--summary` prints that of the last
# whole run again, `--write` puts the tables into docs/performance.md.
# `--only duplicates` measures by a test of the optimised library how soon 5,000 issues are compared with each other.
# The binary of releases is measured too where it was built: `cargo build --profile dist`.
# Needs cargo, git and python3; strace, where it is there, adds the counts of system calls.
set -eu
cd "$(dirname "$0")/.."
case " $* " in
*" --only duplicates "*) exec cargo test --release --lib five_thousand -- --ignored --nocapture ;;
esac
command -v python3 >/dev/null || { echo "bench: python3 is needed" >&2; exit 2; }
case " $* " in
*" --summary "*) exec python3 -B bench/measure.py "$@" ;;
esac
case " $* " in
*" --binary "*) ;;
*) cargo build --release --quiet ;;
esac
case " $* " in
*" --only github "*) cargo build --quiet --example fake-github ;;
*" --only "*) ;;
*) cargo build --quiet --example fake-github ;;
esac
exec python3 -B bench/measure.py "$@"
