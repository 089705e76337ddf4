#!/bin/sh
# Measures agentos and prints the tables of docs/performance.md: `bench/run.sh [--quick] [--binary FILE]`.
# Needs cargo, git and python3; strace, where it is there, adds the counts of system calls.
set -eu
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "bench: python3 is needed" >&2; exit 2; }
case " $* " in
*" --binary "*) ;;
*) cargo build --release --quiet ;;
esac
exec python3 -B bench/measure.py "$@"
