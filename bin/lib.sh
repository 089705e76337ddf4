#!/bin/sh
# What the cron wrappers beside this file share: a PATH that reaches the agents' command lines, the binary, one banner line, exec.
# Cron starts programs with next to no environment; everything here works under `env -i` and with any POSIX shell.
# Sourced by the wrappers, which call `run_job <this folder> <job> <arguments>`.

# Says why nothing was started, and how to mend it; 2 is the exit code for configuration errors.
give_up() {
    printf 'agentos: %s\n  hint: %s\n' "$1" "$2" >&2
    exit 2
}

# Sets HOME where cron or `env -i` left it out: agents and git look for logins and settings there.
find_home() {
    [ -n "${HOME:-}" ] && return 0
    command -v getent >/dev/null 2>&1 || return 0
    HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
    export HOME
}

# Puts a folder in front of the PATH when it exists and is not there yet.
put_in_front() {
    [ -d "$1" ] || return 0
    case ":$PATH:" in
        *":$1:"*) ;;
        *) PATH=$1:$PATH ;;
    esac
}

# Every Node version of nvm that has a bin folder, oldest first. Sourcing nvm itself costs a second per run.
nvm_folders() {
    for folder in "$1"/versions/node/v*/bin; do
        [ -d "$folder" ] || continue
        version=${folder%/bin}
        printf '%s\n' "${version##*/v}"
    done | sort -t. -k1,1n -k2,2n -k3,3n
}

# Makes user-local installs of git, Node and the agents reachable; what is named last ends up first.
set_path() {
    PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
    put_in_front /home/linuxbrew/.linuxbrew/bin
    put_in_front /opt/homebrew/bin
    put_in_front /usr/local/bin
    if [ -n "${HOME:-}" ]; then
        nvm=${NVM_DIR:-$HOME/.nvm}
        for version in $(nvm_folders "$nvm"); do
            put_in_front "$nvm/versions/node/v$version/bin"
        done
        for folder in .asdf/shims .volta/bin .bun/bin .local/share/pnpm .npm-global/bin .cargo/bin bin .local/bin; do
            put_in_front "$HOME/$folder"
        done
    fi
    export PATH
}

# Prints the binary's path: $AGENTOS_BIN, a build of this checkout, beside this script, on the PATH.
find_binary() {
    if [ -n "${AGENTOS_BIN:-}" ]; then
        [ -x "$AGENTOS_BIN" ] || give_up "AGENTOS_BIN is $AGENTOS_BIN, which is no program that can be run" \
            "correct the path, or take AGENTOS_BIN away"
        printf '%s\n' "$AGENTOS_BIN"
        return 0
    fi
    for candidate in "$here/../target/release/agentos" "$here/agentos"; do
        if [ -f "$candidate" ] && [ -x "$candidate" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    command -v agentos || give_up "the program agentos was not found" \
        "build it with 'cargo build --release', or set AGENTOS_BIN to its path"
}

# Names the configuration above this folder, unless something else names a configuration or a root already.
# The configuration and not the root: a `root_dir` inside it must still count.
find_config() {
    [ -z "${AGENTOS_CONFIG:-}${AGENT_OS_CONFIG:-}${AGENTOS_ROOT:-}${ORCH_ROOT:-}" ] || return 0
    for argument in "$@"; do
        case $argument in
            --config | --config=* | --root | --root=*) return 0 ;;
        esac
    done
    [ -f "$here/../config.yaml" ] || return 0
    AGENTOS_CONFIG=$(cd -P "$here/.." && pwd)/config.yaml
    export AGENTOS_CONFIG
}

# Becomes `agentos <job> <arguments>`; the first argument is the folder of the wrappers.
run_job() {
    here=$1
    job=$2
    shift 2
    find_home
    set_path
    find_config "$@"
    binary=$(find_binary) || exit $?
    printf '[%s] %s start\n' "$(date +%Y-%m-%dT%H:%M:%S%z)" "$job" >&2
    exec "$binary" "$job" "$@"
}
