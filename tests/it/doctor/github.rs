//! A repository on GitHub: token, access, required checks, labels. Nothing is written there.

use super::{assert_complains, complaints, doctor, prepared};
use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::state::Permission;

fn town() -> GithubWorld {
    GithubWorld::new().map(prepared)
}

#[test]
fn a_repository_that_can_be_worked_on_is_read_and_never_written() {
    let town = town();
    let before = town.writes();
    let run = doctor(&town.world, &["--json"]);
    let bad: Vec<String> =
        complaints(&run).into_iter().filter(|line| line.starts_with("fail")).collect();
    assert!(bad.is_empty(), "{bad:?}");
    for name in [
        "token",
        "access acme/shop",
        "remote acme/shop",
        "required checks acme/shop",
        "labels acme/shop",
    ] {
        let checks = run.json();
        assert!(
            checks.as_array().unwrap().iter().any(|check| check["check"] == name),
            "{name}: {checks}"
        );
    }
    assert!(run.stdout.contains("from `GITHUB_TOKEN`"), "{}", run.stdout);
    drop(doctor(&town.world, &["--live"]));
    assert_eq!(town.writes(), before);
    assert!(!run.stdout.contains(town.hub.token()));
    town.hub.assert_honest();
}

#[test]
fn a_branch_that_requires_no_check_and_labels_that_are_missing_are_told() {
    let town = town();
    town.hub.with(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        repo.protection.clear();
        repo.rules.clear();
        repo.labels.clear();
    });
    let run = doctor(&town.world, &["--json"]);
    assert_complains(&run, "warn required checks", &["`main` requires no check", "protect"]);
    assert_complains(&run, "warn labels", &["missing: ready", "gh label create ready"]);
}

#[test]
fn without_any_token_the_ways_to_log_in_are_named() {
    let town = town().map(|world| world.env("GITHUB_TOKEN", ""));
    let run = doctor(&town.world, &["--json"]).code(1);
    assert_complains(&run, "fail token", &["GITHUB_TOKEN", "gh auth login"]);
}

#[test]
fn a_bad_token_is_a_failure_and_is_not_told() {
    let bad = "ghp_000000000000000000000000000000000000";
    let town = town().map(|world| world.env("GITHUB_TOKEN", bad));
    let run = doctor(&town.world, &["--json"]).code(1);
    assert_complains(&run, "fail access acme/shop", &["gh auth login"]);
    assert!(!run.stdout.contains(bad) && !run.stderr.contains(bad));
}

#[test]
fn a_token_that_may_not_write_is_a_failure_with_what_mends_it() {
    let weak = "ghp_weakweakweakweakweakweakweakweak0000";
    let town = town();
    town.hub.with(|state| {
        state.add_token(weak, "agentos-bot", &["read:org"]);
    });
    let town = town.map(|world| world.env("GITHUB_TOKEN", weak));
    assert_complains(
        &doctor(&town.world, &["--json"]).code(1),
        "fail access",
        &["scope `repo`", "gh auth refresh"],
    );
    let town = super::github::town();
    town.hub.with(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        repo.collaborators.insert("agentos-bot".to_owned(), Permission::Read);
    });
    assert_complains(
        &doctor(&town.world, &["--json"]).code(1),
        "fail access",
        &["no write access", "give `agentos-bot`"],
    );
}

#[test]
fn a_server_that_cannot_be_reached_is_told_from_one_that_refuses() {
    let town = town();
    super::edit(&town.world, town.hub.url(), "http://127.0.0.1:9");
    let run = doctor(&town.world, &["--json"]).code(1);
    assert_complains(&run, "fail access", &["online"]);
}
