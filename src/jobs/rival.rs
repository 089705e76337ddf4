//! Whether another installation works on the same repository: its name stands in the status comments of work in progress that is not ours. The
//! younger one begins nothing there; what it has begun goes on to its end.

use super::dispatch::Failure;
use super::report::Severity;
use crate::app::{App, Repository};
use crate::domain::installation::{self, Installation};
use crate::domain::issue::{Comment, Trust};
use crate::effects::texts;
use crate::sys::files::FileError;
use crate::text::marker;

/// The label of work in progress.
const IN_PROGRESS: &str = "in-progress";

/// More unknown work than this is not looked at in one run.
const MOST: usize = 10;

/// What a person can do about it.
const MEND: &str =
    "stop one of the two; if the other one is gone, take the label `in-progress` off the issue";

/// Fails where an older installation works on this repository, with what is left undone for its sake: `dispatches nothing`. A dry run writes
/// nothing.
pub(super) async fn give_way(
    app: &App,
    repository: &Repository,
    undone: &str,
    is_dry_run: bool,
) -> Result<(), Failure> {
    match Box::pin(older(app, repository, undone, is_dry_run)).await? {
        None => Ok(()),
        Some(reason) => Err(Failure {
            message: reason,
            severity: Severity::Failure,
            hint: Some(MEND.to_owned()),
        }),
    }
}

/// Says which older installation works on this repository, if one does. Where work in progress is all ours this costs one request.
pub(super) async fn older(
    app: &App,
    repository: &Repository,
    undone: &str,
    is_dry_run: bool,
) -> Result<Option<String>, Failure> {
    if repository.local.is_some() {
        return Ok(None);
    }
    let mut looked = 0;
    for issue in repository.glance.labelled(IN_PROGRESS).await? {
        let is_known = app.mailbox.newest_generation(&repository.key, issue.number)?.is_some();
        if is_known || looked >= MOST {
            continue;
        }
        looked += 1;
        let comments = repository.glance.comments(issue.number).await?;
        let others: Vec<Installation> = comments.iter().filter_map(author).collect();
        if others.is_empty() {
            continue;
        }
        // Only now: a repository where nobody else works gives nobody an age.
        let ours = ours(app, is_dry_run)?;
        if let Some(other) = others.iter().find(|other| ours.yields_to(other)) {
            return Ok(Some(format!(
                "another installation of agentos ({}, since {:.0}) works on {}{}; this one ({}, since {:.0}) is younger and {undone}",
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

/// This installation. One that has never worked is younger than any that has, and a dry run gives it no name.
fn ours(app: &App, is_dry_run: bool) -> Result<Installation, FileError> {
    if !is_dry_run {
        return app.state.installation(app.now());
    }
    let known = app.state.known_installation()?;
    Ok(known.unwrap_or_else(|| Installation { id: "new".to_owned(), since: app.now() }))
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
