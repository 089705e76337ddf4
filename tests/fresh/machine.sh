#!/bin/sh
# A fresh machine: a new user with an empty home and nothing in its environment types what the README says, from the first command to the
# first merge; then the same user sets up a repository, and a real cron daemon ticks until an issue of it is merged.
#
# usage: tests/fresh/machine.sh FOLDER      (run by `bin/check fresh`; FOLDER is new and is kept)
#
# The commands are taken from README.md. What is brought along is what the README asks for: git, a C compiler and the Rust of this machine;
# downloaded crates are copied, so that the times are those of building and not of the network. As root a user is made, and removed in the
# end; else the home alone is new, and the part with cron is left out.
set -u

folder=${1:?usage: tests/fresh/machine.sh FOLDER}
tree=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
user=agentos-fresh
home=$folder/home
cron=''

say() {
    printf '%s\n' "$*"
}

fail() {
    say "FAILED: $*"
    exit 1
}

# A block of commands of the README: the first one that holds these words.
block() {
    awk -v words="$1" '
        /^```sh$/ { inside = 1; text = ""; next }
        /^```/ { if (inside && index(text, words)) { printf "%s", text; exit } inside = 0 }
        inside { text = text $0 "\n" }' "$tree/README.md"
}

# Runs a script as the new user, with a home and a path and nothing else; it is read from standard input.
typed() {
    path="$home/toolchain/bin:$home/.cargo/bin:$home/agentos/target/release:/usr/local/bin:/usr/bin:/bin"
    if [ "$is_user" = yes ]; then
        (cd "$home" && setpriv --reuid "$user" --regid "$user" --init-groups \
            env -i HOME="$home" USER="$user" LOGNAME="$user" PATH="$path" LANG=C.UTF-8 sh -eu -s)
    else
        (cd "$home" && env -i HOME="$home" PATH="$path" LANG=C.UTF-8 sh -eu -s)
    fi
}

leave() {
    [ -z "$cron" ] || kill "$cron" 2>/dev/null
    if [ "$is_user" = yes ]; then
        crontab -u "$user" -r 2>/dev/null
        userdel "$user" 2>/dev/null
    fi
}

make_user() {
    is_user=no
    [ "$(id -u)" = 0 ] && command -v useradd >/dev/null 2>&1 && command -v setpriv >/dev/null 2>&1 || return 0
    id "$user" >/dev/null 2>&1 && fail "there is a user $user already: remove it (userdel $user)"
    useradd --no-create-home --home-dir "$home" --shell /bin/sh "$user" || fail "no user could be made"
    is_user=yes
}

# Git, a compiler and Rust are all that the README asks for.
bring_along() {
    sysroot=$(rustc --print sysroot) || fail 'rustc is not there'
    mkdir "$home/toolchain" || exit 2
    for part in bin lib libexec; do
        [ -d "$sysroot/$part" ] || continue
        # The same files where that is possible, else copies.
        cp -al "$sysroot/$part" "$home/toolchain/" 2>/dev/null || cp -a "$sysroot/$part" "$home/toolchain/" ||
            fail 'no toolchain'
    done
    crates=${CARGO_HOME:-${HOME:-/root}/.cargo}
    mkdir -p "$home/.cargo/registry" "$home/src/hello"
    [ -f "$crates/config.toml" ] && cp "$crates/config.toml" "$home/.cargo/"
    for part in index cache; do
        [ -d "$crates/registry/$part" ] && cp -a "$crates/registry/$part" "$home/.cargo/registry/"
    done
    git clone --quiet --no-hardlinks "$tree" "$home/agentos" || fail 'the tree cannot be cloned'
    if [ "$is_user" = yes ]; then
        chmod 711 "$folder"
        chown "$user": "$home"
        chown -R "$user": "$home/.cargo" "$home/agentos" "$home/src"
    fi
}

# The README's first command, to the first merge.
first_merge() {
    command=$(block 'demo' | sed -n '/demo/{p;q;}')
    [ -n "$command" ] || fail 'the README has no command for the demo'
    say "\$ ${command%%#*}"
    began=$(date +%s)
    typed >"$folder/demo.log" 2>&1 <<TYPED || fail "the demo: $(tail -n 20 "$folder/demo.log")"
cd "$home/agentos"
$command
TYPED
    say "first command to the last merge of the demo: $(($(date +%s) - began)) s, $(grep -E '^[0-9]+ of [0-9]+ issues merged' "$folder/demo.log")"
    install=$(block 'demo' | sed -n '/^cargo install/{p;q;}')
    [ -n "$install" ] || return 0
    say "\$ ${install%%#*}"
    began=$(date +%s)
    typed >"$folder/install.log" 2>&1 <<TYPED || fail "the installation: $(tail -n 20 "$folder/install.log")"
cd "$home/agentos"
$install
TYPED
    say "installation: $(($(date +%s) - began)) s"
}

# A repository of one's own: what the README says, with an agent that is a command.
own_repository() {
    typed >"$folder/repository.log" 2>&1 <<'TYPED' || fail "a repository: $(cat "$folder/repository.log")"
cd src/hello
git init --quiet --initial-branch=main
printf 'Hello.\n' > hello.txt
printf 'grep -q Hello hello.txt\n' > test.sh
git add --all
git -c user.name=new -c user.email=new@localhost commit --quiet -m 'Say hello'
mkdir -p "$HOME/bin"
cat > "$HOME/bin/house-bot" <<'BOT'
#!/bin/sh
# The least that an agent does: it reads what it is told, changes a file, and says what it did.
cat > /dev/null
printf 'Hello again.\n' >> hello.txt
cat > .agent_result.md <<'RESULT'
STATUS: complete
BLOCKER_CODE: none
SUMMARY: Said hello again.
DONE:
- one more line in hello.txt
TESTS_RUN:
- sh test.sh
RESULT
BOT
chmod 700 "$HOME/bin/house-bot"
TYPED
    setup=$(block 'agentos init --local')
    [ -n "$setup" ] || fail 'the README has no block with agentos init --local'
    init=$(printf '%s\n' "$setup" | sed -n '1,/agentos init/p')
    rest=$(printf '%s\n' "$setup" | sed '1,/agentos init/d')
    began=$(date +%s)
    # Nobody answers questions here: the test command is given, and the agent is added as the README says.
    typed >"$folder/init.log" 2>&1 <<TYPED || fail "init: $(cat "$folder/init.log")"
$init --yes --test-command 'sh test.sh'
printf 'agents:\n  house-bot: {command: [%s/bin/house-bot], prompt: stdin}\n' "\$HOME" >> config.yaml
printf 'agent_fallbacks: {implementation: [house-bot]}\nplanner_agents: []\n' >> config.yaml
$rest
$(block 'agentos pr merge')
agentos tick
agentos issue list
TYPED
    say "init to the first merge of a repository of one's own: $(($(date +%s) - began)) s"
    agents=$(printf '%s\n' "$init" | sed -n 's/.*cd \([^ ;&]*\).*/\1/p' | tail -n 1)
    typed >"$folder/doctor.log" 2>&1 <<TYPED
cd $agents
agentos doctor
TYPED
    say "doctor: exit $?, $(tail -n 1 "$folder/doctor.log")"
}

# A real cron daemon ticks until an issue is merged.
under_cron() {
    [ "$is_user" = yes ] || { say 'cron: left out, no user could be made'; return 0; }
    command -v cron >/dev/null 2>&1 || { say 'cron: left out, there is no cron daemon'; return 0; }
    typed >"$folder/cron.log" 2>&1 <<TYPED || fail "cron install: $(cat "$folder/cron.log")"
cd $agents
agentos cron install
agentos doctor --as-cron || true
agentos issue create "Say hello once more" --ready
TYPED
    cron -f -L 15 >/dev/null 2>&1 &
    cron=$!
    began=$(date +%s)
    until typed >"$folder/issues.log" 2>&1 <<TYPED
cd $agents
agentos --json issue list --all | grep -q 'Say hello once more.*'
agentos --json issue show 3 | tr -d ' \n' | grep -q '"state":"closed"'
TYPED
    do
        [ $(($(date +%s) - began)) -lt 480 ] || fail "cron: no merge in 8 minutes: $(cat "$home"/agents/runtime/logs/cron.log)"
        sleep 1
    done
    say "cron install to a merge by a real cron daemon: $(($(date +%s) - began)) s"
    typed <<TYPED
cd $agents
agentos cron remove
TYPED
}

[ ! -e "$folder" ] || fail "$folder is there already"
mkdir -p "$home" || exit 2
make_user
trap leave EXIT
trap 'exit 1' HUP INT TERM
bring_along
first_merge
own_repository
under_cron
say "all of it lies in $folder"
