//! The prompt that asks a model which issues of the backlog make the next sprint.

use minijinja::{Value, context};

use super::budget::{self, Keep, Layer, Manifest};
use super::library::{PromptError, Prompts};
use crate::text::redact::Redactor;
use crate::text::{clean, sections};

const TEMPLATE: &str = "plan.md";

/// Bytes of all parts together; what stands lower gives way first.
const MOST_BYTES: usize = 96 * 1024;

/// What a model is asked about.
pub struct PlanRequest<'a> {
    /// The repository, `owner/name`.
    pub repo: &'a str,
    /// The ranked backlog, an issue to a paragraph.
    pub backlog: &'a str,
    /// How many issues the sprint takes.
    pub room: usize,
    /// The objective and how far its metrics are from being well; empty without one.
    pub objective: &'a str,
    /// What came of the last sprint; empty before the first.
    pub before: &'a str,
    /// `PLANNING_PRINCIPLES.md` of the base branch.
    pub principles: &'a str,
    /// `STRATEGY.md` of the base branch.
    pub strategy: &'a str,
    /// `README.md` of the base branch.
    pub readme: &'a str,
    /// `PRODUCTION_FEEDBACK.md`.
    pub feedback: &'a str,
    /// `PLANNING_RESEARCH.md`.
    pub research: &'a str,
    /// The form of the answer, as a JSON schema.
    pub form: &'a str,
}

impl Prompts {
    /// Renders the question for a sprint, with the record of what it was made of. Every text is cleaned and redacted before it is cut and
    /// fenced.
    ///
    /// # Errors
    ///
    /// When a template of the operator's fails on this request.
    pub fn plan(
        &self,
        request: &PlanRequest<'_>,
        redactor: &Redactor,
    ) -> Result<(String, Manifest), PromptError> {
        let mut layers = layers(request, redactor);
        let parts = budget::fit(&mut layers, MOST_BYTES);
        let fenced = |layer: &Layer| sections::fence(&layer.text, "markdown");
        let backlog = layers.first().map(fenced).unwrap_or_default();
        let shown: Value = layers
            .iter()
            .skip(1)
            .filter(|layer| !layer.text.is_empty())
            .map(|layer| context! { title => layer.title, text => fenced(layer) })
            .collect();
        let values = context! {
            repo => request.repo,
            room => request.room,
            backlog => backlog,
            layers => shown,
            form => sections::fence(request.form, "json"),
        };
        let text = self.render(TEMPLATE, values)?;
        let manifest = Manifest {
            template: TEMPLATE.to_owned(),
            overridden: self.overridden().to_vec(),
            bytes: text.len(),
            parts,
        };
        Ok((text, manifest))
    }
}

/// The parts that come from outside, the most important first.
fn layers(request: &PlanRequest<'_>, redactor: &Redactor) -> Vec<Layer> {
    let rows: [(&'static str, &'static str, &str, usize); 8] = [
        ("backlog", "The backlog", request.backlog, 48 * 1024),
        ("objective", "The objective, and how weak each metric is", request.objective, 4 * 1024),
        ("before", "What came of the sprint before", request.before, 4 * 1024),
        ("README.md", "README.md (what the product is for)", request.readme, 3000),
        (
            "PLANNING_PRINCIPLES.md",
            "PLANNING_PRINCIPLES.md (what stays the aim)",
            request.principles,
            8 * 1024,
        ),
        (
            "STRATEGY.md",
            "STRATEGY.md (what was decided from sprint to sprint)",
            request.strategy,
            8 * 1024,
        ),
        (
            "PRODUCTION_FEEDBACK.md",
            "PRODUCTION_FEEDBACK.md (what was measured; guarded entries are no ground for a choice)",
            request.feedback,
            16 * 1024,
        ),
        (
            "PLANNING_RESEARCH.md",
            "PLANNING_RESEARCH.md (what was read)",
            request.research,
            16 * 1024,
        ),
    ];
    let layer = |(name, title, text, most): (&'static str, &'static str, &str, usize)| Layer {
        name,
        title,
        text: redactor.redact(clean::untrusted(text).text.trim()),
        bytes: text.trim().len(),
        most,
        keep: Keep::Beginning,
    };
    rows.into_iter().map(layer).collect()
}

/// Fills the template in with little and with everything.
pub(super) fn try_out(prompts: &Prompts) -> Result<(), PromptError> {
    let layer = context! { title => "README.md", text => "text" };
    for layers in [Vec::new(), vec![layer]] {
        let values: Value = context! { repo => "acme/web", room => 5, backlog => "text", layers => layers, form => "{}" };
        prompts.render(TEMPLATE, values)?;
    }
    Ok(())
}
