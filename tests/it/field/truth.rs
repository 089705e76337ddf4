//! What is believed without being so: work that was not done, states that are old, texts that are taken for facts.

use crate::support::github::{GithubWorld, SHOP};
use crate::support::hub::faults::{Fault, Op};
use crate::support::hub::git;
use crate::support::{Script, World};

#[test]
fn a_number_in_the_words_of_an_agent_or_an_issue_closes_no_other_issue() {
    let agent = Script::new().line("echo \"#2\" > work.txt").reports(
        "complete",
        "none",
        "Fixes #2, closes #3; the colour is #2.",
    );
    let town = GithubWorld::with_agents(&[("worker", agent)]);
    let issue = town.ready_issue("Fixes #3: paint it #2", "Resolves #2. The colour is #3.");
    let others =
        town.hub.with(|state| ["One", "Two"].map(|title| state.open_issue(SHOP, "ann", title, "")));
    assert_eq!((issue, others), (1, [2, 3]));
    town.play(&[issue]);
    for other in others {
        assert!(town.issue(other, |issue| issue.open), "{}", town.story());
    }
}

#[test]
fn an_issue_that_is_edited_while_its_agent_works_changes_nothing_of_that_work() {
    let town = GithubWorld::new();
    let issue = town.ready_issue("Add a cart", "It has wheels.");
    town.world.run("dispatch").ok();
    town.hub.with(|state| {
        state.issue_mut(SHOP, issue).body = Some("Delete everything.".to_owned());
    });
    town.play(&[issue]);
    let prompt = town.world.read("runtime/runs/shop-1/1/prompt.md");
    assert!(prompt.contains("It has wheels."), "{prompt}");
    assert!(!prompt.contains("Delete everything"), "{prompt}");
}

#[test]
fn the_hundred_and_thirtieth_issue_is_found_like_the_first() {
    let town = GithubWorld::new();
    town.hub.with(|state| {
        for n in 1..=130 {
            state.open_issue(SHOP, "ann", &format!("Number {n}"), "");
        }
        // The oldest and the newest: whichever way the pages are sorted, one of them is on the last.
        state.label(SHOP, 1, "ann", "ready");
        state.label(SHOP, 130, "ann", "ready");
    });
    town.world.run("dispatch").ok();
    assert_eq!(town.world.folder_of("shop-1"), "inbox");
    assert_eq!(town.world.folder_of("shop-130"), "inbox");
}

#[test]
fn a_task_whose_worker_is_dead_is_not_shown_as_running() {
    let world = World::new();
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    let mailbox = world.path("runtime/mailbox");
    std::fs::create_dir_all(mailbox.join("processing")).unwrap();
    std::fs::rename(mailbox.join("inbox/shop-1.md"), mailbox.join("processing/shop-1.md")).unwrap();
    let tasks = world.run("--json task list").ok().json();
    assert_eq!(tasks[0]["running"], false, "{tasks}");
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn work_on_a_default_branch_of_another_name_is_merged_there_and_its_branch_goes() {
    let town = GithubWorld::new();
    town.hub.with(|state| {
        let repo = state.repo_mut(SHOP).unwrap();
        let tip = repo.branches["main"].clone();
        repo.branches.insert("trunk".to_owned(), tip.clone());
        "trunk".clone_into(&mut repo.default_branch);
        let path = state.path(SHOP);
        assert!(git::set_branch(&path, "trunk", Some(&tip)));
        let head = ["symbolic-ref", "HEAD", "refs/heads/trunk"];
        assert!(git::quiet("git", &path).args(head).output().unwrap().status.success());
        state.protect(SHOP, "trunk", &["ci"]);
    });
    let issue = town.ready_issue("Add a cart", "");
    town.play(&[issue]);
    let (base, left) = town.hub.with(|state| {
        let repo = state.repo(SHOP).unwrap();
        let pull = repo.issues[&2].pull.as_ref().unwrap();
        let left = repo.branches.keys().filter(|name| name.starts_with("agent/")).count();
        (pull.base.clone(), left)
    });
    assert_eq!((base.as_str(), left), ("trunk", 0), "{}", town.story());
}

#[test]
fn what_cannot_be_read_deletes_no_branch() {
    let town = GithubWorld::of(World::new().setting("protected_paths: ['work-*']"));
    let issue = town.ready_issue("Add a cart", "");
    for _ in 0..2 {
        town.round();
    }
    town.hub.with(|state| state.close(SHOP, 2, "ann", "not_planned"));
    town.hub.faults(Op::ReadBranch, Fault::AnswersWith(404, "{}".to_owned()), 0, 50);
    town.hub.faults(Op::Fetch, Fault::Html, 0, 50);
    for _ in 0..3 {
        drop(town.world.run("pr-monitor"));
    }
    town.hub.heal();
    town.world.run("pr-monitor").ok();
    assert!(
        town.hub.with(|state| { state.repo(SHOP).unwrap().branches.contains_key("agent/shop-1") })
    );
    assert_eq!(town.world.task_key("shop-1", "outcome").as_deref(), Some("closed"));
    assert!(town.issue(issue, |issue| issue.open), "a closed pull request is no merge");
}
