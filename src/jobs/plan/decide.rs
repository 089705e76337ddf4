//! `agentos plan approve` and `agentos plan reject`: the operator's word about a waiting sprint.

use crate::app::{App, Repository};
use crate::domain::ids::RepoKey;
use crate::domain::sprint::{Sprint, SprintId, Status};
use crate::jobs::dispatch::Failure;

use super::store::Store;

/// Why a sprint was not decided about.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is no such sprint, or it has ended.
    #[error("{0}")]
    Unknown(String),
    /// Another process has it in hand.
    #[error("{0}")]
    NotNow(String),
    /// Its file cannot be read or written.
    #[error("{0}")]
    Failed(String),
}

impl From<Failure> for DecideError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.message)
    }
}

/// Writes down what the operator says. What was said before stays said.
///
/// # Errors
///
/// When there is no such sprint, it has ended or was decided otherwise, or its file cannot be written.
pub fn decide(
    app: &App,
    name: &str,
    is_approved: bool,
    by: &str,
) -> Result<(RepoKey, Sprint), DecideError> {
    let id: SprintId = name.parse().map_err(DecideError::Unknown)?;
    let (repository, store) = found(app, &id)?;
    let lease = app.mailbox.backlog_lease(&repository.key).map_err(Failure::from)?;
    let Some(_lease) = lease else {
        let words = "another run is at the backlog of this repository: try again in a moment";
        return Err(DecideError::NotNow(words.to_owned()));
    };
    let mut sprint = store.read(&id)?;
    let wanted = if is_approved { Status::Approved } else { Status::Rejected };
    if sprint.status == wanted {
        return Ok((repository.key.clone(), sprint));
    }
    if sprint.status != Status::Waiting {
        let words = format!("the sprint {id} is {} already", sprint.status.as_str());
        return Err(DecideError::Unknown(words));
    }
    if let Some(until) = sprint.expires_at.filter(|until| *until <= app.now()) {
        let words = format!("the sprint {id} waited until {until}, and is left now");
        return Err(DecideError::Unknown(words));
    }
    sprint.status = wanted;
    sprint.decided_by = Some(by.to_owned());
    store.save(&sprint)?;
    Ok((repository.key.clone(), sprint))
}

fn found<'a>(app: &'a App, id: &SprintId) -> Result<(&'a Repository, Store), DecideError> {
    let mut known = Vec::new();
    for repository in &app.repositories {
        let store = Store::new(app, repository);
        let ids = store.ids()?;
        if ids.contains(id) {
            return Ok((repository, store));
        }
        known.extend(ids.last().map(ToString::to_string));
    }
    let known = if known.is_empty() {
        "there is none at all".to_owned()
    } else {
        format!("the newest ones are {}", known.join(", "))
    };
    Err(DecideError::Unknown(format!("there is no sprint `{id}`: {known}")))
}
