//! `PRODUCTION_FEEDBACK.md`: what the system knows of its own work, the metrics of the objective, and the configured sources, each held against
//! the guards. A source that not everybody may see is not even read.

use jiff::{SignedDuration, Timestamp};

use super::digest::{self, Subject};
use super::keep::{Dated, Kept};
use super::source::{Sources, place_of, told};
use super::{NotMade, RETRY, own};
use crate::app::{App, Repository};
use crate::config::{Feedback, FeedbackInput};
use crate::domain::evidence_entry::{
    self, Author, Content, Digest, Entry, FeedbackText, Policy, Trust, Use, observed,
};
use crate::domain::objective::{Interpretation, Metric, Place, Source};
use crate::evidence::{self, Document, Measurement};

/// How much a metric that moved the wrong way weighs.
const REGRESSED: f64 = 2.0;

/// A source with what is told of it, before it is read.
struct Input<'a> {
    entry: Entry,
    place: Place,
    configured_at: Option<Timestamp>,
    metric: Option<&'a Metric>,
}

/// Reads every source and makes the text.
pub(super) async fn make(app: &App, repository: &Repository) -> Result<Kept, NotMade> {
    let settings = &repository.settings.production_feedback;
    let policy = policy(settings);
    let loaded = app.objective(repository);
    let mut problems = Vec::new();
    let objective = loaded.unwrap_or_else(|error| {
        problems.push(format!("objective: {}", app.redactor.redact(&error.to_string())));
        None
    });
    let metrics = objective.iter().flat_map(|loaded| &loaded.objective.metrics);
    let of_metrics: Vec<Input<'_>> = metrics
        .filter_map(|metric| Some(of_metric(app, metric, metric.source.as_ref()?)))
        .collect();
    let configured: Vec<Input<'_>> = settings
        .inputs
        .iter()
        .take(settings.max_inputs)
        .map(|input| of_config(app, input))
        .collect();
    let mut gathering = Gathering { app, repository, policy: &policy, problems, is_whole: true };
    let mut entries = Vec::new();
    for (inputs, of_objective) in [(of_metrics, true), (configured, false)] {
        let sources = Sources::new(app, repository, &settings.allowed_domains, of_objective);
        for input in inputs {
            entries.push(gathering.entry(&sources, input).await?);
        }
    }
    let own = own::sections(app, repository, objective.as_ref())?;
    let Gathering { problems, is_whole, .. } = gathering;
    let generated_at = app.now();
    let refresh_after = refresh_after(settings, &policy, &entries, is_whole, generated_at);
    let text = evidence_entry::feedback(&FeedbackText {
        repo: repository.slug().as_str(),
        generated_at,
        refresh_after,
        policy: &policy,
        own: &own,
        entries: &entries,
        left_out: settings.inputs.len().saturating_sub(settings.max_inputs),
    });
    let own = own.into_iter().filter_map(|own| own.signal);
    let mut signals: Vec<Dated> = own.map(|signal| Dated { signal, until: None }).collect();
    for entry in &entries {
        let signal = evidence_entry::signal(entry, &policy.judge(entry, generated_at));
        signals.extend(signal.map(|signal| Dated { signal, until: policy.fresh_until(entry) }));
    }
    let settings = String::new();
    Ok(Kept { text, settings, generated_at, refresh_after, signals, problems })
}

fn policy(settings: &Feedback) -> Policy {
    let least = settings.minimum_trust_level.as_str();
    Policy {
        stale_after: SignedDuration::try_from(settings.stale_after).unwrap_or(SignedDuration::MAX),
        minimum_trust: Trust::of_word(least).unwrap_or(Trust::High),
        allowed_privacy: settings
            .allowed_privacy_levels
            .iter()
            .map(|level| level.as_str().to_owned())
            .collect(),
    }
}

/// When it is made anew: after its age, and before anything in it that may be used grows stale.
fn refresh_after(
    settings: &Feedback,
    policy: &Policy,
    entries: &[Entry],
    is_whole: bool,
    now: Timestamp,
) -> Timestamp {
    let max_age = SignedDuration::try_from(settings.max_age).unwrap_or(SignedDuration::MAX);
    let age = if is_whole { max_age } else { max_age.min(RETRY) };
    let by_age = now.checked_add(age).unwrap_or(Timestamp::MAX);
    let included = entries.iter().filter(|entry| policy.judge(entry, now) == Use::Included);
    included.filter_map(|entry| policy.fresh_until(entry)).fold(by_age, Timestamp::min)
}

/// An entry of the configuration.
fn of_config<'a>(app: &App, input: &FeedbackInput) -> Input<'a> {
    let plain = |text: &Option<String>| text.as_ref().map(|text| app.redactor.redact(text));
    let place = place_of(&input.location);
    let is_named = !input.lacks.contains(&"name");
    let name = if is_named { app.redactor.redact(&input.name) } else { told(app, &place) };
    let entry = Entry {
        name,
        class: input.signal_class.map(|class| class.as_str().to_owned()),
        place: told(app, &place),
        observed_at: input.observed_at,
        provenance: plain(&input.provenance),
        trust: input.trust_level.and_then(|trust| Trust::of_word(trust.as_str())),
        trust_note: plain(&input.trust_note),
        privacy: input.privacy.map(|privacy| privacy.as_str().to_owned()),
        privacy_note: plain(&input.privacy_note),
        lacks: input.lacks.clone(),
        content: Content::Withheld,
    };
    Input { entry, place, configured_at: input.observed_at, metric: None }
}

/// The present value of a metric. What its source does not say of itself is what an exporter of the operator's is: of medium trust, for the
/// organisation alone.
fn of_metric<'a>(app: &App, metric: &'a Metric, source: &Source) -> Input<'a> {
    let plain = |text: &Option<String>| text.as_ref().map(|text| app.redactor.redact(text));
    let entry = Entry {
        name: app.redactor.redact(&metric.name),
        class: Some(source.signal_class.clone().unwrap_or_else(|| "analytics".to_owned())),
        place: told(app, &source.place),
        observed_at: source.observed_at,
        provenance: plain(&source.provenance),
        trust: Trust::of_word(source.trust_level.as_deref().unwrap_or("medium")),
        trust_note: plain(&source.trust_note),
        privacy: Some(source.privacy.clone().unwrap_or_else(|| "internal".to_owned())),
        privacy_note: plain(&source.privacy_note),
        lacks: Vec::new(),
        content: Content::Withheld,
    };
    let configured_at = source.observed_at;
    Input { entry, place: source.place.clone(), configured_at, metric: Some(metric) }
}

struct Gathering<'a> {
    app: &'a App,
    repository: &'a Repository,
    policy: &'a Policy,
    problems: Vec<String>,
    is_whole: bool,
}

impl Gathering<'_> {
    /// Reads one source, unless not everybody may see it.
    async fn entry(&mut self, sources: &Sources<'_>, input: Input<'_>) -> Result<Entry, NotMade> {
        let Input { mut entry, place, configured_at, metric } = input;
        if self.policy.withheld(entry.privacy.as_deref()).is_some() {
            return Ok(entry);
        }
        let document = match sources.read(&place).await {
            Ok(document) => document,
            Err(unread) => {
                self.is_whole &= !unread.is_temporary;
                self.problems.push(format!("feedback input `{}`: {}", entry.name, unread.why));
                (entry.content, entry.observed_at) = (Content::Unreadable(unread.why), None);
                return Ok(entry);
            }
        };
        let measured = metric.and_then(|metric| {
            let found = evidence::parse_measurement(&document.text, &entry.place).ok()?;
            found.value.is_some().then_some((metric, found))
        });
        entry.observed_at = observed(document.observed_at, configured_at, document.kept_at);
        entry.content = Content::Read(match measured {
            Some((metric, found)) => of_measurement(self.app, metric, &found),
            None => self.digest(&entry, &document).await?,
        });
        Ok(entry)
    }

    /// A model is asked only about what may be used: of the rest a beginning is shown.
    async fn digest(&self, entry: &Entry, document: &Document) -> Result<Digest, NotMade> {
        let most_chars = self.repository.settings.production_feedback.max_source_chars;
        let kind = entry.class.as_deref().unwrap_or_default();
        let subject = Subject { name: &entry.name, kind, document, most_chars };
        let shown = digest::extract(self.app, &subject);
        let read = Entry { content: Content::Read(shown.clone()), ..entry.clone() };
        match self.policy.judge(&read, self.app.now()) {
            Use::Included => digest::by_model(self.app, self.repository, &subject).await,
            Use::Guarded(_) => Ok(shown),
        }
    }
}

/// What a metric says, by arithmetic alone.
fn of_measurement(app: &App, metric: &Metric, found: &Measurement) -> Digest {
    let interpretation = found.interpreted(metric.direction, metric.tolerance);
    let word = interpretation.as_str();
    let numbers = found.value.is_some() && found.baseline.is_some();
    let by = if numbers { Author::Numbers } else { Author::Extract };
    let name = app.redactor.redact(&metric.name);
    let (implications, weight) = match interpretation {
        Interpretation::Regressed => {
            let line = format!("{name} moved the wrong way: work that mends it comes first.");
            (vec![line], REGRESSED)
        }
        Interpretation::Unchanged => {
            (vec![format!("{name} did not move: what was done for it did not show yet.")], 1.0)
        }
        Interpretation::Improved | Interpretation::Inconclusive => (Vec::new(), 0.0),
    };
    let said = app.redactor.redact(&found.told());
    Digest { summary: format!("{word}: {said}"), facts: Vec::new(), implications, by, weight }
}
