//! Whether a branch of ours may be deleted: only on positive proof that nothing is lost with it. Pure.

use super::ids::CommitSha;
use super::task::Outcome;

/// What is known of a branch of ours, read just now.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The commit at its tip.
    pub tip: &'a CommitSha,
    /// The last commit that we pushed to it.
    pub ours: Option<&'a CommitSha>,
    /// How its task ended, if it has.
    pub outcome: Option<Outcome>,
    /// Whether the base branch contains its tip; `None` when that could not be read.
    pub is_in_base: Option<bool>,
}

/// Why a branch may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Exactly its tip was merged.
    Merged,
    /// It has no commit of its own, and its task is over.
    Empty,
}

/// The proof that a branch may be deleted, if there is one. Whatever is not known keeps it.
pub fn proof(known: &Known<'_>) -> Option<Proof> {
    if known.ours != Some(known.tip) {
        return None;
    }
    match (known.outcome?, known.is_in_base) {
        (Outcome::Merged, _) => Some(Proof::Merged),
        (Outcome::Closed | Outcome::Cancelled | Outcome::NoChange, Some(true)) => {
            Some(Proof::Empty)
        }
        (Outcome::Closed | Outcome::Cancelled | Outcome::NoChange, Some(false) | None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proof_deletes_a_branch() {
        let sha = |digit: &str| digit.repeat(40).parse::<CommitSha>().unwrap();
        let (tip, other) = (sha("a"), sha("b"));
        for (ours, outcome, is_in_base, expected) in [
            (Some(&tip), Some(Outcome::Merged), None, Some(Proof::Merged)),
            (Some(&tip), Some(Outcome::Merged), Some(false), Some(Proof::Merged)),
            (Some(&other), Some(Outcome::Merged), Some(true), None),
            (None, Some(Outcome::Merged), Some(true), None),
            (Some(&tip), None, Some(true), None),
            (Some(&tip), Some(Outcome::Closed), Some(true), Some(Proof::Empty)),
            (Some(&tip), Some(Outcome::Cancelled), Some(true), Some(Proof::Empty)),
            (Some(&tip), Some(Outcome::Cancelled), Some(false), None),
            (Some(&tip), Some(Outcome::Cancelled), None, None),
            (Some(&tip), Some(Outcome::NoChange), None, None),
            (Some(&other), Some(Outcome::Closed), Some(true), None),
        ] {
            let known = Known { tip: &tip, ours, outcome, is_in_base };
            assert_eq!(proof(&known), expected, "{known:?}");
        }
    }
}
