//! What can go wrong, in words of the domain: which request it befalls, and what then happens.

use std::time::Duration;

use super::wire::Request;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// Opens an issue.
    OpenIssue,
    /// Opens a pull request.
    OpenPull,
    /// Posts a comment.
    Comment,
    /// Edits a comment.
    EditComment,
    /// Merges a pull request.
    Merge,
    /// Puts labels on an issue.
    Labels,
    /// Takes a label off an issue.
    RemoveLabel,
    /// Makes a label.
    CreateLabel,
    /// Changes an issue, usually to close it.
    CloseIssue,
    /// Changes a pull request, usually to close it.
    ClosePull,
    /// Runs failed jobs again.
    Rerun,
    /// Asks where a log lies.
    ReadLog,
    /// Deletes a branch by the API.
    DeleteBranch,
    /// Asks who we are.
    ReadUser,
    /// Reads the repository itself.
    ReadRepository,
    /// Reads somebody's permission.
    ReadPermission,
    /// Lists issues.
    ReadIssues,
    /// Reads one issue.
    ReadIssue,
    /// Lists comments.
    ReadComments,
    /// Reads a timeline.
    ReadTimeline,
    /// Lists labels.
    ReadLabels,
    /// Lists pull requests.
    ReadPulls,
    /// Reads one pull request.
    ReadPull,
    /// Reads check runs, suites or statuses.
    ReadChecks,
    /// Reads protection or rules of a branch.
    ReadBranch,
    /// Anything by GraphQL.
    Board,
    /// A mutation by GraphQL.
    BoardChange,
    /// Pushes by git.
    Push,
    /// Fetches by git.
    Fetch,
    /// Any change by REST.
    Write,
    /// Any request at all.
    Any,
}

impl Op {
    /// Returns whether a request is of this kind.
    pub(crate) fn is(self, request: &Request) -> bool {
        match self {
            Self::Any => true,
            Self::BoardChange => {
                kind(request) == Some(Op::Board)
                    && String::from_utf8_lossy(&request.body).contains("mutation")
            }
            Self::Write => {
                request.writes() && !matches!(kind(request), Some(Op::Push | Op::Fetch | Op::Board))
            }
            op => kind(request) == Some(op),
        }
    }
}

/// Returns the kind of a request.
fn kind(request: &Request) -> Option<Op> {
    let path = request.path.trim_start_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    if let [_, repo, rest @ ..] = parts.as_slice()
        && repo.strip_suffix(".git").is_some()
    {
        let push = rest == ["git-receive-pack"];
        return Some(if push { Op::Push } else { Op::Fetch });
    }
    let inner = match parts.as_slice() {
        ["graphql"] => return Some(Op::Board),
        ["user"] => return Some(Op::ReadUser),
        ["repos", _, _, inner @ ..] | ["repositories", _, inner @ ..] => inner,
        _ => return None,
    };
    Some(match (request.method.as_str(), inner) {
        ("GET", []) => Op::ReadRepository,
        ("GET", ["collaborators", ..]) => Op::ReadPermission,
        ("GET", ["issues"]) => Op::ReadIssues,
        ("GET", ["issues", _]) => Op::ReadIssue,
        ("GET", ["issues", _, "comments"]) => Op::ReadComments,
        ("GET", ["issues", _, "timeline"]) => Op::ReadTimeline,
        ("GET", ["labels", ..]) => Op::ReadLabels,
        ("GET", ["pulls"]) => Op::ReadPulls,
        ("GET", ["pulls", _]) => Op::ReadPull,
        ("GET", ["commits", ..]) => Op::ReadChecks,
        ("GET", ["branches" | "rules", ..]) => Op::ReadBranch,
        ("POST", ["issues"]) => Op::OpenIssue,
        ("POST", ["pulls"]) => Op::OpenPull,
        ("POST", ["labels"]) => Op::CreateLabel,
        ("POST", ["issues", _, "comments"]) => Op::Comment,
        ("PATCH", ["issues", "comments", _]) => Op::EditComment,
        ("PATCH", ["issues", _]) => Op::CloseIssue,
        ("PATCH", ["pulls", _]) => Op::ClosePull,
        ("PUT", ["pulls", _, "merge"]) => Op::Merge,
        ("POST" | "PUT", ["issues", _, "labels"]) => Op::Labels,
        ("DELETE", ["issues", _, "labels", ..]) => Op::RemoveLabel,
        ("POST", ["actions", "runs", _, "rerun-failed-jobs"]) => Op::Rerun,
        ("GET", ["actions", "jobs", _, "logs"]) => Op::ReadLog,
        ("DELETE", ["git", "refs", ..]) => Op::DeleteBranch,
        _ => return None,
    })
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes effect, and the connection ends without an answer.
    LostAfterItHappened,
    /// It has no effect, and the connection ends without an answer.
    NeverArrives,
    /// It has no effect, and this is answered.
    AnswersWith(u16, String),
    /// The budget is used up for so many seconds.
    RateLimitedUntil(i64),
    /// Too much at once: try again after so many seconds.
    SecondaryLimit(u64),
    /// It is refused with this message.
    Forbidden(String),
    /// The answer takes its time.
    Slow(Duration),
    /// What is made is missing from so many reads.
    NotVisibleFor(u32),
    /// It takes effect, and half of the answer arrives.
    HalfAPage,
    /// A page for people is answered instead of JSON.
    Html,
    /// It takes effect, and the answer has no body.
    EmptyBody,
}

/// A fault that waits for its request.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// Which requests.
    pub(crate) op: Op,
    /// What goes wrong.
    pub(crate) fault: Fault,
    /// How many of them still go well before.
    pub(crate) after: u32,
    /// How many of them it befalls.
    pub(crate) times: u32,
}

/// Returns the fault that befalls a request, and counts it.
pub(crate) fn strike(planned: &mut Vec<Planned>, request: &Request) -> Option<Fault> {
    let mut struck = None;
    for plan in planned.iter_mut().filter(|plan| plan.op.is(request)) {
        if plan.after > 0 {
            plan.after -= 1;
        } else if struck.is_none() {
            plan.times = plan.times.saturating_sub(1);
            struck = Some(plan.fault.clone());
        }
    }
    planned.retain(|plan| plan.times > 0);
    struck
}
