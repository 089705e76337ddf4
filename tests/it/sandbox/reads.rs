//! What an agent must not read.

use super::{SECRET, after, modes, said};

/// Tries to read, and asserts that nothing planted came out and that the attempt itself was made.
#[track_caller]
fn shows_nothing(line: &str) {
    for mode in modes() {
        let world = after(mode, line);
        let said = said(&world);
        assert!(said.contains("ATTEMPT-"), "{mode}: the attempt was not made: {said}");
        assert!(!said.contains(SECRET), "{mode}: {line}: {said}");
    }
}

#[test]
fn the_configuration() {
    shows_nothing("cat \"$ROOT/config.yaml\"");
}

#[test]
fn the_configuration_through_a_link() {
    shows_nothing("ln -s \"$ROOT/config.yaml\" link.txt; cat link.txt");
}

#[test]
fn the_configuration_through_a_hard_link() {
    shows_nothing("ln \"$ROOT/config.yaml\" hard.txt; cat hard.txt");
}

#[test]
fn a_token_in_a_file_of_the_installation() {
    shows_nothing("cat \"$ROOT/token\"");
}

#[test]
fn the_keys_of_model_providers() {
    shows_nothing("cat \"$ROOT/secrets.json\"");
}

#[test]
fn the_ssh_key_of_the_operator() {
    shows_nothing("cat \"$OPERATOR/.ssh/id_ed25519\"");
}

#[test]
fn the_login_of_gh() {
    shows_nothing("cat \"$OPERATOR/.config/gh/hosts.yml\"");
}

#[test]
fn a_note_in_the_home_of_the_operator() {
    shows_nothing("cat \"$OPERATOR/notes.txt\" || cat \"$OPERATOR\"/*");
}

#[test]
fn another_worktree() {
    shows_nothing("cat \"$ROOT/runtime/worktrees/shop/shop-9/theirs.txt\" || cat ../*/*");
}

#[test]
fn the_login_of_another_agent() {
    shows_nothing("cat \"$ROOT/runtime/agents/other/.codex/auth.json\" || cat ~/../*/.codex/*");
}

#[test]
fn its_own_environment_holds_no_secret() {
    shows_nothing("env");
}

#[test]
fn the_environment_of_other_processes() {
    shows_nothing("cat /proc/[0-9]*/environ | tr '\\0' '\\n'");
}

#[test]
fn the_memory_and_the_files_of_other_processes() {
    shows_nothing(
        "for p in /proc/[0-9]*; do ls -l $p/roo[t]/ $p/cwd/ $p/fd/; cat $p/root\"$ROOT\"/token $p/cwd/token; done",
    );
}

#[test]
fn the_passwords_of_the_system() {
    for mode in modes() {
        let world = after(mode, "cat /etc/shadow");
        assert!(said(&world).contains("ATTEMPT-FAILED"), "{mode}: {}", said(&world));
    }
}

#[test]
fn the_disk_beneath_the_files() {
    for mode in modes() {
        let line = "for d in /dev/vda /dev/sda /dev/nvme0n1 /dev/mem; do head -c 1 $d && exit 0; done; mknod disk b 254 0 && exit 0; exit 1";
        let world = after(mode, line);
        assert!(said(&world).contains("ATTEMPT-FAILED"), "{mode}: {}", said(&world));
    }
}
