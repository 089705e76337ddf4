//! From a ranking to a sprint: so many issues as there is room, what they depend on before them. A model may leave out and reorder; it can
//! add nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::rank::Ranked;
use crate::domain::ids::IssueNumber;

/// A chosen issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// Which.
    pub number: IssueNumber,
    /// Why, in the words of the model that chose it.
    pub why: Option<String>,
}

/// A choice, in the order in which the work is best done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The issues.
    pub picks: Vec<Pick>,
    /// What was left out of what was asked for, each with why.
    pub notes: Vec<String>,
}

/// What a model wants in the sprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The number that it gave.
    pub number: i64,
    /// Why.
    pub why: Option<String>,
}

/// The first of the ranking, as many as there is room for.
pub fn by_rank(ranked: &[Ranked], room: usize) -> Choice {
    let order: Vec<IssueNumber> = ranked.iter().map(|one| one.number).collect();
    let allowed = order.iter().copied().collect();
    let (numbers, notes) = place(&order, &allowed, ranked, room);
    let picks = numbers.into_iter().map(|number| Pick { number, why: None }).collect();
    Choice { picks, notes }
}

/// What a model wants, as far as it may: numbers of the ranking, each once, no more than there is room for. Empty when nothing is left.
pub fn by_model(ranked: &[Ranked], wishes: &[Wish], room: usize) -> Choice {
    let known: BTreeSet<IssueNumber> = ranked.iter().map(|one| one.number).collect();
    let mut wanted: Vec<(IssueNumber, Option<String>)> = Vec::new();
    let mut notes = Vec::new();
    for wish in wishes {
        let number = u64::try_from(wish.number).map(IssueNumber);
        match number {
            Ok(number) if wanted.iter().any(|(other, _)| *other == number) => {
                notes.push(format!("the model named {number} twice"));
            }
            Ok(number) if known.contains(&number) => wanted.push((number, wish.why.clone())),
            _ => notes.push(format!("the model named #{}, which may not be chosen", wish.number)),
        }
    }
    let order: Vec<IssueNumber> = wanted.iter().map(|(number, _)| *number).collect();
    let allowed = order.iter().copied().collect();
    let (numbers, left) = place(&order, &allowed, ranked, room);
    notes.extend(left);
    let why = |number: IssueNumber| {
        wanted.iter().find(|(other, _)| *other == number).and_then(|(_, why)| why.clone())
    };
    let picks = numbers.into_iter().map(|number| Pick { number, why: why(number) }).collect();
    Choice { picks, notes }
}

/// Takes issues in this order, each behind what it depends on.
fn place(
    order: &[IssueNumber],
    allowed: &BTreeSet<IssueNumber>,
    ranked: &[Ranked],
    room: usize,
) -> (Vec<IssueNumber>, Vec<String>) {
    let after: BTreeMap<IssueNumber, &[IssueNumber]> =
        ranked.iter().map(|one| (one.number, one.after.as_slice())).collect();
    let mut placed: Vec<IssueNumber> = Vec::new();
    let mut notes = Vec::new();
    for number in order {
        if placed.len() >= room {
            break;
        }
        if placed.contains(number) {
            continue;
        }
        let mut chain = Chain { after: &after, allowed, placed: &placed, found: Vec::new() };
        match chain.collect(*number, &mut Vec::new()) {
            Ok(()) if placed.len() + chain.found.len() <= room => {
                let found = chain.found;
                placed.extend(found);
            }
            Ok(()) => {
                notes.push(format!("{number} needs others first, for which there is no room"));
            }
            Err(on) => notes.push(format!("{number} depends on {on}, which is not in this sprint")),
        }
    }
    (placed, notes)
}

/// An issue with everything that has to come before it.
struct Chain<'a> {
    after: &'a BTreeMap<IssueNumber, &'a [IssueNumber]>,
    allowed: &'a BTreeSet<IssueNumber>,
    placed: &'a [IssueNumber],
    found: Vec<IssueNumber>,
}

impl Chain<'_> {
    /// The issue that is in the way, when it cannot be placed: one that is not allowed, or one that waits for itself.
    fn collect(
        &mut self,
        number: IssueNumber,
        open: &mut Vec<IssueNumber>,
    ) -> Result<(), IssueNumber> {
        if self.placed.contains(&number) || self.found.contains(&number) {
            return Ok(());
        }
        if open.contains(&number) || !self.allowed.contains(&number) {
            return Err(number);
        }
        open.push(number);
        for before in self.after.get(&number).copied().unwrap_or_default() {
            self.collect(*before, open)?;
        }
        open.pop();
        self.found.push(number);
        Ok(())
    }
}
