//! What an agent must not change.

use std::fs;

use super::{after, modes, said};
use crate::support::World;

/// Tries to make or change a file below the root, and asserts that it is as it was.
#[track_caller]
fn leaves_alone(file: &str, line: &str) {
    for mode in modes() {
        let world = after(mode, line);
        assert_refused(mode, &world);
        let text = fs::read_to_string(world.path(file)).unwrap_or_default();
        assert!(!text.contains("breach"), "{mode}: {file}: {text}");
    }
}

/// Under bwrap what is not granted is not there: something of that name can be made, and is gone with the run.
#[track_caller]
fn assert_refused(mode: &str, world: &World) {
    let said = said(world);
    assert!(said.contains("ATTEMPT-"), "{mode}: the attempt was not made: {said}");
    assert!(mode == "bwrap" || said.contains("ATTEMPT-FAILED"), "{mode}: {said}");
}

#[test]
fn a_new_file_in_the_root() {
    leaves_alone("new", "echo breach > \"$ROOT/new\"");
}

#[test]
fn the_configuration() {
    leaves_alone("config.yaml", "echo '# breach' >> \"$ROOT/config.yaml\"");
}

#[test]
fn another_worktree() {
    let line = "echo breach > \"$ROOT/runtime/worktrees/shop/shop-9/theirs.txt\"";
    leaves_alone("runtime/worktrees/shop/shop-9/theirs.txt", line);
}

#[test]
fn the_home_of_the_operator() {
    leaves_alone("home/.bashrc", "echo breach >> \"$OPERATOR/.bashrc\"");
}

#[test]
fn the_clone_of_the_operator() {
    leaves_alone("shop/README.md", "echo breach >> \"$ROOT/shop/README.md\"");
}

#[test]
fn the_board() {
    leaves_alone("board/shop/issues/1.md", "echo breach >> \"$ROOT/board/shop/issues/1.md\"");
}

#[test]
fn its_own_task_file() {
    leaves_alone("runtime/mailbox/done/shop-1.md", "echo breach >> \"$AGENTOS_TASK_FILE\"");
}

#[test]
fn its_own_prompt() {
    leaves_alone("runtime/runs/shop-1/1/prompt.md", "echo breach >> \"$AGENTOS_PROMPT_FILE\"");
}

#[test]
fn references_of_the_mirror() {
    let line = "git rev-parse HEAD > \"$ROOT/runtime/repos/shop.git/refs/heads/breach\"";
    for mode in modes() {
        let world = after(mode, line);
        assert_refused(mode, &world);
        assert!(!world.path("runtime/repos/shop.git/refs/heads/breach").exists(), "{mode}");
    }
}

#[test]
fn objects_of_the_mirror() {
    leaves_alone(
        "runtime/repos/shop.git/objects/info/alternates",
        "echo breach > \"$ROOT/runtime/repos/shop.git/objects/info/alternates\"",
    );
}

#[test]
fn objects_of_the_mirror_cannot_be_removed() {
    for mode in modes() {
        let world = after(mode, "rm -rf \"$ROOT/runtime/repos/shop.git/objects\"");
        assert_refused(mode, &world);
        world.git(&["--git-dir", "runtime/repos/shop.git", "fsck", "--connectivity-only"]);
    }
}

#[test]
fn hooks_of_the_mirror() {
    leaves_alone(
        "runtime/repos/shop.git/hooks/reference-transaction",
        "mkdir -p \"$ROOT/runtime/repos/shop.git/hooks\"; echo breach > \"$ROOT/runtime/repos/shop.git/hooks/reference-transaction\"",
    );
}

#[test]
fn the_configuration_of_the_mirror() {
    leaves_alone(
        "runtime/repos/shop.git/config",
        "echo '[breach]' >> \"$ROOT/runtime/repos/shop.git/config\"",
    );
}

#[test]
fn the_cache_of_the_commands() {
    leaves_alone(
        "runtime/cache/commands/shop/.cargo/config.toml",
        "mkdir -p \"$ROOT/runtime/cache/commands/shop/.cargo\"; echo breach > \"$ROOT/runtime/cache/commands/shop/.cargo/config.toml\"",
    );
}

#[test]
fn a_folder_of_the_system() {
    for mode in modes() {
        let file = format!("/var/tmp/agentos-breach-{}", std::process::id());
        let world = after(mode, &format!("echo breach > {file}"));
        assert_refused(mode, &world);
        assert!(!std::path::Path::new(&file).exists(), "{mode}");
    }
}

#[test]
fn a_file_of_somebody_else_in_tmp() {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let file = dir.path().join("theirs");
    fs::write(&file, "theirs").unwrap();
    for mode in modes() {
        after(mode, &format!("echo breach >> {0}; rm -f {0}", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs", "{mode}");
    }
}
