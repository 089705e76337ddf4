//! The entries of a list, as `tests/data/proof` has them.

/// A group of entries.
pub(super) struct Section {
    /// Its heading; empty where a list has none.
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
}

/// A failure or a rule, what happens here, and who shows it.
pub(super) struct Entry {
    pub(super) number: String,
    pub(super) failure: String,
    /// Where it was seen; `-` where no place is to be named.
    pub(super) source: String,
    pub(super) outcome: String,
    pub(super) tests: Vec<String>,
}

/// How an entry is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A story plays it.
    Played,
    /// A table of a decision or a parser has it.
    Decided,
    /// A rule of the design makes it impossible.
    RuledOut,
    /// It is about something that this program does not do.
    NotHere,
}

impl Answer {
    pub(super) const ALL: [Self; 4] = [Self::Played, Self::Decided, Self::RuledOut, Self::NotHere];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Played => "played",
            Self::Decided => "decided",
            Self::RuledOut => "ruled out",
            Self::NotHere => "not here",
        }
    }
}

impl Entry {
    /// How it is answered; `is_played` says whether one of its tests plays a story.
    pub(super) fn answer(&self, is_played: bool) -> Answer {
        if self.outcome.starts_with("ruled out: ") {
            Answer::RuledOut
        } else if self.outcome.starts_with("not here: ") {
            Answer::NotHere
        } else if is_played {
            Answer::Played
        } else {
            Answer::Decided
        }
    }

    /// What happens here, without the word that says how it is answered.
    pub(super) fn told(&self) -> &str {
        let words = ["ruled out: ", "not here: "];
        words.iter().find_map(|word| self.outcome.strip_prefix(word)).unwrap_or(&self.outcome)
    }
}

/// Reads a list: headings begin with `#`, every other line is an entry.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix("# ") {
            sections.push(Section { title: title.to_owned(), entries: Vec::new() });
            continue;
        }
        if sections.is_empty() {
            sections.push(Section { title: String::new(), entries: Vec::new() });
        }
        sections.last_mut().unwrap().entries.push(entry(line));
    }
    sections
}

fn entry(line: &str) -> Entry {
    let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
    let [number, failure, source, outcome, tests] = parts[..] else {
        panic!("no entry of five parts: {line}")
    };
    assert!(!failure.is_empty() && !outcome.is_empty(), "{line}");
    Entry {
        number: number.to_owned(),
        failure: failure.to_owned(),
        source: source.to_owned(),
        outcome: outcome.to_owned(),
        tests: tests.split_whitespace().map(str::to_owned).collect(),
    }
}
