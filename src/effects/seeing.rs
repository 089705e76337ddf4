//! What an effect needs to know of an issue or a pull request: from the sight where it is there, else read anew and kept in it. A write
//! leaves in the sight what the host's answer shows, and nothing where it shows nothing.

use super::effect::Effect;
use crate::domain::ids::{IssueNumber, PrNumber};
use crate::domain::issue::{BoardStatus, Comment, Issue};
use crate::domain::pull::PullState;
use crate::host::{Host, HostError, LabelChange, Sight};
use crate::text::marker;

/// Whether an effect is read back from a sight.
pub(super) fn is_of_host(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Comment { .. }
            | Effect::Labels { .. }
            | Effect::Status { .. }
            | Effect::Merge { .. }
            | Effect::CloseIssue { .. }
    )
}

/// The issue; its column only where that was read too.
pub(super) async fn issue<'s>(
    host: &dyn Host,
    sight: &'s mut Sight,
    number: IssueNumber,
) -> Result<&'s Issue, HostError> {
    let seen = sight.issue.take().filter(|issue| issue.number == number);
    let seen = if let Some(seen) = seen {
        seen
    } else {
        sight.knows_column = true;
        host.issue(number).await?
    };
    Ok(sight.issue.insert(seen))
}

/// The column of an issue.
pub(super) async fn column(
    host: &dyn Host,
    sight: &mut Sight,
    number: IssueNumber,
) -> Result<Option<BoardStatus>, HostError> {
    match &sight.issue {
        Some(issue) if issue.number == number && sight.knows_column => Ok(issue.status),
        _ => host.column(number).await,
    }
}

/// The comments of ours on an issue, oldest first.
pub(super) async fn comments<'s>(
    host: &dyn Host,
    sight: &'s mut Sight,
    number: IssueNumber,
) -> Result<&'s [Comment], HostError> {
    let seen = sight.comments.take().filter(|(of, _)| *of == number);
    let seen = if let Some(seen) = seen {
        seen
    } else {
        let mut ours = host.comments(number).await?;
        ours.retain(|comment| comment.ours);
        (number, ours)
    };
    Ok(&sight.comments.insert(seen).1)
}

/// The one with this marker.
pub(super) fn marked<'c>(ours: &'c [Comment], kind: &str, key: &str) -> Option<&'c Comment> {
    ours.iter().find(|comment| marker::has(&comment.body, kind, key))
}

/// Where a pull request stands. After a merge of ours everything about it is seen again, where one request shows it.
pub(super) async fn pull_state(
    host: &dyn Host,
    sight: &mut Sight,
    number: PrNumber,
) -> Result<PullState, HostError> {
    let is_known = sight.standing.as_ref().is_some_and(|seen| seen.pull.number == number);
    if !is_known
        && let Some(of) = sight.of.clone().filter(|of| of.pull == number)
        && let Some(new) = host.sight(&of).await
    {
        *sight = new;
    }
    match sight.standing.as_ref().filter(|seen| seen.pull.number == number) {
        Some(seen) => Ok(seen.pull.state.clone()),
        None => Ok(host.pull(number).await?.state),
    }
}

/// Whether an issue has the labels that it is to have, and none that it is not to have.
pub(super) fn is_labelled(issue: &Issue, change: &LabelChange) -> bool {
    change.add.iter().all(|label| issue.has_label(label))
        && !change.remove.iter().any(|label| issue.has_label(label))
}

/// Posts the comment with a marker, or edits it where it is there.
pub(super) async fn write_comment(
    host: &dyn Host,
    sight: &mut Sight,
    number: IssueNumber,
    (kind, key, body): (&str, &str, &str),
) -> Result<(), HostError> {
    let id = marked(comments(host, sight, number).await?, kind, key).map(|comment| comment.id);
    let seen = sight.comments.take();
    let Some(id) = id else {
        // A new one may not be seen by everybody at once, and would be posted again by whoever does not see it: it is read back.
        host.add_comment(number, body).await?;
        return Ok(());
    };
    let edited = host.edit_comment(number, id, body).await?;
    sight.comments = seen.zip(edited).map(|((of, mut ours), edited)| {
        ours.retain(|comment| comment.id != edited.id);
        ours.extend(Some(edited).filter(|comment| comment.ours));
        (of, ours)
    });
    Ok(())
}

/// Changes what is not yet as it is to be.
pub(super) async fn change_labels(
    host: &dyn Host,
    sight: &mut Sight,
    number: IssueNumber,
    wanted: &LabelChange,
) -> Result<(), HostError> {
    let present = issue(host, sight, number).await?;
    let missing = |label: &&String| !present.has_label(label);
    let too_much = |label: &&String| present.has_label(label);
    let change = LabelChange {
        add: wanted.add.iter().filter(missing).cloned().collect(),
        remove: wanted.remove.iter().filter(too_much).cloned().collect(),
    };
    let seen = sight.issue.take();
    let labels = host.change_labels(number, &change).await?;
    sight.issue = seen.zip(labels).map(|(issue, labels)| Issue { labels, ..issue });
    Ok(())
}
