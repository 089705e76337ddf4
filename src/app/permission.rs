//! The one question that every job asks before it acts for a repository: may I? The rule is [`crate::domain::permission`]; the facts are the
//! flag files and the configuration.

use super::{App, Repository};
use crate::config::AutomationMode;
use crate::domain::job::Job;
use crate::domain::permission::{self, Act, Facts, OfRepository, Permission};

impl App {
    /// Whether a job may act for a repository, or do within its run what the mode of the repository may forbid.
    pub fn may(&self, act: impl Into<Act>, repository: &Repository) -> Permission {
        let act = act.into();
        let settings = &repository.settings;
        let days = match act {
            Act::Run(Job::Groom) => Some(settings.groomer_cadence_days),
            Act::Run(Job::Plan) => Some(settings.sprint_cadence_days),
            _ => None,
        };
        let of = OfRepository {
            key: repository.key.clone(),
            is_paused: self.state.flag_repo(&repository.key).exists(),
            is_by_hand: settings.automation_mode == AutomationMode::DispatcherOnly,
            is_dormant: days.is_some_and(|days| days <= 0.0),
        };
        permission::decide(act, &self.facts(act, Some(of)))
    }

    /// Whether a job may run at all, whatever the repository.
    pub fn may_run(&self, job: Job) -> Permission {
        permission::decide(job.into(), &self.facts(job.into(), None))
    }

    /// Whether a job may act for any repository.
    pub fn may_anywhere(&self, job: Job) -> bool {
        self.repositories.iter().any(|repository| self.may(job, repository).is_granted())
    }

    fn facts(&self, act: Act, repository: Option<OfRepository>) -> Facts {
        let is_job_paused = match act {
            Act::Run(job) => self.state.flag_job(job.as_str()).exists(),
            Act::Merge | Act::Repair | Act::FollowUp => false,
        };
        Facts { is_off: self.state.flag_all().exists(), is_job_paused, repository }
    }
}
