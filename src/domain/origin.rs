//! Issues that the system makes itself: how they are recognised, how many there may be, and how far such work may breed more of its kind
//! (`DESIGN.md` section 5; the ancestor's own work grew faster than its value). Pure.

use std::collections::BTreeSet;

use super::issue::{Issue, Trust};
use crate::text::marker;

/// The label of issues that no person wrote.
pub const LABEL: &str = "bot-generated";

/// So many open issues of ours a repository may have.
pub const MOST_OPEN: usize = 10;

/// What was closed so long ago may be filed again.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(60 * 24);

/// Issues that were closed since then still answer what they answered.
pub fn remembered_since(now: jiff::Timestamp) -> jiff::Timestamp {
    now.checked_sub(REMEMBERED).unwrap_or(jiff::Timestamp::MIN)
}

/// The kind of the marker that names what an issue answers.
const SIGNATURE: &str = "signature";

/// The kind of the marker that tells who made it and in which generation.
const ORIGIN: &str = "origin";

/// The job of an issue that only its label calls ours.
pub const UNKNOWN: &str = "unknown";

/// Where an issue comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The job that made it.
    pub job: String,
    /// 1 for an issue about people's work, one more for each issue of ours that its evidence comes from.
    pub generation: u32,
}

/// The markers at the top of an issue of ours.
pub fn markers(job: &str, generation: u32, signature: &str) -> String {
    format!(
        "{}\n{}",
        marker::render(SIGNATURE, signature),
        marker::render(ORIGIN, &format!("{job}/{generation}"))
    )
}

/// Who made an issue, if we did. What a stranger writes is not believed.
pub fn of(issue: &Issue) -> Option<Origin> {
    if issue.author_trust != Trust::Trusted {
        return None;
    }
    let marker = marker::find_all(&issue.body).into_iter().find(|marker| marker.kind == ORIGIN);
    let (job, generation) = match marker {
        Some(marker) => {
            let (job, generation) = marker.key.split_once('/')?;
            (job.to_owned(), generation.parse().unwrap_or(1))
        }
        None if issue.has_label(LABEL) => (UNKNOWN.to_owned(), 1),
        None => return None,
    };
    Some(Origin { job, generation })
}

/// Whether an issue answers this signature.
pub fn answers(issue: &Issue, signature: &str) -> bool {
    issue.author_trust == Trust::Trusted && marker::has(&issue.body, SIGNATURE, signature)
}

/// What the issues answer, each signature once.
pub fn answered<'a>(issues: impl IntoIterator<Item = &'a Issue>) -> BTreeSet<String> {
    let trusted = issues.into_iter().filter(|issue| issue.author_trust == Trust::Trusted);
    let markers = trusted.flat_map(|issue| marker::find_all(&issue.body));
    markers.filter(|marker| marker.kind == SIGNATURE).map(|marker| marker.key).collect()
}

/// How many more issues of ours a repository may get.
pub fn room(open: &[Issue]) -> usize {
    MOST_OPEN.saturating_sub(open.iter().filter(|issue| of(issue).is_some()).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IssueNumber;
    use crate::domain::issue::IssueState;

    fn issue(body: &str, labels: &[&str], trust: Trust) -> Issue {
        Issue {
            number: IssueNumber(1),
            title: String::new(),
            body: body.to_owned(),
            state: IssueState::Open,
            status: None,
            labels: labels.iter().map(ToString::to_string).collect(),
            author: String::new(),
            author_trust: trust,
            url: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
            closed_at: None,
        }
    }

    #[test]
    fn our_issues_are_recognised_and_strangers_cannot_pass_theirs_off_as_ours() {
        let body = format!("{}\n\ntext", markers("analyze", 2, "retry_storm:acme/web"));
        let ours = issue(&body, &[], Trust::Trusted);
        let origin = Origin { job: "analyze".to_owned(), generation: 2 };
        assert_eq!(of(&ours), Some(origin));
        assert!(answers(&ours, "retry_storm:acme/web") && !answers(&ours, "retry_storm:acme/api"));
        let both = [ours.clone(), issue(&body, &[LABEL], Trust::Untrusted)];
        assert_eq!(answered(&both), BTreeSet::from(["retry_storm:acme/web".to_owned()]));
        assert!(answered(&both[1..]).is_empty());
        let strange = issue(&body, &[LABEL], Trust::Untrusted);
        assert!(of(&strange).is_none() && !answers(&strange, "retry_storm:acme/web"));
        assert_eq!(of(&issue("x", &[LABEL], Trust::Trusted)).unwrap().generation, 1);
        assert_eq!(of(&issue("x", &["bug"], Trust::Trusted)), None);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let ours = issue("", &[LABEL], Trust::Trusted);
        let theirs = issue("", &[], Trust::Trusted);
        assert_eq!(room(&[]), MOST_OPEN);
        assert_eq!(room(&[ours.clone(), theirs.clone()]), MOST_OPEN - 1);
        assert_eq!(room(&vec![ours; 30]), 0);
    }
}
