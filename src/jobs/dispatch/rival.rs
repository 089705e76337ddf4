//! Whether another installation works on the same repository: its name stands in the status comments of work in progress that is not ours.

use super::Failure;
use crate::app::{App, Repository};
use crate::domain::installation::{self, Installation};
use crate::domain::issue::{Comment, Trust};
use crate::effects::texts;
use crate::text::marker;

/// The label of work in progress.
const IN_PROGRESS: &str = "in-progress";

/// More unknown work than this is not looked at in one run.
const MOST: usize = 10;

/// What a person can do about it.
pub(super) const MEND: &str =
    "stop one of the two; if the other one is gone, take the label `in-progress` off the issue";

/// Says which older installation works on this repository, if one does. Where work in progress is all ours this costs one request.
pub(super) async fn older(app: &App, repository: &Repository) -> Result<Option<String>, Failure> {
    if repository.local.is_some() {
        return Ok(None);
    }
    let ours = app.state.installation(app.now())?;
    let mut looked = 0;
    for issue in repository.glance.labelled(IN_PROGRESS).await? {
        let is_known = app.mailbox.newest_generation(&repository.key, issue.number)?.is_some();
        if is_known || looked >= MOST {
            continue;
        }
        looked += 1;
        let comments = repository.glance.comments(issue.number).await?;
        if let Some(other) = comments.iter().filter_map(author).find(|o| ours.yields_to(o)) {
            return Ok(Some(format!(
                "another installation of agentos ({}, since {}) works on {}{}; this one ({}, since {}) is younger and dispatches nothing",
                other.id,
                other.since,
                repository.slug(),
                issue.number,
                ours.id,
                ours.since
            )));
        }
    }
    Ok(None)
}

/// The installation that wrote a status comment. Only an account with write access can speak for one.
fn author(comment: &Comment) -> Option<Installation> {
    if !comment.ours && comment.author_trust != Trust::Trusted {
        return None;
    }
    let markers = marker::find_all(&comment.body);
    markers.iter().find(|m| m.kind == texts::STATUS)?;
    let named = markers.iter().find(|m| m.kind == installation::MARKER)?;
    Installation::from_key(&named.key)
}
