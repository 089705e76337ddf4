//! Merging: what is pinned, what a crash leaves, and that nothing is merged twice.

use super::fake::{NextSquash, Scene, merge_of, new_pull, wait};
use crate::domain::pull::{Mergeable, PullRequest, PullState};
use crate::host::local::MergedBy;
use crate::host::{HostError, PullRequests};

fn scene() -> (Scene, PullRequest) {
    let scene = Scene::new();
    scene.forge.push("main");
    scene.forge.push("agent/web-1");
    let pull = wait(scene.host.create_pull(&new_pull("agent/web-1", 1))).unwrap();
    (scene, pull)
}

#[test]
fn a_merge_is_written_down_with_its_trailers() {
    let (scene, pull) = scene();
    let commit = wait(scene.host.merge(&merge_of(&pull))).unwrap();
    let message = scene.forge.squashes.borrow()[0].2.clone();
    let head = &pull.head_sha;
    assert_eq!(
        message,
        format!("Add a cart\n\nAdds it.\n\nAgent-Task: web-1\nAgent-Pull: 1\nAgent-Head: {head}")
    );
    let text = scene.text("pulls/1.md");
    for line in ["state: merged", "merged_by: agentos", &format!("merged_sha: {commit}")] {
        assert!(text.replace(['\'', '"'], "").contains(&format!("\n{line}\n")), "{line} in {text}");
    }
    assert!(!text.contains("merging"), "{text}");
    assert!(text.ends_with("---\nCloses #1\n"));
    assert_eq!(scene.host.merged_by(pull.number).unwrap(), Some(MergedBy::Agentos));
}

#[test]
fn a_merge_by_a_person_says_so() {
    let (scene, pull) = scene();
    assert_eq!(scene.host.merged_by(pull.number).unwrap(), None);
    scene.host.merge_by(&merge_of(&pull), MergedBy::Person).unwrap();
    assert_eq!(scene.host.merged_by(pull.number).unwrap(), Some(MergedBy::Person));
    let hand = "---\nhead: a\nbase: main\nstate: merged\n---\n";
    scene.write("pulls/9.md", hand);
    assert_eq!(
        scene.host.merged_by(crate::domain::ids::PrNumber(9)).unwrap(),
        Some(MergedBy::Person)
    );
}

#[test]
fn a_base_that_moved_is_refused_when_it_was_pinned() {
    let (scene, pull) = scene();
    let judged = scene.forge.push("main");
    let moved = scene.forge.push("main");
    let mut request = merge_of(&pull);
    request.expected_base = Some(judged);
    assert!(matches!(wait(scene.host.merge(&request)), Err(HostError::Stale { .. })));
    assert!(scene.forge.squashes.borrow().is_empty());
    request.expected_base = Some(moved);
    assert!(wait(scene.host.merge(&request)).is_ok());
}

#[test]
fn a_merge_whose_answer_was_lost_is_found_and_not_repeated() {
    let (scene, pull) = scene();
    scene.forge.next_squash.set(NextSquash::IsLostAfterItHappened);
    assert!(matches!(wait(scene.host.merge(&merge_of(&pull))), Err(HostError::Unavailable { .. })));
    let commit = scene.forge.squashes.borrow()[0].1.clone();

    let next = scene.another_host();
    let before = scene.everything();
    let seen = wait(next.pull(pull.number)).unwrap();
    assert_eq!(seen.state, PullState::Merged { commit: Some(commit.clone()) });
    assert!(wait(next.open_pulls()).unwrap().is_empty());
    assert_eq!(scene.everything(), before, "reading writes nothing");

    scene.forge.delete("agent/web-1");
    assert_eq!(wait(next.pull(pull.number)).unwrap().head_sha, pull.head_sha);
    assert_eq!(wait(next.merge(&merge_of(&pull))).unwrap(), commit);
    assert_eq!(scene.forge.squashes.borrow().len(), 1);
    assert!(scene.text("pulls/1.md").contains("merged_at"));
}

#[test]
fn a_head_that_moved_after_a_lost_merge_is_not_merged_as_well() {
    let (scene, pull) = scene();
    scene.forge.next_squash.set(NextSquash::IsLostAfterItHappened);
    wait(scene.host.merge(&merge_of(&pull))).unwrap_err();
    let mut request = merge_of(&pull);
    request.expected_head = scene.forge.push("agent/web-1");
    assert!(matches!(wait(scene.host.merge(&request)), Err(HostError::Stale { .. })));
    assert_eq!(scene.forge.squashes.borrow().len(), 1);
    assert!(matches!(wait(scene.host.pull(pull.number)).unwrap().state, PullState::Merged { .. }));
}

#[test]
fn a_refused_push_leaves_the_pull_request_open() {
    let (scene, pull) = scene();
    scene.forge.next_squash.set(NextSquash::IsRefused);
    assert!(matches!(wait(scene.host.merge(&merge_of(&pull))), Err(HostError::Refused { .. })));
    assert_eq!(wait(scene.host.pull(pull.number)).unwrap().state, PullState::Open);
    assert!(!scene.text("pulls/1.md").contains("merging"));
    assert!(wait(scene.host.merge(&merge_of(&pull))).is_ok());
}

#[test]
fn looking_at_open_pull_requests_searches_no_history() {
    let (scene, pull) = scene();
    wait(scene.host.open_pulls()).unwrap();
    wait(scene.host.pull(pull.number)).unwrap();
    assert_eq!(scene.forge.looks_for_squash.get(), 0);
}

#[test]
fn a_branch_that_is_gone_leaves_the_stored_head_and_is_told() {
    let (scene, pull) = scene();
    scene.forge.delete("agent/web-1");
    assert_eq!(wait(scene.host.pull(pull.number)).unwrap().head_sha, pull.head_sha);
    assert_eq!(wait(scene.host.mergeable(pull.number)).unwrap(), Mergeable::HeadGone);
    assert!(matches!(wait(scene.host.merge(&merge_of(&pull))), Err(HostError::Stale { .. })));
    wait(scene.host.close_pull(pull.number)).unwrap();
    assert!(matches!(wait(scene.host.mergeable(pull.number)), Err(HostError::Refused { .. })));
}

#[test]
fn a_base_that_is_gone_is_told_until_it_is_there_again() {
    let (scene, pull) = scene();
    let base: crate::domain::ids::BranchName = "main".parse().unwrap();
    let tip = scene.forge.branches.borrow()[&base].clone();
    scene.forge.delete("main");
    let standing = wait(scene.host.standing(pull.number)).unwrap();
    assert_eq!((standing.pull.state, standing.mergeable), (PullState::Open, Mergeable::BaseGone));
    scene.forge.branches.borrow_mut().insert(base, tip);
    assert_eq!(wait(scene.host.mergeable(pull.number)).unwrap(), Mergeable::Clean);
}

#[test]
fn a_branch_without_commits_of_its_own_gets_no_pull_request() {
    let (scene, _) = scene();
    let tip = scene.forge.branches.borrow()[&"main".parse().unwrap()].clone();
    scene.forge.branches.borrow_mut().insert("agent/web-2".parse().unwrap(), tip);
    let refused = wait(scene.host.create_pull(&new_pull("agent/web-2", 1)));
    assert!(matches!(refused, Err(HostError::Refused { .. })));
}

#[test]
fn a_draft_is_a_draft_until_somebody_says_otherwise() {
    let (scene, pull) = scene();
    scene.host.set_draft(pull.number, true).unwrap();
    assert!(wait(scene.host.pull(pull.number)).unwrap().draft);
    let before = scene.everything();
    scene.host.set_draft(pull.number, true).unwrap();
    assert_eq!(scene.everything(), before);
    assert!(matches!(wait(scene.host.merge(&merge_of(&pull))), Err(HostError::Refused { .. })));
    scene.host.set_draft(pull.number, false).unwrap();
    assert!(!wait(scene.host.pull(pull.number)).unwrap().draft);
}
