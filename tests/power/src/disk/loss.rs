//! What is left when the power goes.

use std::collections::BTreeSet;

use super::change::Change;
use super::{Disk, Keep, Pending};

/// What a disk writes by itself at once: a torn write is whole up to such a border.
pub(super) const BLOCK: usize = 512;

impl Disk {
    /// Takes the power away: what programs see is then what is on the disk, and what `keep` lets survive.
    pub fn lose_power(&mut self, keep: Keep) {
        let all = std::mem::take(&mut self.pending);
        if let Keep::Some(seed) = keep {
            self.keep_some(all, &mut Chance(seed));
        }
        self.kept.settle();
        self.seen = self.kept.clone();
        self.links = self.seen.links();
        self.parts.retain(|ino, _| self.links.contains_key(ino));
        self.handed_over.clear();
    }

    /// The disk as it would be after a power loss.
    #[must_use]
    pub fn after_power_loss(&self, keep: Keep) -> Self {
        let mut after = self.clone();
        after.lose_power(keep);
        after
    }

    fn keep_some(&mut self, all: Vec<Pending>, chance: &mut Chance) {
        let is_entry = |pending: &&Pending| {
            pending.is_journaled && !matches!(pending.change, Change::Bytes { .. })
        };
        let mut journal_left = chance.below(all.iter().filter(is_entry).count() + 1);
        let mut lost = BTreeSet::new();
        for pending in all {
            let is_kept = if is_entry(&&pending) {
                let is_kept = journal_left > 0;
                journal_left = journal_left.saturating_sub(1);
                is_kept
            } else {
                chance.below(2) == 0
            };
            if !is_kept || pending.needs.is_some_and(|needed| lost.contains(&needed)) {
                lost.insert(pending.number);
                continue;
            }
            match pending.change {
                Change::Bytes { ino, offset, mut bytes } => {
                    let blocks = chance.below(bytes.len() / BLOCK + 2);
                    bytes.truncate(blocks * BLOCK);
                    self.reach_disk(&Change::Bytes { ino, offset, bytes });
                }
                other => self.reach_disk(&other),
            }
        }
    }
}

/// Numbers that look like chance and are the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % (limit.max(1) as u64)).unwrap_or_default()
    }
}
