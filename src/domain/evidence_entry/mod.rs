//! One piece of evidence as an artefact shows it: whether it may be used for planning and why not, how old it is, and what it says of the
//! backlog. Guarded evidence stays visible and weighs nothing (seed 000). Pure.

mod render;
mod words;

#[cfg(test)]
mod tests;

pub use render::{FeedbackText, Own, Read, ResearchText, feedback, moment, research};
pub use words::telling;

use jiff::{SignedDuration, Timestamp};

use super::signal::Signal;

/// Clocks of exporters may be ahead of ours by so much.
const AHEAD: SignedDuration = SignedDuration::from_mins(60);

/// The most that one piece of evidence weighs.
const MOST_WEIGHT: f64 = 5.0;

/// How far a piece of evidence may be believed; the lowest is the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Hardly.
    Low,
    /// With care.
    Medium,
    /// As a fact.
    High,
}

impl Trust {
    /// The level of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High].into_iter().find(|trust| trust.as_str() == word)
    }

    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    fn factor(self) -> f64 {
        match self {
            Self::Low => 0.5,
            Self::Medium => 1.0,
            Self::High => 2.0,
        }
    }
}

/// Who made a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// Nobody: it is the beginning of the text itself.
    Extract,
    /// Arithmetic: value against baseline.
    Numbers,
    /// The model behind this agent.
    Model(String),
}

impl Author {
    /// How the artefact names it.
    pub fn told(&self) -> String {
        match self {
            Self::Extract => "extract".to_owned(),
            Self::Numbers => "value and baseline".to_owned(),
            Self::Model(agent) => format!("model:{agent}"),
        }
    }
}

/// What a source says, in short.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    /// A few sentences.
    pub summary: String,
    /// Single facts, one line each.
    pub facts: Vec<String>,
    /// What it means for the next sprint, one line each.
    pub implications: Vec<String>,
    /// Who wrote these.
    pub by: Author,
    /// How much it speaks for doing something, 0 for not at all.
    pub weight: f64,
}

/// What is known of what a source says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nobody looked: not everybody who reads the artefact may see it.
    Withheld,
    /// It could not be read, with why.
    Unreadable(String),
    /// It was read.
    Read(Digest),
}

/// A source of evidence with what is told of it and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it tells about.
    pub class: Option<String>,
    /// Where it is.
    pub place: String,
    /// When it was observed.
    pub observed_at: Option<Timestamp>,
    /// Where it comes from.
    pub provenance: Option<String>,
    /// How far it may be believed.
    pub trust: Option<Trust>,
    /// Why.
    pub trust_note: Option<String>,
    /// Who may see it.
    pub privacy: Option<String>,
    /// Why.
    pub privacy_note: Option<String>,
    /// Keys that its entry ought to have and has not, beside trust and privacy.
    pub lacks: Vec<&'static str>,
    /// What it says.
    pub content: Content,
}

/// What evidence must be like to be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Older is stale.
    pub stale_after: SignedDuration,
    /// Less trusted is guarded.
    pub minimum_trust: Trust,
    /// Other privacy is guarded.
    pub allowed_privacy: Vec<String>,
}

/// Whether planning may use an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// It may.
    Included,
    /// It is shown and has no influence, for these reasons.
    Guarded(Vec<String>),
}

impl Policy {
    /// Why a source may not be shown to readers of the artefact; `None` when it may.
    pub fn withheld(&self, privacy: Option<&str>) -> Option<String> {
        match privacy {
            None => Some("no privacy level".to_owned()),
            Some(level) if self.allowed_privacy.iter().any(|allowed| allowed == level) => None,
            Some(level) => Some(format!("privacy {level} is not allowed")),
        }
    }

    /// Whether an entry may be used at a moment, with every reason why not.
    pub fn judge(&self, entry: &Entry, now: Timestamp) -> Use {
        let mut reasons: Vec<String> = entry.lacks.iter().map(|key| format!("no {key}")).collect();
        if let Content::Unreadable(why) = &entry.content {
            reasons.push(format!("not read: {why}"));
        } else if entry.content != Content::Withheld {
            reasons.extend(self.not_fresh(entry.observed_at, now));
        }
        match entry.trust {
            None => reasons.push("no trust level".to_owned()),
            Some(trust) if trust < self.minimum_trust => {
                let (trust, least) = (trust.as_str(), self.minimum_trust.as_str());
                reasons.push(format!("trust {trust} is below {least}"));
            }
            Some(_) => {}
        }
        reasons.extend(self.withheld(entry.privacy.as_deref()));
        if reasons.is_empty() { Use::Included } else { Use::Guarded(reasons) }
    }

    fn not_fresh(&self, observed_at: Option<Timestamp>, now: Timestamp) -> Option<String> {
        let Some(at) = observed_at else { return Some("freshness unknown".to_owned()) };
        let age = now.duration_since(at);
        if age < -AHEAD {
            return Some("observed in the future".to_owned());
        }
        (age > self.stale_after)
            .then(|| format!("stale: {}, allowed are {}", age_words(age), hours(self.stale_after)))
    }

    /// When an entry that is fresh now will be stale.
    pub fn fresh_until(&self, entry: &Entry) -> Option<Timestamp> {
        entry.observed_at?.checked_add(self.stale_after).ok()
    }
}

/// What an entry says of the backlog; nothing where it is guarded, was not read, or asks for nothing.
pub fn signal(entry: &Entry, verdict: &Use) -> Option<Signal> {
    let (Use::Included, Content::Read(digest)) = (verdict, &entry.content) else { return None };
    let weight = (digest.weight * entry.trust?.factor()).min(MOST_WEIGHT);
    let implied = digest.implications.join(" ");
    let said = match digest.by {
        // The sentences about numbers are ours, the same for every metric: they tell nothing of any issue.
        Author::Numbers => "",
        _ if implied.is_empty() => &digest.summary,
        _ => &implied,
    };
    let words = telling(&format!("{} {said}", entry.name));
    (weight > 0.0 && !words.is_empty()).then(|| Signal { name: entry.name.clone(), weight, words })
}

/// The date of evidence: what it says itself; else the older one of what was configured and of the date that its file or server gives it.
pub fn observed(
    own: Option<Timestamp>,
    configured: Option<Timestamp>,
    kept: Option<Timestamp>,
) -> Option<Timestamp> {
    own.or_else(|| match (configured, kept) {
        (Some(configured), Some(kept)) => Some(configured.min(kept)),
        (configured, kept) => configured.or(kept),
    })
}

/// How old something is, in words.
pub fn freshness(observed_at: Option<Timestamp>, now: Timestamp) -> String {
    match observed_at {
        None => "unknown".to_owned(),
        Some(at) if now.duration_since(at) < -AHEAD => "in the future".to_owned(),
        Some(at) => age_words(now.duration_since(at)),
    }
}

fn age_words(age: SignedDuration) -> String {
    let hours = age.as_hours();
    if hours < 1 {
        "<1h old".to_owned()
    } else if hours < 48 {
        format!("{hours}h old")
    } else {
        format!("{}.{}d old", hours / 24, hours % 24 * 10 / 24)
    }
}

/// A duration in hours, without needless digits.
pub(super) fn hours(duration: SignedDuration) -> String {
    let hours = duration.as_secs_f64() / 3600.0;
    format!("{}h", (hours * 100.0).round() / 100.0)
}
