//! The ranking: a sum of documented parts (`docs/plan.md`), each with the words that explain it. The same backlog gives the same order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use crate::domain::brief;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::Issue;
use crate::domain::kinds::Priority;
use crate::domain::origin;
use crate::domain::signal::Signal;
use crate::text::clean;

/// An issue that serves all of an objective whose metrics could not be worse gets so much.
const OBJECTIVE: f64 = 10.0;

/// Words alone serve a metric half as surely as its id under `Outcome Checks`.
const BY_WORDS: f64 = 0.5;

/// All signals together give at most so much.
const MOST_BY_SIGNALS: f64 = 8.0;

/// So much for each further issue that waits for this one, and at most twice.
const UNLOCKS: f64 = 1.0;

/// What was left for so many days counts one more, and at most [`MOST_BY_AGE`].
const AGE_DAYS: f64 = 30.0;

/// See [`AGE_DAYS`].
const MOST_BY_AGE: f64 = 2.0;

/// An issue that the system wrote itself gives way, more in each generation.
const GENERATION: f64 = 2.0;

/// What was refused counts half as much after so many days, and nothing after [`FORGOTTEN_DAYS`].
const HALF_LIFE_DAYS: f64 = 7.0;

/// See [`HALF_LIFE_DAYS`].
const FORGOTTEN_DAYS: f64 = 30.0;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Shorter words say nothing.
const SHORTEST_WORD: usize = 3;

/// An issue that may be chosen, as far as the ranking looks at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its number.
    pub number: IssueNumber,
    /// Its title, as a person wrote it.
    pub title: String,
    /// The words of title and text, in lower case.
    pub words: BTreeSet<String>,
    /// The ids under `Outcome Checks`.
    pub checks: Vec<String>,
    /// Its priority, where a label says so.
    pub priority: Option<Priority>,
    /// When it was made.
    pub created_at: Timestamp,
    /// 0 for an issue that a person wrote.
    pub generation: u32,
    /// The issues of the backlog that come before it.
    pub after: Vec<IssueNumber>,
}

impl Candidate {
    /// Reads an issue that has to come after these.
    pub fn of(issue: &Issue, after: Vec<IssueNumber>) -> Self {
        let has_priority =
            issue.labels.iter().any(|label| label.to_ascii_lowercase().starts_with("prio:"));
        let text = clean::untrusted(&format!("{}\n{}", issue.title, issue.body)).text;
        Self {
            number: issue.number,
            title: issue.title.clone(),
            words: words(&text),
            checks: brief::freeze(issue, &[]).outcome_checks,
            priority: has_priority.then(|| brief::priority(&issue.labels)),
            created_at: issue.created_at,
            generation: origin::of(issue).map_or(0, |origin| origin.generation.max(1)),
            after,
        }
    }
}

/// The telling words of a text, in lower case.
pub fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= SHORTEST_WORD)
        .map(str::to_lowercase)
        .collect()
}

/// A metric of the objective and how far it is from being well.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its share of the score, 0 to 1.
    pub weight: f64,
    /// 0 where all measurements improved, 1 where all regressed, one half where nothing was measured.
    pub weakness: f64,
}

impl Aim {
    /// A metric whose measurements have this mean reading, if there are any.
    pub fn new(id: &str, name: &str, weight: f64, mean: Option<f64>) -> Self {
        let weakness = mean.map_or(0.5, |mean| ((1.0 - mean) / 2.0).clamp(0.0, 1.0));
        Self { id: id.to_owned(), name: name.to_owned(), weight, weakness }
    }
}

/// Issues that a person did not want in a sprint, or that nobody answered about.
#[derive(Debug, Clone, PartialEq)]
pub struct Skip {
    /// Which.
    pub issues: BTreeSet<IssueNumber>,
    /// When.
    pub at: Timestamp,
    /// Whether a person said no; else nobody said anything.
    pub is_refusal: bool,
}

/// What speaks for and against issues.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aims {
    /// The metrics of the objective.
    pub metrics: Vec<Aim>,
    /// Evidence that may influence; what is guarded has no place here.
    pub signals: Vec<Signal>,
    /// Earlier sprints that were not wanted.
    pub skips: Vec<Skip>,
}

/// One part of an issue's points.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// How much it gives or takes.
    pub points: f64,
    /// For what.
    pub words: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.2} {}", self.points, self.words)
    }
}

/// An issue in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Its number.
    pub number: IssueNumber,
    /// Its title.
    pub title: String,
    /// Its priority, where a label says so.
    pub priority: Option<Priority>,
    /// The sum.
    pub points: f64,
    /// Its parts.
    pub reasons: Vec<Reason>,
    /// The issues that come before it.
    pub after: Vec<IssueNumber>,
}

/// Ranks the candidates: most points first, then the more urgent, then the older.
pub fn rank(candidates: &[Candidate], aims: &Aims, now: Timestamp) -> Vec<Ranked> {
    let mut unlocks: BTreeMap<IssueNumber, usize> = BTreeMap::new();
    for after in candidates.iter().flat_map(|candidate| &candidate.after) {
        *unlocks.entry(*after).or_default() += 1;
    }
    let mut ranked: Vec<(Ranked, Timestamp)> = candidates
        .iter()
        .map(|candidate| {
            let waiting = unlocks.get(&candidate.number).copied().unwrap_or_default();
            (ranked(candidate, aims, waiting, now), candidate.created_at)
        })
        .collect();
    ranked.sort_by(|(a, a_made), (b, b_made)| {
        let urgency = |one: &Ranked| one.priority.unwrap_or_default();
        b.points
            .total_cmp(&a.points)
            .then(urgency(a).cmp(&urgency(b)))
            .then(a_made.cmp(b_made))
            .then(a.number.cmp(&b.number))
    });
    ranked.into_iter().map(|(ranked, _)| ranked).collect()
}

fn ranked(candidate: &Candidate, aims: &Aims, waiting: usize, now: Timestamp) -> Ranked {
    let mut reasons = vec![by_priority(candidate)];
    reasons.extend(by_objective(candidate, &aims.metrics));
    reasons.extend(by_signals(candidate, &aims.signals));
    reasons.extend(by_dependants(waiting));
    reasons.extend(by_age(candidate, now));
    if candidate.generation > 0 {
        let points = -GENERATION * f64::from(candidate.generation);
        reasons.push(Reason { points, words: "written by the system itself".to_owned() });
    }
    reasons.extend(by_refusals(candidate, &aims.skips, now));
    let points: f64 = reasons.iter().map(|reason| reason.points).sum();
    Ranked {
        number: candidate.number,
        title: candidate.title.clone(),
        priority: candidate.priority,
        // To the third decimal: what differs in the last bits is equal.
        points: (points * 1000.0).round() / 1000.0,
        reasons,
        after: candidate.after.clone(),
    }
}

fn by_priority(candidate: &Candidate) -> Reason {
    let points = match candidate.priority {
        Some(Priority::High) => 6.0,
        Some(Priority::Normal) | None => 3.0,
        Some(Priority::Low) => 0.0,
    };
    let words = candidate.priority.map_or_else(
        || "no priority label".to_owned(),
        |priority| format!("priority {}", priority.as_str()),
    );
    Reason { points, words }
}

fn by_objective(candidate: &Candidate, metrics: &[Aim]) -> Vec<Reason> {
    let serves = |aim: &Aim| -> Option<Reason> {
        let is_checked = candidate.checks.contains(&aim.id.to_lowercase());
        let named = |text: &str| {
            let words = words(text);
            !words.is_empty() && words.is_subset(&candidate.words)
        };
        let (share, how) = if is_checked {
            (1.0, "its outcome is checked by")
        } else if named(&aim.id) || named(&aim.name) {
            (BY_WORDS, "its words are about")
        } else {
            return None;
        };
        let points = OBJECTIVE * aim.weight * aim.weakness * share;
        (points > 0.0).then(|| Reason { points, words: format!("{how} {}", aim.id) })
    };
    metrics.iter().filter_map(serves).collect()
}

/// Each signal gives its weight when the issue has two of its words (or the only one), and a little for further ones.
fn by_signals(candidate: &Candidate, signals: &[Signal]) -> Vec<Reason> {
    let mut left = MOST_BY_SIGNALS;
    let mut reasons = Vec::new();
    for signal in signals {
        let hits = signal.words.intersection(&candidate.words).count();
        if hits < signal.words.len().clamp(1, 2) || !signal.weight.is_finite() {
            continue;
        }
        let more = f64::from(u32::try_from(hits.saturating_sub(2).min(2)).unwrap_or(2)) / 2.0;
        let points = (signal.weight.max(0.0) + more).min(left);
        left -= points;
        if points > 0.0 {
            reasons.push(Reason { points, words: format!("evidence: {}", signal.name) });
        }
    }
    reasons
}

fn by_dependants(waiting: usize) -> Option<Reason> {
    let counted = u32::try_from(waiting.min(2)).ok().filter(|counted| *counted > 0)?;
    let noun = if waiting == 1 { "issue waits" } else { "issues wait" };
    Some(Reason { points: UNLOCKS * f64::from(counted), words: format!("{waiting} {noun} for it") })
}

fn days_between(earlier: Timestamp, later: Timestamp) -> f64 {
    (later.duration_since(earlier).as_secs_f64() / SECONDS_OF_A_DAY).max(0.0)
}

fn by_age(candidate: &Candidate, now: Timestamp) -> Option<Reason> {
    let days = days_between(candidate.created_at, now).floor();
    let points = (days / AGE_DAYS).min(MOST_BY_AGE);
    (points >= 0.01).then(|| Reason { points, words: format!("{days:.0} days old") })
}

fn by_refusals(candidate: &Candidate, skips: &[Skip], now: Timestamp) -> Option<Reason> {
    let weight = |skip: &Skip| {
        let days = days_between(skip.at, now);
        let full = if skip.is_refusal { 3.0 } else { 1.0 };
        let counts = skip.issues.contains(&candidate.number) && days < FORGOTTEN_DAYS;
        if counts { full * 0.5_f64.powf(days / HALF_LIFE_DAYS) } else { 0.0 }
    };
    let sum: f64 = skips.iter().map(weight).sum();
    (sum >= 0.01).then(|| Reason {
        points: -sum,
        words: "in a sprint that was not wanted lately".to_owned(),
    })
}
