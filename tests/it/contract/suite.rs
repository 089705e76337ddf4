//! What holds on every code host, stated through the traits alone. It asks for an empty repository or one that it may litter.

use std::slice;

use agentos::domain::ids::{BranchName, CommitSha, IssueNumber, PrNumber};
use agentos::domain::issue::{BoardStatus, Comment, IssueState};
use agentos::domain::pull::{Mergeable, PullRequest, PullState};
use agentos::host::{Host, HostError, LabelChange, MergeRequest, NewIssue, NewPullRequest};

/// A number that no issue has.
const MISSING: u64 = 999_999;

/// How often a host may say that it does not know yet.
const PATIENCE: usize = 20;

/// The git side of a host under test.
pub(super) trait Remote {
    /// Puts a new commit on a branch, which begins at `main`.
    fn push(&self, branch: &str) -> CommitSha;
    /// Deletes a branch.
    fn delete(&self, branch: &str);
    /// Makes every check of a commit green.
    fn pass(&self, commit: &CommitSha);
}

/// Holds a host to the contract.
pub(super) async fn contract(host: &dyn Host, remote: &dyn Remote) {
    host.preflight().await.unwrap();
    issues(host).await;
    ready(host).await;
    labels_and_columns(host).await;
    threads(host).await;
    let pull = pulls(host, remote).await;
    merging(host, remote, pull).await;
    closing_pulls(host, remote).await;
}

fn new_issue(title: &str) -> NewIssue {
    NewIssue { title: title.to_owned(), ..NewIssue::default() }
}

fn new_pull(head: &BranchName, issue: IssueNumber) -> NewPullRequest {
    NewPullRequest {
        title: "Work".to_owned(),
        body: format!("Closes {issue}\n\nDone.\n"),
        head: head.clone(),
        base: "main".parse().unwrap(),
        issue: Some(issue),
    }
}

fn merge_of(pull: &PullRequest) -> MergeRequest {
    MergeRequest {
        pr: pull.number,
        expected_head: pull.head_sha.clone(),
        expected_base: None,
        title: "Work".to_owned(),
        message: "Closes nothing\n\nAgent-Task: shop-1\n".to_owned(),
    }
}

fn ours(text: &str) -> String {
    format!("<!-- agentos:notice contract -->\n{text}")
}

fn is_missing<T>(result: &Result<T, HostError>) -> bool {
    matches!(result, Err(HostError::NotFound { .. }))
}

fn sorted(mut labels: Vec<String>) -> Vec<String> {
    labels.sort();
    labels
}

async fn numbers(host: &dyn Host) -> Vec<IssueNumber> {
    host.open_issues().await.unwrap().into_iter().map(|issue| issue.number).collect()
}

async fn issues(host: &dyn Host) {
    let before = numbers(host).await;
    assert!(is_missing(&host.issue(IssueNumber(MISSING)).await));
    let untitled = host.create_issue(&NewIssue::default()).await;
    assert!(matches!(untitled, Err(HostError::Refused { .. })), "{untitled:?}");

    let body = "---\nnot: front matter\n---\n## Goal\n\n<!-- agentos:x y -->\n\nend";
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
    assert_eq!(sorted(made.labels.clone()), ["prio:high", "ready"]);
    assert_eq!(made.status, Some(BoardStatus::Ready));
    assert_eq!(made.state, IssueState::Open);
    assert!(!made.url.is_empty());
    assert_eq!(host.issue(made.number).await.unwrap(), made);

    let second = host.create_issue(&new_issue("Second")).await.unwrap();
    assert!(second.number > made.number);
    host.close_issue(made.number).await.unwrap();
    host.close_issue(made.number).await.unwrap();
    let closed = host.issue(made.number).await.unwrap();
    assert_eq!(closed.state, IssueState::Closed);
    assert_eq!((closed.body, closed.labels), (made.body, made.labels));
    let mut expected = before;
    expected.push(second.number);
    expected.sort_unstable();
    let mut open = numbers(host).await;
    open.sort_unstable();
    assert_eq!(open, expected);
    let closed = host.closed_since(made.created_at).await.unwrap();
    assert!(closed.iter().any(|issue| issue.number == made.number), "{closed:?}");
    assert!(closed.iter().all(|issue| issue.state == IssueState::Closed), "{closed:?}");
    let later = jiff::Timestamp::MAX - jiff::SignedDuration::from_hours(24 * 366);
    assert_eq!(host.closed_since(later).await.unwrap(), []);
    assert!(is_missing(&host.close_issue(IssueNumber(MISSING)).await));
}

async fn ready(host: &dyn Host) {
    let by_label = NewIssue { labels: vec!["ready".to_owned()], ..new_issue("By label") };
    let by_column = NewIssue { status: Some(BoardStatus::Ready), ..new_issue("By column") };
    let by_label = host.create_issue(&by_label).await.unwrap().number;
    let by_column = host.create_issue(&by_column).await.unwrap().number;
    let closed = NewIssue { labels: vec!["ready".to_owned()], ..new_issue("Closed") };
    let closed = host.create_issue(&closed).await.unwrap().number;
    host.close_issue(closed).await.unwrap();
    host.create_issue(&new_issue("Not ready")).await.unwrap();
    let mut ready: Vec<IssueNumber> =
        host.ready_issues().await.unwrap().into_iter().map(|issue| issue.number).collect();
    ready.sort_unstable();
    assert_eq!(ready, [by_label, by_column]);
    let labelled = host.labelled("ready").await.unwrap();
    assert_eq!(labelled.iter().map(|issue| issue.number).collect::<Vec<_>>(), [by_label]);
    for number in [by_label, by_column] {
        host.close_issue(number).await.unwrap();
    }
}

async fn labels_and_columns(host: &dyn Host) {
    let number = host.create_issue(&new_issue("Labels")).await.unwrap().number;
    let change = |add: &[&str], remove: &[&str]| LabelChange {
        add: add.iter().map(|label| (*label).to_owned()).collect(),
        remove: remove.iter().map(|label| (*label).to_owned()).collect(),
    };
    let labels = async || sorted(host.issue(number).await.unwrap().labels);
    host.change_labels(number, &change(&["ready", "a b"], &["none"])).await.unwrap();
    assert_eq!(labels().await, ["a b", "ready"]);
    host.change_labels(number, &change(&["in-progress", "A B"], &["Ready"])).await.unwrap();
    assert_eq!(labels().await, ["a b", "in-progress"]);
    for status in BoardStatus::ALL {
        host.set_status(number, status).await.unwrap();
        assert_eq!(host.issue(number).await.unwrap().status, Some(status));
    }
    let missing = IssueNumber(MISSING);
    assert!(is_missing(&host.change_labels(missing, &change(&["ready"], &[])).await));
    assert!(is_missing(&host.set_status(missing, BoardStatus::Done).await));
}

async fn threads(host: &dyn Host) {
    let number = host.create_issue(&new_issue("Talk")).await.unwrap().number;
    let other = host.create_issue(&new_issue("Other talk")).await.unwrap().number;
    assert!(host.comments(number).await.unwrap().is_empty());
    let first = host.add_comment(number, &ours("first\n\n## x")).await.unwrap();
    let second = host.add_comment(number, &ours("second")).await.unwrap();
    let elsewhere = host.add_comment(other, &ours("second")).await.unwrap();
    assert!(first.ours && second.ours);
    assert!(first.id != second.id && second.id != elsewhere.id && first.id != elsewhere.id);
    let read = host.comments(number).await.unwrap();
    assert_eq!(read, [first.clone(), second.clone()]);
    host.edit_comment(number, first.id, &ours("changed")).await.unwrap();
    let comments: Vec<Comment> = host.comments(number).await.unwrap();
    assert_eq!(comments[0].body, ours("changed"));
    assert_eq!((comments[0].id, comments[0].created_at), (first.id, first.created_at));
    assert_eq!(comments[1], second);
    assert!(is_missing(&host.edit_comment(number, u64::from(u32::MAX), "x").await));
    assert!(is_missing(&host.add_comment(IssueNumber(MISSING), "x").await));
    assert!(is_missing(&host.comments(IssueNumber(MISSING)).await));
}

async fn mergeable(host: &dyn Host, number: PrNumber) -> Mergeable {
    for _ in 0..PATIENCE {
        match host.mergeable(number).await.unwrap() {
            Mergeable::Unknown => {}
            known => return known,
        }
    }
    Mergeable::Unknown
}

async fn pulls(host: &dyn Host, remote: &dyn Remote) -> PrNumber {
    let head: BranchName = "agent/shop-1".parse().unwrap();
    let issue = host.create_issue(&new_issue("Work")).await.unwrap().number;
    let unborn = host.create_pull(&new_pull(&head, issue)).await;
    assert!(matches!(unborn, Err(HostError::Refused { .. })), "{unborn:?}");
    let tip = remote.push(head.as_str());
    assert_eq!(host.branch_tip(&head).await.unwrap(), Some(tip.clone()));
    assert_eq!(host.branch_tip(&"absent".parse().unwrap()).await.unwrap(), None);
    let made = host.create_pull(&new_pull(&head, issue)).await.unwrap();
    assert!(made.number.0 > issue.0, "issues and pull requests share their numbers");
    assert_eq!((made.state.clone(), made.draft), (PullState::Open, false));
    assert_eq!((made.head_sha.clone(), made.issue), (tip, Some(issue)));
    assert!(made.same_repository);
    let twice = host.create_pull(&new_pull(&head, issue)).await;
    assert!(matches!(twice, Err(HostError::Refused { .. })), "{twice:?}");
    assert_eq!(host.open_pulls().await.unwrap(), slice::from_ref(&made));
    assert_eq!(host.pulls_of_branch(&head).await.unwrap(), slice::from_ref(&made));
    assert!(host.pulls_of_branch(&"other".parse().unwrap()).await.unwrap().is_empty());
    assert_eq!(mergeable(host, made.number).await, Mergeable::Clean);
    let moved = remote.push(head.as_str());
    assert_eq!(host.pull(made.number).await.unwrap().head_sha, moved);
    assert!(is_missing(&host.pull(PrNumber(MISSING)).await));
    assert!(is_missing(&host.issue(IssueNumber(made.number.0)).await), "a pull is no issue");
    made.number
}

async fn merging(host: &dyn Host, remote: &dyn Remote, number: PrNumber) {
    let judged = host.pull(number).await.unwrap();
    host.checks(&judged).await.unwrap();
    host.run_missing(&judged).await.unwrap();
    let base = host.base(&judged.base).await.unwrap();
    assert_eq!(base.tip, host.branch_tip(&judged.base).await.unwrap());
    assert!(base.boundary.is_some(), "nothing hides what the base demands");
    let none = host.base(&"absent".parse().unwrap()).await.unwrap();
    assert_eq!(none.tip, None);
    host.checks_of(&base.tip.unwrap()).await.unwrap();
    assert_eq!(host.reviews(number).await.unwrap(), []);
    assert_eq!(host.standing(number).await.unwrap().pull, judged);
    remote.push(judged.head.as_str());
    let stale = host.merge(&merge_of(&judged)).await;
    assert!(matches!(stale, Err(HostError::Stale { .. })), "{stale:?}");
    let judged = host.pull(number).await.unwrap();
    assert_eq!(judged.state, PullState::Open);
    remote.pass(&judged.head_sha);
    assert_eq!(mergeable(host, number).await, Mergeable::Clean);
    let commit = host.merge(&merge_of(&judged)).await.unwrap();
    match host.merge(&merge_of(&judged)).await {
        Ok(again) => assert_eq!(again, commit),
        Err(HostError::Refused { .. }) => {}
        other => panic!("{other:?}"),
    }
    remote.delete(judged.head.as_str());
    let merged = host.pull(number).await.unwrap();
    assert_eq!(merged.state, PullState::Merged { commit: Some(commit) });
    assert_eq!(merged.head_sha, judged.head_sha);
    assert!(host.open_pulls().await.unwrap().is_empty());
    assert!(host.close_pull(number).await.is_err());
}

async fn closing_pulls(host: &dyn Host, remote: &dyn Remote) {
    let head: BranchName = "agent/shop-2".parse().unwrap();
    let issue = host.create_issue(&new_issue("More work")).await.unwrap().number;
    remote.push(head.as_str());
    let first = host.create_pull(&new_pull(&head, issue)).await.unwrap();
    host.close_pull(first.number).await.unwrap();
    host.close_pull(first.number).await.unwrap();
    let closed = host.pull(first.number).await.unwrap();
    assert_eq!(closed.state, PullState::Closed, "closed is never taken for merged");
    let refused = host.merge(&merge_of(&closed)).await;
    assert!(matches!(refused, Err(HostError::Refused { .. })), "{refused:?}");
    let second = host.create_pull(&new_pull(&head, issue)).await.unwrap();
    assert_eq!(host.pulls_of_branch(&head).await.unwrap(), [closed, second]);
}
