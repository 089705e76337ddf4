//! The prompts that ask a model what a piece of evidence says: in short, for planning, and of a change that was merged.

use minijinja::{Value, context};

use super::budget::{self, Keep, Layer, Manifest};
use super::library::{PromptError, Prompts};
use crate::text::redact::Redactor;
use crate::text::{clean, sections};

const DIGEST: &str = "digest.md";
const OUTCOME: &str = "outcome.md";

/// Bytes of the evidence that are shown.
const EVIDENCE_BYTES: usize = 64 * 1024;

/// What is to be summed up.
pub struct DigestRequest<'a> {
    /// The repository, `owner/name`.
    pub repo: &'a str,
    /// The name of the source.
    pub name: &'a str,
    /// What it is or tells about.
    pub kind: &'a str,
    /// What it says.
    pub text: &'a str,
    /// The form of the answer, as a JSON schema.
    pub form: &'a str,
}

/// What is to be judged.
pub struct OutcomeRequest<'a> {
    /// The repository, `owner/name`.
    pub repo: &'a str,
    /// The name of the check.
    pub check: &'a str,
    /// What is compared with what; empty where nobody said so.
    pub comparison: &'a str,
    /// When the change was merged.
    pub merged_at: &'a str,
    /// Since when the evidence says something about it.
    pub since: &'a str,
    /// The evidence.
    pub text: &'a str,
    /// The form of the answer, as a JSON schema.
    pub form: &'a str,
}

impl Prompts {
    /// Renders the question for a summary, with the record of what it was made of. The text is cleaned and redacted before it is cut and
    /// fenced.
    ///
    /// # Errors
    ///
    /// When a template of the operator's fails on this source.
    pub fn digest(
        &self,
        request: &DigestRequest<'_>,
        redactor: &Redactor,
    ) -> Result<(String, Manifest), PromptError> {
        self.about(DIGEST, request.text, redactor, |text| {
            context! {
                repo => request.repo,
                name => line(request.name, redactor),
                kind => line(request.kind, redactor),
                text,
                form => sections::fence(request.form, "json"),
            }
        })
    }

    /// Renders the question for a judgement, as [`Prompts::digest`] does.
    ///
    /// # Errors
    ///
    /// As [`Prompts::digest`].
    pub fn outcome(
        &self,
        request: &OutcomeRequest<'_>,
        redactor: &Redactor,
    ) -> Result<(String, Manifest), PromptError> {
        self.about(OUTCOME, request.text, redactor, |text| {
            context! {
                repo => request.repo,
                check => line(request.check, redactor),
                comparison => line(request.comparison, redactor),
                merged_at => request.merged_at,
                since => request.since,
                text,
                form => sections::fence(request.form, "json"),
            }
        })
    }

    fn about(
        &self,
        template: &str,
        text: &str,
        redactor: &Redactor,
        values: impl Fn(String) -> Value,
    ) -> Result<(String, Manifest), PromptError> {
        let mut layers = [Layer {
            name: "evidence",
            title: "",
            text: redactor.redact(clean::untrusted(text).text.trim()),
            bytes: text.trim().len(),
            most: EVIDENCE_BYTES,
            keep: Keep::BothEnds,
        }];
        let parts = budget::fit(&mut layers, EVIDENCE_BYTES);
        let [layer] = layers;
        let prompt = self.render(template, values(sections::fence(&layer.text, "text")))?;
        let manifest = Manifest {
            template: template.to_owned(),
            overridden: self.overridden().to_vec(),
            bytes: prompt.len(),
            parts,
        };
        Ok((prompt, manifest))
    }
}

/// A text on one line that ends no code span.
fn line(text: &str, redactor: &Redactor) -> String {
    let text = clean::untrusted(&redactor.redact(text)).text.replace('`', "'");
    clean::one_line(&text, 300)
}

/// Fills the templates in with nothing and with everything.
pub(super) fn try_out(prompts: &Prompts) -> Result<(), PromptError> {
    for text in ["", "text"] {
        let digest = context! {
            repo => "acme/web", name => "name", kind => text, text => text, form => "{}",
        };
        prompts.render(DIGEST, digest)?;
        let outcome = context! {
            repo => "acme/web", check => "name", comparison => text, merged_at => "then",
            since => "then", text => text, form => "{}",
        };
        prompts.render(OUTCOME, outcome)?;
    }
    Ok(())
}
