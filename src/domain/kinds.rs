//! What kind of work a task is, and how urgent.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a word is neither a task type nor a priority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not {expected}")]
pub struct BadKind {
    word: String,
    expected: &'static str,
}

impl BadKind {
    fn new(word: &str, expected: &'static str) -> Self {
        let word = word.chars().filter(|c| !c.is_control()).take(80).collect();
        Self { word, expected }
    }
}

/// The kind of work, which chooses the chain of agents.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskType {
    /// Something new, or a change of what there is.
    Implementation,
    /// Something is broken.
    Debugging,
    /// Structure and decisions.
    Architecture,
    /// Finding out.
    Research,
    /// Documents for people.
    Docs,
    /// How it looks and feels.
    Design,
    /// Texts and media.
    Content,
    /// Driving a browser.
    BrowserAutomation,
}

impl TaskType {
    /// Every task type, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Implementation,
        Self::Debugging,
        Self::Architecture,
        Self::Research,
        Self::Docs,
        Self::Design,
        Self::Content,
        Self::BrowserAutomation,
    ];

    /// The word in files and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implementation => "implementation",
            Self::Debugging => "debugging",
            Self::Architecture => "architecture",
            Self::Research => "research",
            Self::Docs => "docs",
            Self::Design => "design",
            Self::Content => "content",
            Self::BrowserAutomation => "browser_automation",
        }
    }
}

impl FromStr for TaskType {
    type Err = BadKind;

    /// Takes the word in any letter case, with spaces or dashes, and as the label `task:<word>`.
    fn from_str(text: &str) -> Result<Self, BadKind> {
        let word = plain(text, "task:");
        Self::ALL.into_iter().find(|kind| plain(kind.as_str(), "") == word).ok_or_else(|| {
            BadKind::new(
                text,
                "a task type: implementation, debugging, architecture, research, docs, design, content or \
                 browser_automation",
            )
        })
    }
}

impl fmt::Display for TaskType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How urgent a task is; the most urgent is the smallest.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before everything else.
    High,
    /// In its turn.
    #[default]
    Normal,
    /// When there is time; it ages, so that its turn comes.
    Low,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The word in files; the label is `prio:` and this word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl FromStr for Priority {
    type Err = BadKind;

    /// Takes the word in any letter case, and as the label `prio:<word>`.
    fn from_str(text: &str) -> Result<Self, BadKind> {
        let word = plain(text, "prio:");
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str() == word)
            .ok_or_else(|| BadKind::new(text, "a priority: high, normal or low"))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Lower case, without the label's prefix, spaces, dashes and underscores.
fn plain(text: &str, prefix: &str) -> String {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix(prefix).unwrap_or(&text);
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_as_what_it_stands_for() {
        for kind in TaskType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for priority in Priority::ALL {
            assert_eq!(priority.as_str().parse(), Ok(priority));
            assert_eq!(serde_json::to_value(priority).unwrap(), priority.as_str());
        }
    }

    #[test]
    fn people_may_write_words_as_they_like() {
        for text in ["Browser Automation", "browser-automation", "task:browser_automation"] {
            assert_eq!(text.parse(), Ok(TaskType::BrowserAutomation));
        }
        assert_eq!(" prio:High ".parse(), Ok(Priority::High));
        assert!("urgent".parse::<Priority>().is_err());
        assert!("".parse::<TaskType>().is_err());
    }

    #[test]
    fn the_most_urgent_comes_first() {
        let mut priorities = [Priority::Low, Priority::High, Priority::Normal];
        priorities.sort();
        assert_eq!(priorities, Priority::ALL);
    }
}
