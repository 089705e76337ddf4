//! From evidence to issues: each cites one piece of evidence, whoever words it. A model may choose words and order and may propose work from
//! the evidence that it was given; what cites none of it is dropped, so that no work is invented.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Evidence, Kind, Look, Present};
use crate::domain::duplicate::{self, Known};
use crate::domain::ids::AgentName;
use crate::domain::kinds::TaskType;
use crate::domain::origin;
use crate::text::{clean, marker};

/// Characters of a title.
const TITLE: usize = 100;

/// Characters of a line that a model wrote.
const LINE: usize = 300;

/// Issues of ours are below those of people, who say nothing or more.
const PRIORITY: &str = "prio:low";

/// What a model proposes for one piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The evidence that it cites, by its signature; `None` where there is none of that number.
    pub evidence: Option<String>,
    /// What the issue is called.
    pub title: String,
    /// What is to be so afterwards.
    pub goal: String,
    /// How one sees that it is.
    pub success_criteria: Vec<String>,
    /// What is to be kept to.
    pub constraints: Vec<String>,
    /// The kind of work.
    pub task_type: Option<TaskType>,
    /// Who wrote it.
    pub by: AgentName,
}

/// An issue that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// What it answers.
    pub evidence: Evidence,
    /// Its title.
    pub title: String,
    /// What is to be so afterwards.
    pub goal: String,
    /// How one sees that it is.
    pub success_criteria: Vec<String>,
    /// What is to be kept to, besides what always is.
    pub constraints: Vec<String>,
    /// The kind of work, where it is clear.
    pub task_type: Option<TaskType>,
    /// The model that worded it, where one did.
    pub by: Option<AgentName>,
}

/// What is to be made, and what was proposed and is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// The issues, in their order.
    pub filings: Vec<Filing>,
    /// Proposals that were dropped, each with why.
    pub dropped: Vec<String>,
}

/// Fills the backlog up: first what a model made of the evidence, in its order, then the evidence that is work by itself; never more than
/// is wanted, nothing that an issue or another filing of this run says already.
pub fn fill(look: &Look, proposals: &[Proposal], present: &Present) -> Filled {
    let mut filling = Filling { look, present, used: BTreeSet::new(), filled: Filled::default() };
    for proposal in proposals {
        filling.propose(proposal);
    }
    for evidence in look.evidence.iter().filter(|evidence| evidence.kind.is_work()) {
        if !filling.used.contains(evidence.signature.as_str()) && !filling.is_full() {
            filling.add(by_rule(evidence));
        }
    }
    filling.filled
}

struct Filling<'a> {
    look: &'a Look,
    present: &'a Present,
    used: BTreeSet<&'a str>,
    filled: Filled,
}

impl Filling<'_> {
    fn is_full(&self) -> bool {
        self.filled.filings.len() >= self.look.wanted
    }

    fn propose(&mut self, proposal: &Proposal) {
        let title = clean::one_line(&proposal.title, TITLE);
        let cited = proposal.evidence.as_deref();
        let of = |evidence: &&Evidence| Some(evidence.signature.as_str()) == cited;
        let Some(evidence) = self.look.evidence.iter().find(of) else {
            return self.drop(&title, "it cites no evidence that was given");
        };
        if self.used.contains(evidence.signature.as_str()) {
            return self.drop(&title, "its evidence has an issue already");
        }
        if self.is_full() {
            return self.drop(&title, "no more are wanted");
        }
        let filing = worded(evidence, proposal);
        if filing.title.is_empty() || filing.goal.is_empty() {
            return self.drop(&title, "it has no title or no goal");
        }
        self.add(filing);
    }

    /// Adds a filing, unless somebody says the same; its evidence is then used up all the same.
    fn add(&mut self, filing: Filing) {
        let evidence = self.look.evidence.iter().find(|e| e.signature == filing.evidence.signature);
        if let Some(evidence) = evidence {
            self.used.insert(&evidence.signature);
        }
        if let Some((issue, alike)) = self.present.says_already(&filing.title, &filing.goal) {
            let why = format!("{issue} says the same ({alike} % alike)");
            return self.drop(&filing.title, &why);
        }
        let own = Known::new((), &filing.title, &filing.goal);
        let others: Vec<Known<()>> = self
            .filled
            .filings
            .iter()
            .map(|other| Known::new((), &other.title, &other.goal))
            .collect();
        if duplicate::nearest(&own, &others, self.present.threshold).is_some() {
            return self.drop(&filing.title, "another one of this run says the same");
        }
        self.filled.filings.push(filing);
    }

    fn drop(&mut self, title: &str, why: &str) {
        self.filled.dropped.push(format!("{title}: {why}"));
    }
}

/// The issue of a piece of evidence without a model.
fn by_rule(evidence: &Evidence) -> Filing {
    let (goal, criteria) = match evidence.kind {
        Kind::KnownIssue => (
            "What `CODEBASE.md` lists as broken, named below under Evidence, works; or it is written down there why it has to stay.",
            [
                "The cause is named in the pull request, and a test fails without the change and passes with it, where a test can show it.",
                "The line is gone from Known Issues, or says why it has to stay.",
            ],
        ),
        Kind::Risk | Kind::NextStep => (
            "It is known whether the risk that merged work named, quoted below under Evidence, is real; and what is real is mended.",
            [
                "The pull request says what was looked at and what was found.",
                "What can go wrong is covered by a test, or the result says why it cannot go wrong.",
            ],
        ),
    };
    Filing {
        // The bare words: a common beginning would make all of them alike.
        title: clean::one_line(&evidence.text, TITLE),
        goal: goal.to_owned(),
        success_criteria: criteria.map(ToOwned::to_owned).to_vec(),
        constraints: Vec::new(),
        task_type: evidence.kind.task_type(),
        by: None,
        evidence: evidence.clone(),
    }
}

/// The issue of a piece of evidence in a model's words.
fn worded(evidence: &Evidence, proposal: &Proposal) -> Filing {
    let lines = |lines: &[String]| -> Vec<String> {
        let plain = lines.iter().map(|line| plain(line, LINE));
        plain.filter(|line| !line.is_empty()).collect()
    };
    let mut criteria = lines(&proposal.success_criteria);
    if criteria.is_empty() {
        criteria = by_rule(evidence).success_criteria;
    }
    Filing {
        title: plain(&proposal.title, TITLE),
        goal: plain(&proposal.goal, 2 * LINE),
        success_criteria: criteria,
        constraints: lines(&proposal.constraints),
        task_type: proposal.task_type.or_else(|| evidence.kind.task_type()),
        by: Some(proposal.by.clone()),
        evidence: evidence.clone(),
    }
}

/// One line of a model's that is a sentence and nothing else: no marker of ours, no heading, nobody called, no issue linked, hence no dependency.
fn plain(text: &str, most: usize) -> String {
    let visible = clean::untrusted(text).text;
    let line = clean::one_line(&marker::neutralize(&visible), most);
    let line =
        line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '-' | '>' | '/'));
    let mut result = String::with_capacity(line.len());
    let mut letters = line.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        let is_next = |of: fn(&char) -> bool, letters: &mut std::iter::Peekable<_>| {
            let next: Option<&char> = letters.peek();
            next.is_some_and(of)
        };
        match letter {
            '#' if is_next(char::is_ascii_digit, &mut letters) => result.push_str("no. "),
            '@' if !result.ends_with(char::is_alphanumeric)
                && is_next(|c| c.is_alphanumeric(), &mut letters) =>
            {
                result.push_str("@ ");
            }
            '`' => result.push('\''),
            other => result.push(other),
        }
    }
    result
}

impl Filing {
    /// The text of its issue.
    pub fn body(&self) -> String {
        let mut text = origin::markers("groom", 1, &self.evidence.signature);
        let _infallible = write!(text, "\n## Goal\n\n{}\n\n## Success Criteria\n\n", self.goal);
        bullets(&mut text, &self.success_criteria);
        text.push_str("\n## Constraints\n\n");
        bullets(&mut text, &self.constraints);
        bullets(
            &mut text,
            &[
                "Keep the change as small as the evidence asks for.".to_owned(),
                "Do not weaken, skip or delete tests.".to_owned(),
            ],
        );
        let Evidence { place, text: words, .. } = &self.evidence;
        let _infallible = write!(text, "\n## Evidence\n\n- {place}: `{words}`\n");
        let _infallible = write!(text, "\n## Reasoning\n\n{}\n", self.reasoning());
        text
    }

    fn reasoning(&self) -> String {
        let why = match self.evidence.kind {
            Kind::KnownIssue => "It is known to be broken, and no issue says so.",
            Kind::Risk => "Merged work named this risk, and no issue says so.",
            Kind::NextStep => "Merged work named this as the next step, and no issue says so.",
        };
        match &self.by {
            Some(by) => format!(
                "{why} Goal, criteria and constraints are the words of the model behind `{by}`; what counts is the evidence."
            ),
            None => why.to_owned(),
        }
    }

    /// The labels of its issue: always below those of people, who say nothing or more.
    pub fn labels(&self) -> Vec<String> {
        let mut labels = vec![origin::LABEL.to_owned(), PRIORITY.to_owned()];
        labels.extend(self.task_type.map(|kind| format!("task:{}", kind.as_str())));
        labels
    }
}

fn bullets(text: &mut String, items: &[String]) {
    for item in items {
        let _infallible = writeln!(text, "- {item}");
    }
}
