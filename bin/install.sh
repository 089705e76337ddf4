#!/bin/sh
# Installs a release of agentos: install.sh [--version VERSION] [--prefix DIR] [--from URL|DIR] [--key KEY]
#
#   --version VERSION  this one [default: the newest release]
#   --prefix DIR       into DIR/bin [default: ~/.local]
#   --from URL|DIR     from a folder with the files of a release, here or on the web
#   --key KEY          the public key of the releases, in one line; the install script of a release has it
#
# The list of the release's files is held against its signature, and the program against the list, before anything is run or put in place.
# Needs curl or wget; openssl 3 (or gh) for the signature. Exit code 0: installed, 1: not, and why, 2: usage.
set -eu

# A release has these two filled in.
repository=''
key=''

say() {
    printf '%s\n' "$1" >&2
}

fail() {
    say "install.sh: $1"
    [ -z "${2:-}" ] || say "  hint: $2"
    exit "${3:-1}"
}

# The kind of machine, as the files of a release name it.
find_target() {
    case $(uname -s) in
        Linux) system=unknown-linux-musl ;;
        Darwin) system=apple-darwin ;;
        *) fail "there is no release for $(uname -s)" 'agentos needs Linux or macOS; a container or a virtual machine will do' ;;
    esac
    case $(uname -m) in
        x86_64 | amd64) target=x86_64-$system ;;
        aarch64 | arm64) target=aarch64-$system ;;
        *) fail "there is no release for $(uname -m)" 'build it from source: README.md says how' ;;
    esac
}

# Downloads an address into a file. Only encrypted, but from this machine itself.
download() {
    case $1 in
        https://*) scheme='=https' ;;
        http://127.0.0.1[:/]* | http://localhost[:/]*) scheme='=http' ;;
        *) fail "$1 is not read: only https addresses are" ;;
    esac
    if command -v curl >/dev/null 2>&1; then
        curl --proto "$scheme" --proto-redir "$scheme" --fail --silent --show-error --location --max-redirs 5 \
            --connect-timeout 10 --max-time 600 --max-filesize 209715200 --output "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --tries=1 --timeout=30 --max-redirect=5 --output-document="$2" "$1"
    else
        fail 'neither curl nor wget is there' 'install one of them'
    fi
}

# Brings a file of the release into the working folder.
bring() {
    case $from in
        '') fail 'this copy of install.sh is that of the source, and knows no releases' 'use --from, or the install.sh of a release' 2 ;;
        *://*) download "$from/$1" "$work/$1" || fail "$from/$1 was not downloaded" 'nothing was changed; try again' ;;
        *) cp "$from/$1" "$work/$1" 2>/dev/null || fail "there is no $1 in $from" ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

# Whether this openssl knows Ed25519 and signs and verifies with it as it is.
can_verify() {
    command -v openssl >/dev/null 2>&1 &&
        openssl genpkey -algorithm ed25519 -out "$work/try.key" 2>/dev/null &&
        openssl pkeyutl -sign -rawin -inkey "$work/try.key" -in "$work/SHA256SUMS" -out "$work/try.sig" 2>/dev/null
}

verify_list() {
    if [ -z "$key" ]; then
        say 'warning: without a key only the sum is compared: this shows a broken download, and not who made the program'
    elif can_verify; then
        bring SHA256SUMS.sig
        printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$key" >"$work/public"
        openssl pkeyutl -verify -rawin -pubin -inkey "$work/public" -in "$work/SHA256SUMS" \
            -sigfile "$work/SHA256SUMS.sig" >/dev/null 2>&1 ||
            fail 'the signature of the release does not hold' 'nothing was changed; tell the project (SECURITY.md)'
        say 'the signature of the release holds'
    else
        say 'warning: this openssl cannot verify the signature (openssl 3 can); only the sum is compared'
    fi
}

# Asks gh who built the program, where gh is there and logged in, and the program comes from the repository itself.
verify_origin() {
    [ -n "$repository" ] && [ -z "$from_elsewhere" ] && command -v gh >/dev/null 2>&1 || return 0
    gh auth status >/dev/null 2>&1 || return 0
    gh attestation --help >/dev/null 2>&1 || return 0
    gh attestation verify "$work/$file" --repo "$repository" >/dev/null 2>&1 ||
        fail "gh finds no attestation that $repository built $file" 'nothing was changed; tell the project (SECURITY.md)'
    say "gh finds that $repository built it"
}

# Finds the program in the list: one line, of the version that was asked for.
find_program() {
    found=$(grep -E "^[0-9a-f]{64}  agentos-[0-9][0-9A-Za-z.-]*-$target\$" "$work/SHA256SUMS" || true)
    [ -n "$found" ] || fail "the release has no program for $target"
    [ "$(printf '%s\n' "$found" | wc -l)" -eq 1 ] || fail "the release has several programs for $target"
    file=${found#*  }
    sum=${found%% *}
    released=${file#agentos-}
    released=${released%-"$target"}
    [ -z "$version" ] || [ "$released" = "$version" ] || fail "version $version was asked for, and the release there is $released"
}

# Puts the program in place in one step, so that one that is there works until then.
put_in_place() {
    mkdir -p "$prefix/bin" || fail "$prefix/bin cannot be made" 'choose another folder with --prefix'
    place=$prefix/bin/agentos
    [ ! -d "$place" ] || fail "$place is a folder"
    draft=$prefix/bin/.agentos.$$.new
    { cp "$work/$file" "$draft" && chmod 755 "$draft" && mv -f "$draft" "$place"; } || {
        rm -f "$draft"
        fail "$place cannot be written" 'choose another folder with --prefix'
    }
}

tell_what_is_next() {
    say "agentos $released is in $place"
    case ":${PATH:-}:" in
        *":$prefix/bin:"*) ;;
        *) say "put it on your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
    esac
    command -v git >/dev/null 2>&1 || say 'install git 2.38 or newer'
    [ "$system" = unknown-linux-musl ] || say 'here no kernel confines agents: read docs/sandbox.md before one works'
    say 'see it work, offline:  agentos demo'
    say 'your own repository:   agentos init'
}

main() {
    version='' prefix='' from='' from_elsewhere=''
    while [ $# -gt 0 ]; do
        case $1 in
            --version | --prefix | --from | --key) [ $# -ge 2 ] || fail "$1 needs a value" '' 2 ;;
        esac
        case $1 in
            --version) version=${2#v} && shift ;;
            --prefix) prefix=$2 && shift ;;
            --from) from=${2%/} && from_elsewhere=yes && shift ;;
            --key) key=$2 && shift ;;
            --help | -h)
                say 'install.sh [--version VERSION] [--prefix DIR] [--from URL|DIR] [--key KEY]'
                exit 0
                ;;
            *) fail "there is no option $1" 'install.sh [--version VERSION] [--prefix DIR] [--from URL|DIR] [--key KEY]' 2 ;;
        esac
        shift
    done
    case $version in
        *[!0-9A-Za-z.-]* | -*) fail "$version is no version" '' 2 ;;
    esac
    case $key in
        *[!A-Za-z0-9+/=]*) fail 'the key is none: it is one line of base64, as docs/release.md shows it' '' 2 ;;
    esac
    if [ -z "$prefix" ]; then
        [ -n "${HOME:-}" ] || fail 'HOME is not set' 'use --prefix' 2
        prefix=$HOME/.local
    fi
    if [ -z "$from" ] && [ -n "$repository" ]; then
        from=https://github.com/$repository/releases/latest/download
        [ -z "$version" ] || from=https://github.com/$repository/releases/download/v$version
    fi
    find_target
    umask 022
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    bring SHA256SUMS
    verify_list
    find_program
    # The newest release may be another one by now: the list that was verified says which to go on with.
    if [ -n "$repository" ] && [ -z "$from_elsewhere" ]; then
        from=https://github.com/$repository/releases/download/v$released
    fi
    bring "$file"
    [ "$(sha256 "$work/$file")" = "$sum" ] || fail "$file does not have the SHA-256 of the list" 'nothing was changed; try again'
    verify_origin
    chmod 755 "$work/$file"
    [ "$("$work/$file" --version 2>&1)" = "agentos $released" ] || fail 'the program does not work on this machine' 'nothing was changed'
    put_in_place
    tell_what_is_next
}

# At the very end, so that a copy of this script that breaks off does nothing.
main "$@"
