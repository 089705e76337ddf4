//! A task: what the mailbox holds for one issue over all its attempts (its lineage). The folder it lies in is its state; no field repeats it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blocker::BlockerCode;
use super::ids::{AgentName, BranchName, CommitSha, IssueNumber, PrNumber, RepoSlug, TaskId};
use super::kinds::{Priority, TaskType};
use super::merge::Objection;

/// The format of the task files that this program writes.
pub const SCHEMA: u32 = 1;

/// A folder of the mailbox, which is a task's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Folder {
    /// Waits for a worker.
    Inbox,
    /// A worker has it; or had, when nobody holds its lock.
    Processing,
    /// The agent's part is over.
    Done,
    /// The system itself could not go on.
    Failed,
    /// Waits for a person's answer or for a dependency.
    Blocked,
    /// Given up to a person.
    Escalated,
}

impl Folder {
    /// Every folder, in the order of a task's life.
    pub const ALL: [Self; 6] =
        [Self::Inbox, Self::Processing, Self::Done, Self::Failed, Self::Blocked, Self::Escalated];

    /// The folder's name on disk.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Processing => "processing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Escalated => "escalated",
        }
    }
}

impl std::fmt::Display for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A move between two folders that was decided: written into the file before it is carried out, so that a crash in between cannot leave
/// the decision half done. It means something only while the file still lies in `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Move {
    /// Where the file lay.
    pub from: Folder,
    /// Where it is to lie.
    pub to: Folder,
}

impl From<Move> for String {
    fn from(step: Move) -> Self {
        format!("{} to {}", step.from, step.to)
    }
}

impl TryFrom<String> for Move {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let folder = |name: &str| Folder::ALL.into_iter().find(|folder| folder.as_str() == name);
        text.split_once(" to ")
            .and_then(|(from, to)| Some(Self { from: folder(from)?, to: folder(to)? }))
            .ok_or_else(|| {
                format!("`{text}` is not a move: expected something like `done to inbox`")
            })
    }
}

/// The last finished step of an attempt; a resumed attempt goes on behind it (`DESIGN.md` section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A worker has taken the task and chosen an agent.
    Claimed,
    /// Its worktree stands.
    Worktree,
    /// The agent has ended, and what it left is recorded.
    AgentDone,
    /// The claims were checked against the repository.
    Tested,
    /// The work is a commit in the mirror.
    Committed,
    /// The commit is on the remote.
    Pushed,
    /// The pull request is open.
    PrOpen,
    /// The host shows it all.
    Reported,
}

impl Stage {
    /// The stage's name in the task file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Worktree => "worktree",
            Self::AgentDone => "agent_done",
            Self::Tested => "tested",
            Self::Committed => "committed",
            Self::Pushed => "pushed",
            Self::PrOpen => "pr_open",
            Self::Reported => "reported",
        }
    }
}

/// How a task in `done/` ended; absent while its pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its pull request was merged.
    Merged,
    /// A person closed its pull request.
    Closed,
    /// The work was withdrawn.
    Cancelled,
    /// Nothing had to be changed, and that was shown.
    NoChange,
}

impl Outcome {
    /// The word in the task file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::NoChange => "no_change",
        }
    }
}

/// What the host was last seen to show for a task, after we had set it (`CONTRACT.md` section 3a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Dispatched: label `in-progress`, column In Progress.
    InProgress,
    /// Waits for a person: labels `blocked` and `human-required`, column Blocked.
    NeedsPerson,
    /// Checks are red and a repair is on its way: label `blocked` beside `in-progress`.
    Repairing,
    /// Merged: label `done`, issue closed, column Done.
    Merged,
    /// A person closed the pull request: `human-required`, column Backlog.
    PullClosed,
    /// Cancelled or nothing to change: no label of ours, column Backlog (Done when the issue is closed).
    Released,
}

/// Counts over the whole lineage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Attempts that count.
    pub spent: u32,
    /// Runs that cost no attempt (quota, no login, a worker that died).
    pub free_runs: u32,
    /// Repairs queued after the pull request was opened.
    pub repairs: u32,
    /// Rebases of its pull request.
    pub rebases: u32,
    /// Updates of its pull request onto a base that had moved without a conflict.
    pub updates: u32,
}

/// A task with its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Derived from repository, issue and generation.
    pub id: TaskId,
    /// The repository on its host.
    pub repo: RepoSlug,
    /// The issue.
    pub issue: IssueNumber,
    /// The issue's title at admission: data, never part of a command.
    pub title: String,
    /// Where a person reads the issue.
    pub url: String,
    /// What kind of work it is.
    pub task_type: TaskType,
    /// How urgent it is.
    pub priority: Priority,
    /// The agent asked for; `None` is `auto`.
    pub agent: Option<AgentName>,
    /// The number of the present attempt, counted from one.
    pub attempt: u32,
    /// How many attempts may be spent before the first pull request.
    pub max_attempts: u32,
    /// The branch that the work starts from and returns to.
    pub base_branch: BranchName,
    /// The branch that carries the work.
    pub branch: BranchName,
    /// Last finished stage of the present attempt.
    pub stage: Option<Stage>,
    /// Parked until then.
    pub not_before: Option<Timestamp>,
    /// Checks by which the outcome is measured later.
    pub outcome_checks: Vec<String>,
    /// The red checks that a repair is about.
    pub failed_checks: Vec<String>,
    /// Counts over the lineage.
    pub counters: Counters,
    /// Agents of this lineage, in the order they ran.
    pub tried: Vec<AgentName>,
    /// How many of [`Task::tried`] belong to finished rounds: a repair, an answer or a retry by hand begins a new round, in which every
    /// agent of the chain has its turn again.
    pub earlier_rounds: usize,
    /// Money spent, in millionths of a US dollar.
    pub cost_usd_micros: u64,
    /// The pull request.
    pub pr: Option<PrNumber>,
    /// The last commit of ours on the branch.
    pub head_sha: Option<CommitSha>,
    /// A commit that is being pushed to the branch by a rebase: ours as soon as the branch shows it.
    pub next_head: Option<CommitSha>,
    /// The head whose failed jobs were run again; that is done once for a head.
    pub rerun_head: Option<CommitSha>,
    /// The head that a person approved beyond the limits of diffs.
    pub approved_head: Option<CommitSha>,
    /// What stands against the merge of a head that is otherwise as it should be.
    pub objection: Option<Objection>,
    /// How it ended, only in `done/`.
    pub outcome: Option<Outcome>,
    /// How often this issue has been dispatched.
    pub generation: u32,
    /// SHA-256 of the issue's text at admission.
    pub brief_sha256: String,
    /// When it was dispatched.
    pub created_at: Timestamp,
    /// The agent of the present attempt, from claim to settlement.
    pub assigned: Option<AgentName>,
    /// The same agent is to run once more, with the finding.
    pub second_chance: Option<AgentName>,
    /// Conflicting files that the present repair is about.
    pub conflicts: Vec<String>,
    /// The base commit on which a conflict is to be solved.
    pub conflict_base: Option<CommitSha>,
    /// Whole minutes spent parked.
    pub parked_minutes: u64,
    /// Why it waits, in one line, for `status` and `why`.
    pub reason: Option<String>,
    /// The code under which the last attempt did not finish.
    pub blocker: Option<BlockerCode>,
    /// The issues that the last result named as in its way and that were open then.
    pub waits_for: Vec<IssueNumber>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// The comment whose command was carried out last, so that no crash carries it out twice.
    pub last_command: Option<u64>,
    /// A move that was decided and may not have been carried out.
    pub settling: Option<Move>,
    /// Why its worker could not go on with it, in one line; only in `processing/`, until somebody can.
    pub trouble: Option<String>,
    /// What the host was last seen to show.
    pub host_state: Option<HostState>,
    /// Front-matter keys that are not ours, kept as they are.
    pub unknown: Vec<(String, serde_json::Value)>,
    /// The Markdown body.
    pub body: String,
}

impl Task {
    /// The agents that have run in the present round.
    pub fn tried_this_round(&self) -> &[AgentName] {
        self.tried.get(self.earlier_rounds..).unwrap_or_default()
    }

    /// A task that had ended and was brought back by a person begins anew, without the pull request of its past. What a person closed is
    /// not merged unchanged, unless a person says so.
    pub fn forget_the_end(&mut self) {
        let Some(outcome) = self.outcome.take() else { return };
        let past = self.head_sha.take().zip(self.pr.take());
        // Another end takes nothing back of what a person said before.
        if let Some((head, pr)) = past.filter(|_| outcome == Outcome::Closed) {
            self.objection = Some(Objection::of_closing(head, pr));
        }
        self.failed_checks.clear();
        self.conflicts.clear();
        self.conflict_base = None;
        self.counters.repairs = 0;
        self.counters.rebases = 0;
        self.counters.updates = 0;
        self.begin_round();
    }

    /// The branch was moved by us to a commit with the same work.
    pub fn moved_to(&mut self, head: CommitSha) {
        if let Some(objection) = &mut self.objection {
            objection.follow(self.head_sha.as_ref(), &head);
        }
        self.head_sha = Some(head);
    }

    /// Gives every agent of the chain its turn again.
    pub fn begin_round(&mut self) {
        self.earlier_rounds = self.tried.len();
        self.second_chance = None;
    }

    /// Whether the work is past its first pull request.
    pub fn is_repair(&self) -> bool {
        self.pr.is_some()
    }

    /// The name of the present run's folder under `runtime/runs/<task-id>/`.
    pub fn run_label(&self) -> String {
        self.attempt.to_string()
    }

    /// Clears what belongs to one attempt, before the task goes back to the inbox or out of our hands.
    pub fn end_attempt(&mut self) {
        self.stage = None;
        self.assigned = None;
        self.not_before = None;
        self.trouble = None;
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
pub(crate) mod tests;
