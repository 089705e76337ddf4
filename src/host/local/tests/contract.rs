//! What holds on every code host, stated through the traits alone, so that another host can be held to it as well.

use std::slice;

use super::fake::{Scene, merge_of, new_issue, new_pull, wait};
use crate::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use crate::domain::issue::{BoardStatus, IssueState};
use crate::domain::pull::{Mergeable, PullState};
use crate::host::{Board, Checks, HostError, Issues, LabelChange, NewIssue, PullRequests};

/// The git side of a host under test.
trait Remote {
    /// Puts a new commit on a branch.
    fn push(&self, branch: &str) -> CommitSha;
    /// Deletes a branch.
    fn delete(&self, branch: &str);
}

impl Remote for super::fake::FakeForge {
    fn push(&self, branch: &str) -> CommitSha {
        Self::push(self, branch)
    }

    fn delete(&self, branch: &str) {
        Self::delete(self, branch);
    }
}

async fn contract<H: Issues + Board + PullRequests + Checks>(host: &H, remote: &impl Remote) {
    remote.push("main");
    issues(host).await;
    labels_and_columns(host).await;
    threads(host).await;
    let pull = pulls(host, remote).await;
    merging(host, remote, pull).await;
    closing_pulls(host, remote).await;
}

async fn issues<H: Issues>(host: &H) {
    assert!(host.open_issues().await.unwrap().is_empty());
    let missing = host.issue(IssueNumber(999)).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
    let untitled = host.create_issue(&NewIssue::default()).await;
    assert!(matches!(untitled, Err(HostError::Refused { .. })));

    let body = "---\nnot: front matter\n---\r\n## Goal\n\n<!-- agentos:x y -->\n\n";
    let wanted = NewIssue {
        title: "Fix: the \"cart\" #1 [now]\n../../etc".to_owned(),
        body: body.to_owned(),
        labels: vec!["ready".to_owned(), "prio:high".to_owned()],
        status: Some(BoardStatus::Ready),
        author: String::new(),
    };
    let made = host.create_issue(&wanted).await.unwrap();
    assert_eq!(made.title, "Fix: the \"cart\" #1 [now] ../../etc");
    assert_eq!(made.body, body);
    assert_eq!(made.labels, wanted.labels);
    assert_eq!(made.status, Some(BoardStatus::Ready));
    assert_eq!(made.state, IssueState::Open);
    assert!(!made.url.is_empty());
    assert_eq!(host.issue(made.number).await.unwrap(), made);
    assert_eq!(host.open_issues().await.unwrap(), slice::from_ref(&made));

    let second = host.create_issue(&new_issue("Second")).await.unwrap();
    assert!(second.number > made.number);
    assert_eq!(second.status, Some(BoardStatus::Backlog));
    host.close_issue(made.number).await.unwrap();
    host.close_issue(made.number).await.unwrap();
    let closed = host.issue(made.number).await.unwrap();
    assert_eq!(closed.state, IssueState::Closed);
    assert_eq!((closed.body, closed.status), (made.body, made.status));
    let open = host.open_issues().await.unwrap();
    assert_eq!(open.iter().map(|issue| issue.number).collect::<Vec<_>>(), [second.number]);
    let missing = host.close_issue(IssueNumber(999)).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
}

async fn labels_and_columns<H: Issues + Board>(host: &H) {
    let number = host.create_issue(&new_issue("Labels")).await.unwrap().number;
    let change = |add: &[&str], remove: &[&str]| LabelChange {
        add: add.iter().map(|label| (*label).to_owned()).collect(),
        remove: remove.iter().map(|label| (*label).to_owned()).collect(),
    };
    host.change_labels(number, &change(&["ready", "a, b"], &["none"])).await.unwrap();
    assert_eq!(host.issue(number).await.unwrap().labels, ["ready", "a, b"]);
    host.change_labels(number, &change(&["in-progress", "A, B"], &["Ready"])).await.unwrap();
    assert_eq!(host.issue(number).await.unwrap().labels, ["a, b", "in-progress"]);
    for status in BoardStatus::ALL {
        host.set_status(number, status).await.unwrap();
        assert_eq!(host.issue(number).await.unwrap().status, Some(status));
    }
    let missing = host.change_labels(IssueNumber(999), &change(&["x"], &[])).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
    let missing = host.set_status(IssueNumber(999), BoardStatus::Done).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
}

async fn threads<H: Issues>(host: &H) {
    let number = host.create_issue(&new_issue("Talk")).await.unwrap().number;
    let other = host.create_issue(&new_issue("Other talk")).await.unwrap().number;
    assert!(host.comments(number).await.unwrap().is_empty());
    let first = host.add_comment(number, "first\r\n\n## x\n").await.unwrap();
    let second = host.add_comment(number, "second").await.unwrap();
    let elsewhere = host.add_comment(other, "second").await.unwrap();
    assert!(first.ours && second.ours);
    assert!(first.id != second.id && second.id != elsewhere.id && first.id != elsewhere.id);
    assert_eq!(host.comments(number).await.unwrap(), [first.clone(), second.clone()]);
    host.edit_comment(number, first.id, "changed").await.unwrap();
    let comments = host.comments(number).await.unwrap();
    assert_eq!(comments[0].body, "changed");
    assert_eq!((comments[0].id, comments[0].created_at), (first.id, first.created_at));
    assert_eq!(comments[1], second);
    let missing = host.edit_comment(number, 1, "x").await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
    let missing = host.add_comment(IssueNumber(999), "x").await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
    let missing = host.comments(IssueNumber(999)).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
}

async fn pulls<H: Issues + PullRequests>(host: &H, remote: &impl Remote) -> PrNumber {
    let head: BranchName = "agent/web-1".parse().unwrap();
    let issue = host.create_issue(&new_issue("Work")).await.unwrap().number;
    let unborn = host.create_pull(&new_pull(head.as_str(), issue.0)).await;
    assert!(matches!(unborn, Err(HostError::Refused { .. })));
    let tip = remote.push(head.as_str());
    let made = host.create_pull(&new_pull(head.as_str(), issue.0)).await.unwrap();
    assert!(made.number.0 > issue.0, "issues and pull requests share their numbers");
    assert_eq!((made.state.clone(), made.draft), (PullState::Open, false));
    assert_eq!((made.head_sha.clone(), made.issue), (tip, Some(issue)));
    assert!(made.same_repository);
    let twice = host.create_pull(&new_pull(head.as_str(), issue.0)).await;
    assert!(matches!(twice, Err(HostError::Refused { .. })));
    assert_eq!(host.open_pulls().await.unwrap(), slice::from_ref(&made));
    assert_eq!(host.pulls_of_branch(&head).await.unwrap(), slice::from_ref(&made));
    assert!(host.pulls_of_branch(&"other".parse().unwrap()).await.unwrap().is_empty());
    assert_eq!(host.mergeable(made.number).await.unwrap(), Mergeable::Clean);
    let moved = remote.push(head.as_str());
    assert_eq!(host.pull(made.number).await.unwrap().head_sha, moved);
    let missing = host.pull(PrNumber(999)).await;
    assert!(matches!(missing, Err(HostError::NotFound { .. })));
    made.number
}

async fn merging<H: Checks + PullRequests>(host: &H, remote: &impl Remote, number: PrNumber) {
    let judged = host.pull(number).await.unwrap();
    host.checks(&judged).await.unwrap();
    host.run_missing(&judged).await.unwrap();
    remote.push(judged.head.as_str());
    let stale = host.merge(&merge_of(&judged)).await;
    assert!(matches!(stale, Err(HostError::Stale { .. })));
    let judged = host.pull(number).await.unwrap();
    assert_eq!(judged.state, PullState::Open);
    let commit = host.merge(&merge_of(&judged)).await.unwrap();
    assert_eq!(host.merge(&merge_of(&judged)).await.unwrap(), commit);
    remote.delete(judged.head.as_str());
    let merged = host.pull(number).await.unwrap();
    assert_eq!(merged.state, PullState::Merged { commit: Some(commit) });
    assert_eq!(merged.head_sha, judged.head_sha);
    assert!(host.open_pulls().await.unwrap().is_empty());
    assert!(host.close_pull(number).await.is_err());
}

async fn closing_pulls<H: PullRequests>(host: &H, remote: &impl Remote) {
    let head: BranchName = "agent/web-2".parse().unwrap();
    remote.push(head.as_str());
    let first = host.create_pull(&new_pull(head.as_str(), 1)).await.unwrap();
    host.close_pull(first.number).await.unwrap();
    host.close_pull(first.number).await.unwrap();
    let closed = host.pull(first.number).await.unwrap();
    assert_eq!(closed.state, PullState::Closed, "closed is never taken for merged");
    let refused = host.merge(&merge_of(&closed)).await;
    assert!(matches!(refused, Err(HostError::Refused { .. })));
    let second = host.create_pull(&new_pull(head.as_str(), 1)).await.unwrap();
    assert_eq!(host.pulls_of_branch(&head).await.unwrap(), [closed, second]);
}

#[test]
fn the_local_host_keeps_the_contract_of_all_hosts() {
    let scene = Scene::new();
    wait(contract(&scene.host, &*scene.forge));
    assert!(scene.host.problems().is_empty());
}
