//! May an issue become a task? (`DESIGN.md` section 5, "Admission"; `CONTRACT.md` section 3.) Pure: the same view gives the same answer.

use super::ids::IssueNumber;
use super::issue::{BoardStatus, Issue, IssueState, MadeReady, Trust};
use super::standstill::{Halt, Standstill};
use super::task::{Folder, Outcome};
use crate::text::count::counted;

/// The label that makes an issue Ready.
pub const READY: &str = "ready";

/// What the mailbox holds for an issue: its newest generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its folder.
    pub folder: Folder,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Its generation.
    pub generation: u32,
}

impl Known {
    /// Whether work on it is still going on (`CONTRACT.md` section 3, "live").
    pub fn is_live(&self) -> bool {
        match self.folder {
            Folder::Inbox | Folder::Processing | Folder::Blocked => true,
            Folder::Done => self.outcome.is_none(),
            Folder::Failed | Folder::Escalated => false,
        }
    }
}

/// What admission looks at besides the issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What the mailbox holds for it.
    pub known: Option<Known>,
    /// Dependencies named in its text that are not closed, or cannot be read.
    pub open_dependencies: Vec<IssueNumber>,
    /// Labels that it must have.
    pub required_labels: Vec<String>,
    /// Labels that it must not have.
    pub excluded_labels: Vec<String>,
    /// Logins that are trusted besides owners, members and collaborators.
    pub trusted_authors: Vec<String>,
    /// Who made it Ready; only asked for where the author is not trusted.
    pub made_ready: Option<MadeReady>,
    /// Why it waits for a person since the first dispatch, if it does (day-one fence).
    pub fence: Option<String>,
    /// Open pull requests of ours.
    pub open_prs: usize,
    /// How many of them there may be for anything new to begin.
    pub max_open_prs: usize,
    /// How many more may be dispatched in this run.
    pub left_in_run: usize,
}

/// The answer, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It becomes a task of this generation.
    Dispatch {
        /// The generation, counted from one.
        generation: u32,
    },
    /// Ready on a blocked task is the answer to its question.
    Answer,
    /// Ready on a task that is being worked on: nothing to do.
    Live {
        /// Where the task lies.
        folder: Folder,
    },
    /// It is Ready but has to wait.
    Wait(Halt),
    /// It is not for us.
    NotReady,
}

/// Whether a person made it Ready, by label or by board.
pub fn is_ready(issue: &Issue) -> bool {
    issue.has_label(READY) || issue.status == Some(BoardStatus::Ready)
}

/// Decides about one issue.
pub fn admit(issue: &Issue, view: &View) -> Admission {
    if issue.state == IssueState::Closed || !is_ready(issue) {
        return Admission::NotReady;
    }
    if let Some(known) = view.known.as_ref().filter(|known| known.is_live()) {
        return match known.folder {
            Folder::Blocked => Admission::Answer,
            folder => Admission::Live { folder },
        };
    }
    if let Some(halt) = first_hindrance(issue, view) {
        Admission::Wait(halt)
    } else {
        let generation = view.known.as_ref().map_or(1, |known| known.generation + 1);
        Admission::Dispatch { generation }
    }
}

fn first_hindrance(issue: &Issue, view: &View) -> Option<Halt> {
    if let Some(halt) = untrusted(issue, view) {
        return Some(halt);
    }
    let halt = |standstill, reason: String| Some(Halt::new(standstill, reason));
    if let Some(reason) = &view.fence {
        return halt(Standstill::Fenced, reason.clone());
    }
    if let Some(label) = view.excluded_labels.iter().find(|label| issue.has_label(label)) {
        let reason = format!("it has the label `{label}` of `excluded_labels`");
        return halt(Standstill::ExcludedLabel, reason);
    }
    if let Some(label) = view.required_labels.iter().find(|label| !issue.has_label(label)) {
        let reason = format!("it lacks the label `{label}` of `required_labels`");
        return halt(Standstill::MissingLabel, reason);
    }
    if let Some(dependency) = view.open_dependencies.first() {
        let reason = format!("it depends on {dependency}, which is not closed");
        return halt(Standstill::Dependency, reason);
    }
    let (open, most) = (view.open_prs, view.max_open_prs);
    if open >= most {
        let are = if open == 1 { "is" } else { "are" };
        let open = counted(open, "pull request");
        let reason = format!("{open} {are} open, and `max_open_prs` is {most}");
        return halt(Standstill::OpenPulls, reason);
    }
    if view.left_in_run == 0 {
        let reason = "`max_dispatch_per_run` is reached; the next run takes it";
        return halt(Standstill::RunIsFull, reason.to_owned());
    }
    None
}

/// Why neither the author nor whoever made it Ready may make work for us, if that is so (`CONTRACT.md` section 7).
fn untrusted(issue: &Issue, view: &View) -> Option<Halt> {
    if is_trusted(view, &issue.author, issue.author_trust) {
        return None;
    }
    let author = &issue.author;
    let (standstill, reason) = match &view.made_ready {
        Some(made) if is_trusted(view, &made.by, made.trust) => return None,
        Some(made) if made.trust == Trust::Unknown => (
            Standstill::TrustUnknown,
            format!("it is not known yet whether `{}`, who made it Ready, may make work", made.by),
        ),
        Some(made) => (
            Standstill::Untrusted,
            format!(
                "neither its author `{author}` nor `{}`, who made it Ready, is owner, member or collaborator, or in `trusted_authors`",
                made.by
            ),
        ),
        None if issue.author_trust == Trust::Unknown => (
            Standstill::TrustUnknown,
            "it is not known yet whether its author may make work".to_owned(),
        ),
        None => (
            Standstill::Untrusted,
            format!(
                "its author `{author}` is neither owner, member nor collaborator, nor in `trusted_authors`, and it is not known who made it Ready"
            ),
        ),
    };
    Some(Halt::new(standstill, reason))
}

/// Whether an account may make work for us: by the host's word or by the configuration's.
pub fn is_trusted(view: &View, login: &str, trust: Trust) -> bool {
    trust == Trust::Trusted || view.trusted_authors.iter().any(|a| a.eq_ignore_ascii_case(login))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue() -> Issue {
        Issue {
            number: IssueNumber(42),
            title: "Add a cart".to_owned(),
            body: String::new(),
            state: IssueState::Open,
            status: Some(BoardStatus::Ready),
            labels: Vec::new(),
            author: "ann".to_owned(),
            author_trust: Trust::Trusted,
            url: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
            closed_at: None,
        }
    }

    fn view() -> View {
        View {
            known: None,
            open_dependencies: Vec::new(),
            required_labels: Vec::new(),
            excluded_labels: Vec::new(),
            trusted_authors: Vec::new(),
            made_ready: None,
            fence: None,
            open_prs: 0,
            max_open_prs: 5,
            left_in_run: 3,
        }
    }

    fn known(folder: Folder, outcome: Option<Outcome>) -> Known {
        Known { folder, outcome, generation: 1 }
    }

    #[test]
    fn a_ready_issue_of_a_trusted_author_becomes_a_task() {
        assert_eq!(admit(&issue(), &view()), Admission::Dispatch { generation: 1 });
        let by_label = Issue { status: None, labels: vec!["Ready".to_owned()], ..issue() };
        assert_eq!(admit(&by_label, &view()), Admission::Dispatch { generation: 1 });
    }

    #[test]
    fn what_is_closed_or_not_ready_is_left_alone() {
        let closed = Issue { state: IssueState::Closed, ..issue() };
        let backlog = Issue { status: Some(BoardStatus::Backlog), ..issue() };
        assert_eq!(admit(&closed, &view()), Admission::NotReady);
        assert_eq!(admit(&backlog, &view()), Admission::NotReady);
    }

    #[test]
    fn ready_on_a_live_task_does_nothing_but_answers_a_blocked_one() {
        for (folder, outcome, expected) in [
            (Folder::Inbox, None, Admission::Live { folder: Folder::Inbox }),
            (Folder::Processing, None, Admission::Live { folder: Folder::Processing }),
            (Folder::Done, None, Admission::Live { folder: Folder::Done }),
            (Folder::Blocked, None, Admission::Answer),
            (Folder::Done, Some(Outcome::Merged), Admission::Dispatch { generation: 2 }),
            (Folder::Escalated, None, Admission::Dispatch { generation: 2 }),
            (Folder::Failed, None, Admission::Dispatch { generation: 2 }),
        ] {
            let view = View { known: Some(known(folder, outcome)), ..view() };
            assert_eq!(admit(&issue(), &view), expected, "{folder} {outcome:?}");
        }
    }

    #[test]
    fn every_hindrance_makes_it_wait_with_its_reason() {
        let cases: [(Issue, View, &str); 8] = [
            (Issue { author_trust: Trust::Unknown, ..issue() }, view(), "not known yet"),
            (Issue { author_trust: Trust::Untrusted, ..issue() }, view(), "`ann` is neither"),
            (
                issue(),
                View { required_labels: vec!["agent-ok".to_owned()], ..view() },
                "`agent-ok`",
            ),
            (
                Issue { labels: vec!["wip".to_owned()], ..issue() },
                View { excluded_labels: vec!["WIP".to_owned()], ..view() },
                "excluded_labels",
            ),
            (issue(), View { open_dependencies: vec![IssueNumber(7)], ..view() }, "depends on #7"),
            (issue(), View { open_prs: 5, ..view() }, "`max_open_prs` is 5"),
            (issue(), View { open_prs: 9, ..view() }, "`max_open_prs` is 5"),
            (issue(), View { left_in_run: 0, ..view() }, "max_dispatch_per_run"),
        ];
        for (issue, view, words) in cases {
            match admit(&issue, &view) {
                Admission::Wait(halt) => assert!(halt.reason.contains(words), "{halt:?}"),
                other => panic!("{other:?} instead of waiting for {words}"),
            }
        }
    }

    #[test]
    fn a_named_author_is_trusted_whatever_the_host_says() {
        let issue = Issue { author_trust: Trust::Untrusted, ..issue() };
        let view = View { trusted_authors: vec!["Ann".to_owned()], ..view() };
        assert_eq!(admit(&issue, &view), Admission::Dispatch { generation: 1 });
    }
}
