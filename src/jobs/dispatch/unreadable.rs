//! Files that cannot be read as a task, wherever they lie: to `failed/`, and the issue says so, since nobody works on it any more.

use crate::app::{App, Repository};
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::issue::IssueState;
use crate::domain::task::{Folder, HostState};
use crate::effects::{Effect, labels_and_status, shows_work, texts};
use crate::host::HostError;
use crate::mailbox::Entry;

use super::super::queue;
use super::super::report::Report;
use super::Failure;

/// The topic of the notice.
const TOPIC: &str = "unreadable";

/// Looks at one such file. The queue has those of `inbox/` and `processing/`.
pub(super) async fn look(
    app: &App,
    repository: &Repository,
    entry: &Entry,
    report: &mut Report,
) -> Result<(), Failure> {
    match entry.folder {
        Folder::Inbox | Folder::Processing => Ok(()),
        Folder::Failed => tell(app, repository, entry).await,
        Folder::Blocked | Folder::Escalated | Folder::Done => {
            queue::set_aside(app, entry, report);
            Ok(())
        }
    }
}

/// Makes the issue of a file in `failed/` say that it needs a person, as long as it shows that somebody is at work.
async fn tell(app: &App, repository: &Repository, entry: &Entry) -> Result<(), Failure> {
    let Ok(id) = entry.stem.parse::<TaskId>() else { return Ok(()) };
    let Some(number) = id.issue_of(&repository.key) else { return Ok(()) };
    if entry.is_newer || !is_stale(app, repository, &id, number).await? {
        return Ok(());
    }
    let Some(lease) = app.mailbox.lease(&id)? else { return Ok(()) };
    let reason = entry.task.as_ref().err().map_or("it cannot be read", String::as_str);
    let root = format!("{}/", app.settings.root.display());
    let words = format!(
        "the file of this task cannot be read and was set aside in `failed/`: {}. A person mends it and moves it back to `inbox/`",
        reason.replace(&root, "")
    );
    let notice = Effect::Comment {
        issue: number,
        kind: texts::NOTICE.to_owned(),
        key: format!("{id}/{TOPIC}"),
        body: texts::bounded(&app.redactor.redact(&texts::notice_of(&id, TOPIC, &words))),
        sticky: true,
    };
    let (change, status) = labels_and_status(HostState::NeedsPerson, IssueState::Open);
    let effects = repository.effects()?;
    effects.carry_out(&notice, &lease).await?;
    effects.carry_out(&Effect::Labels { issue: number, change }, &lease).await?;
    effects.carry_out(&Effect::Status { issue: number, status }, &lease).await?;
    Ok(())
}

/// Whether its issue shows work that is under way, though no readable file is: neither this one nor one of another generation.
async fn is_stale(
    app: &App,
    repository: &Repository,
    id: &TaskId,
    number: IssueNumber,
) -> Result<bool, Failure> {
    let newest = app.mailbox.newest_generation(&repository.key, number)?;
    if newest.is_some_and(|(generation, _)| TaskId::of(&repository.key, number, generation) != *id)
    {
        return Ok(false);
    }
    match repository.glance.issue(number).await {
        Ok(issue) => Ok(shows_work(&issue)),
        Err(HostError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
