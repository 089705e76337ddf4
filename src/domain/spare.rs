//! What may be thrown away when `disk_budget_gb` is used up, and in which order: first what can be had again, then what nobody has to read.

use std::path::PathBuf;

use jiff::Timestamp;

/// A kind of file that work can do without, in the order in which it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A remembered answer; it is asked for again when it is needed.
    Answer,
    /// A log that was rotated away.
    OldLog,
    /// Prompt and output of an attempt of a task that has ended; its result and receipt stay.
    Transcript,
}

/// A file that may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spare {
    /// What it is.
    pub kind: Kind,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was written last.
    pub written: Timestamp,
}

/// Chooses what goes when `used` bytes are more than the budget: kind by kind, the oldest first, until a tenth of the budget is free,
/// so that not every run has to remove something.
pub fn to_remove(mut spares: Vec<Spare>, used: u64, budget: u64) -> Vec<Spare> {
    if used <= budget {
        return Vec::new();
    }
    let goal = budget - budget / 10;
    spares.sort_by(|a, b| (a.kind, a.written, &a.path).cmp(&(b.kind, b.written, &b.path)));
    let mut left = used;
    spares.retain(|spare| {
        let goes = left > goal && spare.bytes > 0;
        if goes {
            left = left.saturating_sub(spare.bytes);
        }
        goes
    });
    spares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spare(kind: Kind, name: &str, bytes: u64, hour: u8) -> Spare {
        let written = format!("2026-11-20T{hour:02}:00:00Z").parse().unwrap();
        Spare { kind, path: name.into(), bytes, written }
    }

    fn removed(used: u64, budget: u64) -> Vec<String> {
        let spares = vec![
            spare(Kind::Transcript, "older transcript", 40, 1),
            spare(Kind::Transcript, "newer transcript", 40, 9),
            spare(Kind::OldLog, "log", 10, 5),
            spare(Kind::Answer, "empty answer", 0, 1),
            spare(Kind::Answer, "answer", 5, 8),
        ];
        let gone = to_remove(spares, used, budget);
        gone.iter().map(|spare| spare.path.display().to_string()).collect()
    }

    #[test]
    fn nothing_goes_within_the_budget() {
        assert!(removed(100, 100).is_empty());
    }

    #[test]
    fn what_can_be_had_again_goes_first_and_the_oldest_of_its_kind() {
        assert_eq!(removed(101, 100), ["answer", "log"]);
        assert_eq!(removed(130, 100), ["answer", "log", "older transcript"]);
    }

    #[test]
    fn a_budget_that_cannot_be_kept_takes_everything_that_may_go() {
        assert_eq!(removed(1000, 100).len(), 4);
    }
}
