//! Nothing that an agent leaves in or beside its repository makes the host run or read anything.

use super::{after, modes, said};

/// The agent plants a command that would leave `home/pwned` or `pwned` when the host ran it; then the host commits, pushes, merges.
#[track_caller]
fn runs_nothing(line: &str) {
    for mode in modes() {
        let world = after(mode, line);
        assert!(said(&world).contains("ATTEMPT-WORKED"), "{mode}: {}", said(&world));
        world.run("pr-monitor").ok();
        world.run("tick").ok();
        assert!(!world.path("home/pwned").exists(), "{mode}: {line}");
        assert!(world.merged().contains(&"Add a cart".to_owned()), "{mode}: {:?}", world.merged());
    }
}

#[test]
fn a_setting_of_git() {
    runs_nothing(
        "for k in core.fsmonitor core.sshCommand core.pager core.editor diff.external gpg.program credential.helper; do git config $k \"touch $OPERATOR/pwned\"; done",
    );
}

#[test]
fn hooks() {
    runs_nothing(
        "mkdir -p .git/hooks; for h in pre-commit post-commit pre-push post-checkout reference-transaction post-index-change; do printf '#!/bin/sh\\ntouch %s/pwned\\n' \"$OPERATOR\" > .git/hooks/$h; chmod +x .git/hooks/$h; done",
    );
}

#[test]
fn filters_of_gitattributes() {
    runs_nothing(
        "git config filter.x.clean \"touch $OPERATOR/pwned\"; git config filter.x.smudge \"touch $OPERATOR/pwned\"; git config diff.x.textconv \"touch $OPERATOR/pwned\"; git config merge.x.driver \"touch $OPERATOR/pwned\"; echo '* filter=x diff=x merge=x' > .gitattributes",
    );
}

#[test]
fn submodules() {
    runs_nothing(
        "printf '[submodule \"x\"]\\n\\tpath = x\\n\\turl = ./y\\n\\tupdate = !touch %s/pwned\\n' \"$OPERATOR\" > .gitmodules",
    );
}

#[test]
fn a_repository_of_its_own_in_place_of_dot_git() {
    runs_nothing(
        "rm -rf .git; git init -q .; git config core.fsmonitor \"touch $OPERATOR/pwned\"; printf '#!/bin/sh\\ntouch %s/pwned\\n' \"$OPERATOR\" > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
    );
}

#[test]
fn a_dot_git_that_points_to_a_repository_of_its_own() {
    runs_nothing(
        "rm -rf .git; git init -q --bare inner; git --git-dir inner config core.fsmonitor \"touch $OPERATOR/pwned\"; echo 'gitdir: inner' > .git",
    );
}

#[test]
fn a_program_of_the_worktree_that_is_named_like_one_of_the_host() {
    runs_nothing(
        "printf '#!/bin/sh\\ntouch %s/pwned\\n' \"$OPERATOR\" > git; cp git sh; cp git agentos; chmod +x git sh agentos",
    );
}

#[test]
fn git_works_inside_on_the_agents_own_branch() {
    for mode in modes() {
        let line = "echo a > a.txt && git add a.txt && git commit -qm mine && git log --oneline && git stash list && git branch other && git diff HEAD~1 --stat && git checkout -q other && git checkout -q -";
        let world = after(mode, line);
        assert!(said(&world).contains("ATTEMPT-WORKED"), "{mode}: {}", said(&world));
    }
}
