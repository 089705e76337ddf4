//! What the evidence of one check says of one merge: arithmetic where it has numbers, the word of its exporter, else a bounded question to a
//! model, whose verdict is marked as such.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::refresh::Check;
use crate::app::{App, Asking, Repository};
use crate::domain::objective::{Interpretation, Place};
use crate::evidence::{self, Document, Measurement};
use crate::jobs::artefacts::source::{self, Sources};
use crate::llm::{Field, Form};
use crate::prompt::OutcomeRequest;

/// Raised when the same answer is understood in another way.
const VERSION: u32 = 1;

/// So many questions are put in one refresh: what is left waits for the next one.
const MOST_QUESTIONS: usize = 12;

/// The longest line of a model about its verdict.
const SUMMARY_CHARS: usize = 300;

/// Who says what a measurement means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    /// Value against baseline.
    Numbers,
    /// The one who wrote the evidence.
    Exporter,
    /// The model behind this agent.
    Model(String),
}

/// What a look at the evidence gave.
pub(super) enum Look {
    /// A measurement that is new enough.
    Measured { interpretation: Interpretation, summary: String, by: By },
    /// None yet, with why; after its deadline the merge is inconclusive.
    NotYet(String),
    /// Nobody could look for now, whatever the deadline.
    NotNow(String),
}

/// The moments of a merge that a judgement rests on.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub(super) merged_at: Timestamp,
    /// Older evidence says nothing of it.
    pub(super) since: Timestamp,
}

/// Judges the merges of one repository.
pub(super) struct Judge<'a> {
    pub(super) app: &'a App,
    repository: &'a Repository,
    sources: Sources<'a>,
    questions: usize,
}

impl<'a> Judge<'a> {
    pub(super) fn new(app: &'a App, repository: &'a Repository, sources: Sources<'a>) -> Self {
        Self { app, repository, sources, questions: 0 }
    }

    /// Reads the evidence of a check and says what it means.
    pub(super) async fn look(&mut self, check: &Check, check_id: &str, at: Moments) -> Look {
        let place = source::told(self.app, &check.place);
        let document = match self.sources.read(&check.place).await {
            Ok(document) => document,
            Err(unread) => return Look::NotYet(format!("{place}: {}", unread.why)),
        };
        let measurement = match measurement(&document, check, &place) {
            Ok(measurement) => measurement,
            Err(why) => return Look::NotYet(why),
        };
        if let Some(other) =
            measurement.as_ref().and_then(|m| m.metric_id.as_deref()).filter(|id| *id != check_id)
        {
            return Look::NotYet(format!("{place} measures `{other}`"));
        }
        // A date of the evidence itself, never of the configuration: that one would grow old (research, D14). A page without one shows what
        // is so now.
        let page_is_now = matches!(check.place, Place::Web(_)).then(|| self.app.now());
        let own = document.observed_at.or(document.kept_at);
        let Some(observed) = own.or(page_is_now) else {
            return Look::NotYet(format!("{place} does not say when it was observed"));
        };
        if observed < at.since {
            return Look::NotYet(format!("observed {observed}, and the window ends {}", at.since));
        }
        let Some(measurement) = measurement else {
            return self.ask(check, &document, at).await;
        };
        let is_computed = measurement.value.is_some() && measurement.baseline.is_some();
        let is_word = measurement.interpretation.is_some() && !is_computed;
        Look::Measured {
            interpretation: measurement.interpreted(check.direction, check.tolerance),
            summary: measurement.told(),
            by: if is_word { By::Exporter } else { By::Numbers },
        }
    }

    /// Asks a model about evidence in words.
    async fn ask(&mut self, check: &Check, document: &Document, at: Moments) -> Look {
        let (app, repository) = (self.app, self.repository);
        if self.questions >= MOST_QUESTIONS {
            return Look::NotNow("too many questions for one run".to_owned());
        }
        let most = repository.settings.outcome_attribution.max_source_chars;
        let form = form();
        let schema = serde_json::to_string_pretty(&form.schema()).unwrap_or_default();
        let request = OutcomeRequest {
            repo: repository.slug().as_str(),
            check: &check.name,
            comparison: check.comparison.as_deref().unwrap_or_default(),
            merged_at: &at.merged_at.to_string(),
            since: &at.since.to_string(),
            text: &document.excerpt(most),
            form: &schema,
        };
        let prompt = match app.prompts.outcome(&request, &app.redactor) {
            Ok((prompt, _)) => prompt,
            Err(error) => return Look::NotNow(error.to_string()),
        };
        self.questions += 1;
        let asking = Asking {
            purpose: "outcome",
            version: VERSION,
            prompt: &prompt,
            form: &form,
            repository: Some(repository),
            task: None,
        };
        match app.ask(&asking).await {
            Ok(answer) => {
                let said =
                    |key: &str| answer.value.get(key).and_then(Value::as_str).unwrap_or_default();
                let word = said("interpretation");
                let known = Interpretation::ALL.into_iter().find(|known| known.as_str() == word);
                Look::Measured {
                    interpretation: known.unwrap_or(Interpretation::Inconclusive),
                    summary: said("summary").to_owned(),
                    by: By::Model(answer.by.to_string()),
                }
            }
            Err(why) if why.is_stopped => Look::NotNow("stopped".to_owned()),
            Err(why) => Look::NotYet(format!(
                "it has no value and no baseline, and nobody says what it means: {}",
                why.reason
            )),
        }
    }
}

fn form() -> Form {
    let words = Interpretation::ALL.map(|word| word.as_str().to_owned());
    Form::record(vec![
        Field::needed(
            "interpretation",
            "what the evidence says of the change",
            Form::Choice { of: words.to_vec() },
        ),
        Field::needed("summary", "what this rests on", Form::Line { most: SUMMARY_CHARS }),
    ])
}

/// Evidence in the form of a measurement; nothing for a text that has neither numbers nor a word of its writer.
///
/// # Errors
///
/// When a file that ought to be of that form is not.
fn measurement(
    document: &Document,
    check: &Check,
    place: &str,
) -> Result<Option<Measurement>, String> {
    let says_something = |found: &Measurement| {
        found.value.is_some() || found.baseline.is_some() || found.interpretation.is_some()
    };
    match evidence::parse_measurement(&document.text, place) {
        Ok(found) => Ok(Some(found).filter(says_something)),
        Err(error) if is_data(&check.place) => Err(error.to_string()),
        Err(_) => Ok(None),
    }
}

/// Whether a place is a file of an exporter.
fn is_data(place: &Place) -> bool {
    let Place::File(path) = place else { return false };
    let ending = Path::new(path).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    ending.is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known))
}
