//! One question to a model, one answer in a form that was asked for. The agents of a chain are asked in their order until one answers; an
//! answer that does not hold is sent back once with what is wrong. Nothing in an answer is executed, looked up or obeyed: it is text of at
//! most so many characters, a word out of a list, a number between bounds. What a question is about, who the agents are and how they are
//! run is the callers' part; so is the answer that is used when nobody gives one.
//!
//! A caller says what it wants and has something to fall back on:
//!
//! ```ignore
//! let form = Form::record(vec![
//!     Field::needed("headline", "what it is about", Form::Line { most: 120 }),
//!     Field::open("risks", "what may go wrong", Form::list(Form::Line { most: 300 }, 0, 5)),
//! ]);
//! let prompt = prompts.headline(&context, &form.schema())?; // a template of `prompt/`, the outside text in fences
//! let asking = Asking { purpose: "headline", version: 1, prompt: &prompt, form: &form, repository: Some(repository), task: None };
//! let headline = match app.ask(&asking).await {
//!     Ok(answer) => answer.value["headline"].as_str().unwrap_or_default().to_owned(),
//!     Err(why) if why.is_stopped => return, // asked to end: the next run goes on
//!     Err(why) => deterministic_headline(&why.reason),
//! };
//! ```
//!
//! `App::ask` (`src/app/ask.rs`) brings the agents of `planner_agents`; [`ask`] is what it does with them. Answers are remembered by the
//! hash of purpose, version, form and prompt, so that the same question is not paid twice and a run that died behind the answer finds it.

mod cache;
mod extract;
mod form;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde_json::Value;

pub use cache::Cache;
pub use extract::{MAX_ANSWER_BYTES, extract};
pub use form::{Field, Form};

use crate::domain::ids::AgentName;
use crate::text::hash::sha256_hex;
use crate::text::redact::Redactor;

/// How often one agent is asked the same: once, and once more with what is wrong about its answer.
const TRIES: usize = 2;

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the answer is for, one word; part of the key under which it is remembered.
    pub purpose: &'a str,
    /// Raised by the caller when it understands the same form in another way: older answers are forgotten.
    pub version: u32,
    /// What the model is told, the form among it.
    pub prompt: &'a str,
    /// The form that the answer must have.
    pub form: &'a Form,
}

impl Question<'_> {
    /// The name of its answer: a hash of everything that the answer depends on.
    pub fn key(&self) -> String {
        let form = self.form.schema().to_string();
        let parts = [self.purpose, &self.version.to_string(), &form, self.prompt];
        let digests: Vec<String> = parts.iter().map(|part| sha256_hex(part.as_bytes())).collect();
        sha256_hex(digests.join("\n").as_bytes())
    }
}

/// What an agent said, as it said it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawAnswer {
    /// Its last words.
    pub text: String,
    /// What that used.
    pub used: Used,
}

/// What answers have used, as far as somebody counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Sent.
    pub input_tokens: u64,
    /// Come back.
    pub output_tokens: u64,
    /// The price in millionths of a dollar.
    pub cost_usd_micros: u64,
}

impl Used {
    fn add(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cost_usd_micros = self.cost_usd_micros.saturating_add(other.cost_usd_micros);
    }
}

/// Why an agent said nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskFailure {
    /// It cannot be asked now; no process was started.
    #[error("{0}")]
    Unavailable(String),
    /// It was asked, and its run failed.
    #[error("{0}")]
    Failed(String),
    /// This process was asked to end.
    #[error("stopped")]
    Stopped,
}

/// Asks one agent.
#[async_trait(?Send)]
pub trait Asker {
    /// Gives a prompt to an agent and takes what it says at its end.
    async fn ask(&self, agent: &AgentName, prompt: &str) -> Result<RawAnswer, AskFailure>;
}

/// An answer that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What was asked for and nothing else, cleaned and redacted.
    pub value: Value,
    /// Who gave it.
    pub by: AgentName,
    /// It was given earlier; nobody was asked.
    pub is_remembered: bool,
    /// What all that were asked have used for it.
    pub used: Used,
}

/// Why there is no answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// One line: each agent with its reason.
    pub reason: String,
    /// Somebody was asked.
    pub was_asked: bool,
    /// This process was asked to end: the question is to be put again by the next one, not to be answered in another way.
    pub is_stopped: bool,
}

/// Asks the agents of a chain in their order until one gives an answer that holds. An empty chain asks nobody and remembers nothing.
///
/// # Errors
///
/// When nobody answered, with why.
pub async fn ask(
    question: &Question<'_>,
    chain: &[AgentName],
    asker: &dyn Asker,
    cache: &Cache,
    redactor: &Redactor,
) -> Result<Answer, Unanswered> {
    if chain.is_empty() {
        let reason = "there is nobody to ask".to_owned();
        return Err(Unanswered { reason, ..Unanswered::default() });
    }
    let key = question.key();
    if let Some((value, by)) = cache.get(&key, question.form, redactor)
        && chain.contains(&by)
    {
        return Ok(Answer { value, by, is_remembered: true, used: Used::default() });
    }
    let mut round = Round { question, asker, redactor, used: Used::default(), was_asked: false };
    let mut reasons = Vec::new();
    for agent in chain {
        match round.of(agent).await {
            Ok(value) => {
                if let Err(error) = cache.put(&key, question.purpose, agent, &value) {
                    tracing::warn!(%error, "an answer cannot be remembered");
                }
                let by = agent.clone();
                return Ok(Answer { value, by, is_remembered: false, used: round.used });
            }
            Err(AskFailure::Stopped) => {
                let (reason, was_asked) = ("stopped".to_owned(), round.was_asked);
                return Err(Unanswered { reason, was_asked, is_stopped: true });
            }
            Err(failure) => reasons.push(format!("{agent}: {failure}")),
        }
    }
    let reason = reasons.join("; ");
    Err(Unanswered { reason, was_asked: round.was_asked, is_stopped: false })
}

/// One way through a chain.
struct Round<'a> {
    question: &'a Question<'a>,
    asker: &'a dyn Asker,
    redactor: &'a Redactor,
    used: Used,
    was_asked: bool,
}

impl Round<'_> {
    async fn of(&mut self, agent: &AgentName) -> Result<Value, AskFailure> {
        let mut prompt = self.question.prompt.to_owned();
        let mut problems = String::new();
        for _ in 0..TRIES {
            let said = self.asker.ask(agent, &prompt).await;
            self.was_asked |= !matches!(said, Err(AskFailure::Unavailable(_)));
            let said = said?;
            self.used.add(said.used);
            match self.accept(&said.text) {
                Ok(value) => return Ok(value),
                Err(found) => problems = found.join("; "),
            }
            prompt = again(self.question.prompt, &problems);
        }
        Err(AskFailure::Failed(format!("its answer does not hold: {problems}")))
    }

    fn accept(&self, text: &str) -> Result<Value, Vec<String>> {
        let value = extract(text, self.question.form).map_err(|problem| vec![problem])?;
        self.question.form.check(&value, self.redactor)
    }
}

/// The prompt once more, with what was wrong. The problems are our own words and names of ours, never the model's.
fn again(prompt: &str, problems: &str) -> String {
    format!(
        "{}\n\n# Your last answer was not accepted\n\n{problems}.\nAnswer once more, with the JSON alone.\n",
        prompt.trim_end()
    )
}
