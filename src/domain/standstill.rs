//! Each reason for which a job leaves an issue, a task, a pull request or a repository alone, by name. Jobs, `why` and tests speak of the same
//! ones: a reason that is new here has to be shown by a test before the tests compile. Pure.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Declares the reasons with their words, and the list of all of them, which can therefore miss none.
macro_rules! standstills {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// Why something is left alone.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Standstill {
            $($(#[$doc])* $name,)+
        }

        impl Standstill {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word of `why --json`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

standstills! {
    /// Everything is switched off.
    Off = "off",
    /// The job is paused.
    JobPaused = "job_paused",
    /// The repository is paused.
    RepoPaused = "repo_paused",
    /// People drive the repository by hand.
    ByHand = "by_hand",
    /// The pace of the job is 0 there.
    Dormant = "dormant",
    /// The job is not due yet.
    NotDue = "not_due",
    /// Another run of the job holds its lock.
    Locked = "locked",
    /// The issue is closed.
    Closed = "closed",
    /// Nobody made the issue Ready.
    NotReady = "not_ready",
    /// It is not known whether its author, or who made it Ready, may make work.
    TrustUnknown = "trust_unknown",
    /// Neither its author nor who made it Ready may make work.
    Untrusted = "untrusted",
    /// It was Ready before the first dispatch.
    Fenced = "fenced",
    /// It has a label of `excluded_labels`.
    ExcludedLabel = "excluded_label",
    /// It lacks a label of `required_labels`.
    MissingLabel = "missing_label",
    /// An issue that it depends on is not closed.
    Dependency = "dependency",
    /// The branch that it is to be merged into does not exist.
    BaseBranch = "base_branch",
    /// As many pull requests are open as may be.
    OpenPulls = "max_open_prs",
    /// This run of dispatch has its share.
    RunIsFull = "max_dispatch_per_run",
    /// An older installation works on the repository.
    Rival = "other_installation",
    /// The task is paused.
    TaskPaused = "task_paused",
    /// The configuration does not name its repository any more.
    Unconfigured = "unconfigured",
    /// The task is parked until a time.
    Parked = "parked",
    /// The money of the day is spent.
    MoneyOfDay = "budget_of_day",
    /// Every agent that is left is out.
    AgentsOut = "agents_out",
    /// Every worker slot is taken.
    SlotsTaken = "slots_taken",
    /// There is no memory for one more worker.
    Memory = "memory",
    /// A person has been asked.
    Blocked = "blocked",
    /// It was given up to a person.
    Escalated = "escalated",
    /// The system could not go on.
    Failed = "failed",
    /// Its last run could not go on; the next one tries again.
    Trouble = "trouble",
    /// Its file is none that can be worked on: unreadable, of a newer version, or moved to where it does not belong.
    Unusable = "unusable_file",
    /// It has ended.
    Ended = "ended",
    /// The pull request is not ours any more.
    HandsOff = "hands_off",
    /// A person has to decide about the pull request.
    Held = "held",
    /// The pull request waits for something that comes by itself.
    Waits = "waits",
}

impl Serialize for Standstill {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// That something is left alone: which reason, in which words, and until when, if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// Which reason.
    pub standstill: Standstill,
    /// One line, as the job says it.
    pub reason: String,
    /// When the job takes it up by itself.
    pub until: Option<Timestamp>,
}

impl Halt {
    /// One without a known end.
    pub fn new(standstill: Standstill, reason: impl Into<String>) -> Self {
        Self { standstill, reason: reason.into(), until: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<&str> =
            Standstill::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), Standstill::ALL.len());
        let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(words.iter().all(is_word), "{words:?}");
    }
}
