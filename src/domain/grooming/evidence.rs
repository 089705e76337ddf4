//! The evidence that a new issue has to cite: lines of `CODEBASE.md`, and what the results of merged work said.

use jiff::Timestamp;

use super::Snapshot;
use crate::domain::ids::{IssueNumber, TaskId};
use crate::domain::kinds::TaskType;
use crate::domain::origin;
use crate::text::sections::{self, Fence};
use crate::text::{clean, hash, marker};

/// How the section of `CODEBASE.md` begins that lists what is known to be broken.
const SECTION: &str = "Known Issues";

/// Longer lines are cut.
const MOST_CHARS: usize = 300;

/// Fewer words say nothing that could be done.
const FEWEST_WORDS: usize = 3;

/// Words with which a result says that it has nothing to say.
const NOTHING: [&str; 17] = [
    "none",
    "n/a",
    "nothing",
    "not applicable",
    "no risk",
    "no known",
    "no significant",
    "no major",
    "no further",
    "no follow",
    "no next",
    "no action",
    "no new",
    "minimal",
    "negligible",
    "low risk",
    "very low",
];

/// What kind of evidence it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line under Known Issues without a ticket.
    KnownIssue,
    /// A risk that the result of merged work names.
    Risk,
    /// What the result of merged work would do next: a hint for a model, no work by itself.
    NextStep,
}

impl Kind {
    /// Whether it becomes an issue without a model, too.
    pub fn is_work(self) -> bool {
        matches!(self, Self::KnownIssue | Self::Risk)
    }

    /// What kind of work it asks for, where that is clear.
    pub fn task_type(self) -> Option<TaskType> {
        (self == Self::KnownIssue).then_some(TaskType::Debugging)
    }
}

/// What the last result of a merged task said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The task.
    pub task: TaskId,
    /// Its issue.
    pub issue: IssueNumber,
    /// Where the result lies, below the root.
    pub place: String,
    /// When the run ended.
    pub ended_at: Timestamp,
    /// What may go wrong later.
    pub risks: Vec<String>,
    /// What comes next.
    pub next_step: String,
}

/// How far work of our own has bred more of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bred {
    /// An issue from this evidence would be of this generation.
    Generation(u32),
    /// The issue of the work cannot be seen.
    Unknown,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What kind it is.
    pub kind: Kind,
    /// Its words, on one line.
    pub text: String,
    /// Where it can be read, as the issue shows it.
    pub place: String,
    /// The generation of an issue that follows from it.
    pub bred: Bred,
    /// Names it from run to run, whoever words the issue.
    pub signature: String,
}

impl Evidence {
    /// Why nothing follows from it without a person.
    pub(super) fn not_followed(&self) -> Option<&'static str> {
        match self.bred {
            Bred::Generation(0 | 1) => None,
            Bred::Generation(_) => {
                Some("it comes from work of our own: a person decides whether it is followed up")
            }
            Bred::Unknown => Some("the issue that it comes from cannot be seen any more"),
        }
    }

    /// Its line in the issue and in a question.
    pub fn line(&self) -> String {
        format!("{}: {}", self.place, self.text)
    }
}

/// All evidence of a snapshot: known issues in their order, then risks and next steps, the newest results first.
pub(super) fn all(snapshot: &Snapshot) -> Vec<Evidence> {
    let evidence = |kind, text: &str, place: String, bred| {
        let text = worth_saying(text)?;
        let signature = format!("groom:{}:{}", snapshot.repo, digest(&text));
        Some(Evidence { kind, text, place, bred, signature })
    };
    let known = known_issues(&snapshot.memory).into_iter().filter_map(|line| {
        let place = format!("`CODEBASE.md`, {SECTION}");
        evidence(Kind::KnownIssue, &line, place, Bred::Generation(1))
    });
    let mut results: Vec<&Past> = snapshot.results.iter().collect();
    results.sort_by(|a, b| b.ended_at.cmp(&a.ended_at).then_with(|| a.task.cmp(&b.task)));
    let of_results = |kind: Kind| {
        results.iter().flat_map(move |past| {
            let lines = match kind {
                Kind::Risk => past.risks.as_slice(),
                _ => std::slice::from_ref(&past.next_step),
            };
            lines.iter().map(move |line| (kind, line, *past))
        })
    };
    let told = of_results(Kind::Risk).chain(of_results(Kind::NextStep));
    let told = told.filter_map(|(kind, line, past)| {
        let word = if kind == Kind::Risk { "RISKS" } else { "NEXT_STEP" };
        let place = format!("task {}: `{}`, {word}", past.task, past.place);
        evidence(kind, line, place, bred(snapshot, past.issue))
    });
    known.chain(told).collect()
}

/// One more than the generation of the issue that the work was done for.
fn bred(snapshot: &Snapshot, issue: IssueNumber) -> Bred {
    let mut all = snapshot.open.iter().chain(&snapshot.closed);
    all.find(|known| known.number == issue).map_or(Bred::Unknown, |issue| {
        Bred::Generation(origin::of(issue).map_or(0, |origin| origin.generation) + 1)
    })
}

/// The items under Known Issues that have no ticket: that name no issue and are not struck out.
pub fn known_issues(memory: &str) -> Vec<String> {
    let sections = sections::level2(memory);
    let Some(section) = sections.iter().find(|section| section.title.starts_with(SECTION)) else {
        return Vec::new();
    };
    let mut items = items(&section.body);
    items.retain(|item| !has_ticket(item) && !item.starts_with("~~"));
    items
}

/// The items of the lists of a section, each with its further lines; what is no list is no item.
fn items(body: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let (mut fence, mut is_inside) = (Fence::default(), false);
    for line in body.lines() {
        if fence.takes(line) {
            continue;
        }
        let begins = ["- ", "* ", "+ "].iter().find_map(|mark| line.strip_prefix(mark));
        let continues = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        match (begins, items.last_mut()) {
            (Some(item), _) => {
                items.push(item.trim().to_owned());
                is_inside = true;
            }
            (None, Some(last)) if is_inside && continues => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => is_inside = false,
        }
    }
    items
}

/// `#12`, a link to an issue, or the marker of a task that was given up, whose issue is its ticket.
fn has_ticket(item: &str) -> bool {
    let number_behind = |mark: &str| {
        item.match_indices(mark).any(|(at, _)| {
            let rest = item.get(at + mark.len()..).unwrap_or_default();
            rest.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    number_behind("#") || number_behind("/issues/") || !marker::find_all(item).is_empty()
}

/// A line that says something, without what is hidden in it; nothing where it says that there is nothing.
fn worth_saying(line: &str) -> Option<String> {
    let visible = clean::untrusted(line).text;
    let text = clean::one_line(&marker::neutralize(&visible), MOST_CHARS).replace('`', "'");
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_')).to_owned();
    let lower = text.to_lowercase();
    let says_nothing = NOTHING.iter().any(|word| lower.starts_with(word));
    let is_short = text.split_whitespace().count() < FEWEST_WORDS;
    (!says_nothing && !is_short).then_some(text)
}

/// The same for texts that differ in letter case, spaces and punctuation only.
fn digest(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let plain = words.map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    let mut digest = hash::sha256_hex(plain.as_bytes());
    digest.truncate(12);
    digest
}
