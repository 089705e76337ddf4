#!/bin/sh
# What the scripts beside this file share: where the project is, what version it has, sums, and how trouble is told.
# Sourced by them; each of them says in its first lines what it needs and makes.
set -eu
project=$(CDPATH='' cd -P "$(dirname "$0")/../.." && pwd)

fail() {
    printf '%s: %s\n' "bin/release/$(basename "$0")" "$1" >&2
    [ -n "${2:-}" ] && printf '  hint: %s\n' "$2" >&2
    exit "${3:-1}"
}

usage() {
    fail "$1" "usage: bin/release/$(basename "$0") $2" 2
}

need() {
    command -v "$1" >/dev/null 2>&1 || fail "\`$1\` is missing" "${2:-}"
}

# The version in Cargo.toml, of which every other place is made.
version() {
    sed -n 's/^version = "\(.*\)"/\1/p' "$project/Cargo.toml" | head -n 1
}

# The moment that files are dated with: that of the commit, unless the caller knows better.
set_epoch() {
    if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
        SOURCE_DATE_EPOCH=$(git -C "$project" log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=0
    fi
    export SOURCE_DATE_EPOCH
}

# Writes the SHA-256 of files, with their names as they were given.
sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$@"
    else
        shasum -a 256 "$@"
    fi
}

# An absolute path for a folder, which is made.
folder() {
    mkdir -p "$1"
    (CDPATH='' cd -P "$1" && pwd)
}
