//! The squash-merge of a pull request: pinned to head and base, found again after a crash, written down last.

use super::failure::{refused, stale};
use super::forge::SquashRequest;
use super::local_host::{FileKind, LocalHost};
use super::pull_file::{self, MergedBy, StoredPull};
use super::values::one_line;
use super::yaml_lines::Change;
use crate::crash_point;
use crate::domain::ids::{CommitSha, PrNumber};
use crate::domain::pull::PullState;
use crate::host::{HostError, MergeRequest};

impl LocalHost {
    /// Squash-merges exactly the expected head in the name of whoever decided it, and names the commit on the base branch. A second call
    /// for the same head names the same commit.
    ///
    /// # Errors
    ///
    /// [`HostError::Stale`] when head or base moved, [`HostError::Refused`] when it is closed or a draft; nothing is merged then. After any other
    /// error the merge may have been pushed; the next call finds it.
    pub fn merge_by(&self, request: &MergeRequest, by: MergedBy) -> Result<CommitSha, HostError> {
        let stored = self.stored_pull(request.pr)?;
        let what = self.name(FileKind::Pulls, request.pr.0);
        match &stored.state {
            PullState::Closed => return Err(refused(format!("merge {what}"), "it is closed")),
            PullState::Merged { commit } => {
                return merged_already(what, &stored, commit.as_ref(), request);
            }
            PullState::Open => {}
        }
        if let Some((head, commit)) = self.cut_short(&stored)? {
            self.write_merged(request.pr, &head, &commit, by)?;
            return if head == request.expected_head {
                Ok(commit)
            } else {
                Err(stale(what, format!("it was merged with the head {}", head.short())))
            };
        }
        let squash = self.pinned(&what, &stored, request)?;
        // Written before the push: whoever finds it looks whether the base has the squash.
        self.write_merging(request.pr, Some(&request.expected_head))?;
        crash_point!("local.merge.begun");
        let commit = match self.forge().squash_merge(&squash) {
            Ok(commit) => commit,
            Err(error @ (HostError::Stale { .. } | HostError::Refused { .. })) => {
                self.write_merging(request.pr, None)?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        crash_point!("local.merge.pushed");
        self.write_merged(request.pr, &request.expected_head, &commit, by)?;
        Ok(commit)
    }

    /// Says who merged a pull request, where its file says so; by hand, without a word, it was a person.
    ///
    /// # Errors
    ///
    /// When there is no such pull request or its file cannot be read.
    pub fn merged_by(&self, number: PrNumber) -> Result<Option<MergedBy>, HostError> {
        let card = self.read(FileKind::Pulls, number.0)?;
        if !matches!(pull_file::read(&card, number)?.state, PullState::Merged { .. }) {
            return Ok(None);
        }
        let ours = card.text("merged_by").is_some_and(|by| by == MergedBy::Agentos.as_str());
        Ok(Some(if ours { MergedBy::Agentos } else { MergedBy::Person }))
    }

    /// The head and the commit of a merge that was pushed and, by a crash, never written down.
    pub(super) fn cut_short(
        &self,
        stored: &StoredPull,
    ) -> Result<Option<(CommitSha, CommitSha)>, HostError> {
        let Some(head) = &stored.merging else { return Ok(None) };
        let found = self.forge().find_squash(&stored.base, &head_trailer(head))?;
        Ok(found.map(|commit| (head.clone(), commit)))
    }

    /// Checks what the request expects and makes of it what git has to do.
    fn pinned(
        &self,
        what: &str,
        stored: &StoredPull,
        request: &MergeRequest,
    ) -> Result<SquashRequest, HostError> {
        if stored.draft {
            return Err(refused(format!("merge {what}"), "it is a draft"));
        }
        match self.forge().tip(&stored.head)? {
            Some(tip) if tip == request.expected_head => {}
            Some(tip) => return Err(stale(what, format!("its head is now {}", tip.short()))),
            None => return Err(stale(what, format!("its branch `{}` is gone", stored.head))),
        }
        let Some(base_tip) = self.forge().tip(&stored.base)? else {
            return Err(stale(what, format!("its base `{}` is gone", stored.base)));
        };
        if request.expected_base.as_ref().is_some_and(|expected| *expected != base_tip) {
            let reason = format!("its base `{}` is now at {}", stored.base, base_tip.short());
            return Err(stale(what, reason));
        }
        let trailers =
            [format!("Agent-Pull: {}", request.pr.0), head_trailer(&request.expected_head)];
        Ok(SquashRequest {
            head: request.expected_head.clone(),
            base_branch: stored.base.clone(),
            base_tip,
            title: one_line(&request.title),
            message: with_trailers(&request.message, &trailers),
        })
    }

    fn write_merging(&self, number: PrNumber, head: Option<&CommitSha>) -> Result<(), HostError> {
        self.change(FileKind::Pulls, number.0, |card| {
            let stored = pull_file::read(card, number)?;
            if stored.state != PullState::Open {
                return Err(stale(card.what(), "it is not open any more"));
            }
            Ok(match head {
                Some(head) if stored.merging.as_ref() != Some(head) => {
                    vec![Change::text("merging", head.as_str())]
                }
                None if stored.merging.is_some() => vec![Change::Remove("merging")],
                Some(_) | None => Vec::new(),
            })
        })
    }

    pub(super) fn write_merged(
        &self,
        number: PrNumber,
        head: &CommitSha,
        commit: &CommitSha,
        by: MergedBy,
    ) -> Result<(), HostError> {
        self.change(FileKind::Pulls, number.0, |card| {
            if matches!(pull_file::read(card, number)?.state, PullState::Merged { .. }) {
                return Ok(Vec::new());
            }
            Ok(vec![
                Change::text("state", "merged"),
                Change::text("head_sha", head.as_str()),
                Change::text("merged_sha", commit.as_str()),
                Change::text("merged_at", self.stamp()),
                Change::text("merged_by", by.as_str()),
                Change::Remove("merging"),
            ])
        })
    }
}

fn merged_already(
    what: String,
    stored: &StoredPull,
    commit: Option<&CommitSha>,
    request: &MergeRequest,
) -> Result<CommitSha, HostError> {
    match (commit, &stored.head_sha) {
        (Some(commit), Some(head)) if *head == request.expected_head => Ok(commit.clone()),
        (None, _) => Err(stale(what, "it was merged by hand, nobody wrote down as which commit")),
        (Some(_), _) => Err(stale(what, "it was merged with another head")),
    }
}

/// The line by which a squash is found again. The head names it better than a number does: a board that was thrown away and begun anew
/// gives the same numbers again.
fn head_trailer(head: &CommitSha) -> String {
    format!("Agent-Head: {head}")
}

/// Adds trailers to a message: to its last paragraph where that consists of trailers, else as a new one.
fn with_trailers(message: &str, trailers: &[String]) -> String {
    let message = message.trim_end();
    let is_trailer = |line: &str| {
        line.split_once(": ").is_some_and(|(key, _)| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
    };
    let last: Vec<&str> =
        message.lines().rev().take_while(|line| !line.trim().is_empty()).collect();
    let gap = match last.as_slice() {
        [] => "",
        lines if lines.iter().all(|line| is_trailer(line)) => "\n",
        _ => "\n\n",
    };
    format!("{message}{gap}{}", trailers.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_join_the_trailers_that_are_there() {
        let trailers = ["B: 2".to_owned(), "C: 3".to_owned()];
        for (message, expected) in [
            ("", "B: 2\nC: 3"),
            ("A: 1\n", "A: 1\nB: 2\nC: 3"),
            ("Adds a cart.\n\nA-x: 1\n\n", "Adds a cart.\n\nA-x: 1\nB: 2\nC: 3"),
            ("Adds a cart: blue.", "Adds a cart: blue.\n\nB: 2\nC: 3"),
        ] {
            assert_eq!(with_trailers(message, &trailers), expected, "{message:?}");
        }
    }
}
