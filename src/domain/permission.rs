//! Whether a job may act for a repository: the kill switch, pauses, `automation_mode` and dormancy, judged in this one place for every job.
//! Pure.

use super::ids::RepoKey;
use super::job::Job;
use super::standstill::Standstill;

/// What wants to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A run of a job.
    Run(Job),
    /// A merge without a person, within `pr-monitor`.
    Merge,
    /// A repair of red checks or of a conflict, within `pr-monitor`.
    Repair,
    /// A further attempt behind one that did not complete, within `queue`.
    FollowUp,
}

impl From<Job> for Act {
    fn from(job: Job) -> Self {
        Self::Run(job)
    }
}

/// What is set for one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRepository {
    /// Which.
    pub key: RepoKey,
    /// Its flag file is there.
    pub is_paused: bool,
    /// `automation_mode: dispatcher_only`: people drive by hand.
    pub is_by_hand: bool,
    /// The pace of the job in question is 0.
    pub is_dormant: bool,
}

/// Everything that a permission rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The kill switch is thrown.
    pub is_off: bool,
    /// The job's flag file is there.
    pub is_job_paused: bool,
    /// The repository in question; `None` where the job is asked about as a whole.
    pub repository: Option<OfRepository>,
}

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// Everything is switched off.
    Off,
    /// The job is paused.
    JobPaused(Job),
    /// The repository is paused.
    RepoPaused(RepoKey),
    /// People drive this repository by hand.
    ByHand,
    /// The pace of the job is 0 here.
    Dormant(Job),
}

/// Whether it may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Granted,
    /// It may not, with why.
    Denied(Denial),
}

impl Permission {
    /// Whether it may be done.
    pub fn is_granted(&self) -> bool {
        *self == Self::Granted
    }

    /// Why it may not be done.
    pub fn denial(self) -> Option<Denial> {
        match self {
            Self::Granted => None,
            Self::Denied(denial) => Some(denial),
        }
    }
}

impl Denial {
    /// Why, where it is clear of whom it is said.
    pub fn reason(&self) -> String {
        match self {
            Self::Off => "everything is switched off; `agentos on` switches it on".to_owned(),
            Self::JobPaused(job) => {
                format!("paused; `agentos resume --job {}` lets it go on", job.as_str())
            }
            Self::RepoPaused(key) => format!("paused; `agentos resume --repo {key}` lets it go on"),
            Self::ByHand => "`automation_mode` is `dispatcher_only`".to_owned(),
            Self::Dormant(job) => {
                format!("dormant: `{}` is 0", job.cadence_key().unwrap_or_default())
            }
        }
    }

    /// Which reason it is.
    pub fn standstill(&self) -> Standstill {
        match self {
            Self::Off => Standstill::Off,
            Self::JobPaused(_) => Standstill::JobPaused,
            Self::RepoPaused(_) => Standstill::RepoPaused,
            Self::ByHand => Standstill::ByHand,
            Self::Dormant(_) => Standstill::Dormant,
        }
    }

    /// Why, as a sentence that names whom it is about; `repo` is the name of the repository.
    pub fn told(&self, repo: &str) -> String {
        let reason = self.reason();
        match self {
            Self::Off => reason,
            Self::JobPaused(job) => format!("`{}` is {reason}", job.as_str()),
            Self::RepoPaused(_) | Self::Dormant(_) => format!("{repo} is {reason}"),
            Self::ByHand => format!("{repo}: {reason}"),
        }
    }
}

/// Judges. The widest switch is named first. What is done within a job asks for the mode alone: the switches were looked at when the job
/// came to the repository, and work that has begun is finished.
pub fn decide(act: Act, facts: &Facts) -> Permission {
    let denial = match act {
        Act::Run(job) => of_run(job, facts),
        Act::Merge | Act::Repair | Act::FollowUp => {
            let is_by_hand = facts.repository.as_ref().is_some_and(|of| of.is_by_hand);
            is_by_hand.then_some(Denial::ByHand)
        }
    };
    denial.map_or(Permission::Granted, Permission::Denied)
}

fn of_run(job: Job, facts: &Facts) -> Option<Denial> {
    if facts.is_off {
        return Some(Denial::Off);
    }
    if facts.is_job_paused {
        return Some(Denial::JobPaused(job));
    }
    let of = facts.repository.as_ref()?;
    if of.is_paused {
        return Some(Denial::RepoPaused(of.key.clone()));
    }
    if of.is_by_hand && !is_a_persons_lane(job) {
        return Some(Denial::ByHand);
    }
    (of.is_dormant && job.cadence_key().is_some()).then_some(Denial::Dormant(job))
}

/// Whether a job serves people who drive by hand: what they made Ready is worked on, and what became of it is shown.
fn is_a_persons_lane(job: Job) -> bool {
    match job {
        Job::Dispatch | Job::Queue | Job::PrMonitor | Job::Tick => true,
        Job::Groom | Job::Plan | Job::Score | Job::Analyze => false,
    }
}

#[cfg(test)]
#[path = "permission_tests.rs"]
mod tests;
