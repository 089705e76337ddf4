//! What a person asks about, as it is typed.

use crate::domain::ids::{IssueNumber, PrNumber, TaskId};
use crate::jobs::report::Job;

use super::LookError;

/// What a person asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A task.
    Task(TaskId),
    /// An issue, of a repository or of the only one.
    Issue(Option<String>, IssueNumber),
    /// A pull request.
    Pull(Option<String>, PrNumber),
    /// A job.
    Job(Job),
}

impl std::str::FromStr for Subject {
    type Err = LookError;

    /// Reads `web-42`, `acme/web#42`, `#42`, `42`, `pr:7`, `acme/web!7` or the name of a job.
    fn from_str(text: &str) -> Result<Self, LookError> {
        let bad = || {
            let shown = crate::text::clean::one_line(text, 80);
            LookError::Unknown(format!(
                "`{shown}` is neither a task (`web-42`), an issue (`42`, `acme/web#42`), a pull request (`pr:7`, `acme/web!7`) nor a job (`queue`)"
            ))
        };
        let number = |digits: &str| digits.parse::<u64>().map_err(|_| bad());
        if let Some(job) = Job::ALL.into_iter().find(|job| job.as_str() == text) {
            return Ok(Self::Job(job));
        }
        if let Some(digits) = text.strip_prefix("pr:") {
            return Ok(Self::Pull(None, PrNumber(number(digits)?)));
        }
        if let Some((repo, digits)) = text.split_once('#') {
            let repo = (!repo.is_empty()).then(|| repo.to_owned());
            return Ok(Self::Issue(repo, IssueNumber(number(digits)?)));
        }
        if let Some((repo, digits)) = text.split_once('!') {
            return Ok(Self::Pull(Some(repo.to_owned()), PrNumber(number(digits)?)));
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return Ok(Self::Issue(None, IssueNumber(number(text)?)));
        }
        text.parse().map(Self::Task).map_err(|_| bad())
    }
}
