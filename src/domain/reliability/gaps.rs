//! What the records leave open, in words.

use super::money::Money;

/// What is looked at for gaps.
pub(super) struct Gaps<'a> {
    pub(super) has_records: bool,
    pub(super) merges: u64,
    /// Of those, the ones whose every moment is recorded.
    pub(super) with_lead_time: u64,
    pub(super) money: &'a Money,
    /// Lines that cannot be read.
    pub(super) unreadable: u64,
}

/// A line for each gap.
pub(super) fn told(of: &Gaps<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if !of.has_records {
        lines.push("nothing is recorded yet: there was no run and no merge".to_owned());
    }
    let without = of.merges.saturating_sub(of.with_lead_time);
    if without > 0 {
        lines.push(format!(
            "lead time: of {without} of {} merges not every moment is recorded; they are left out",
            of.merges
        ));
    }
    let Money { told, untold, .. } = of.money;
    if *untold > 0 {
        lines.push(format!(
            "cost: of {untold} of {} runs and questions nobody told what they cost; they are not in the sums",
            told + untold
        ));
    }
    if of.unreadable > 0 {
        let word = if of.unreadable == 1 { "line" } else { "lines" };
        lines.push(format!("{} {word} of records cannot be read", of.unreadable));
    }
    lines
}
