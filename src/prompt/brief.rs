//! The prompt that asks a model for the brief of an issue.

use minijinja::{Value, context};

use super::budget::{self, Keep, Layer, Manifest};
use super::library::{PromptError, Prompts};
use crate::domain::issue::Issue;
use crate::text::redact::Redactor;
use crate::text::{clean, sections};

const TEMPLATE: &str = "brief.md";

/// Bytes of the issue that are shown.
const ISSUE_BYTES: usize = 32 * 1024;

/// Bytes of the README that are shown.
const README_BYTES: usize = 3000;

/// What a model is asked about.
pub struct BriefRequest<'a> {
    /// The repository, `owner/name`.
    pub repo: &'a str,
    /// The issue.
    pub issue: &'a Issue,
    /// `README.md` of the base branch; empty where there is none.
    pub readme: &'a str,
    /// The form of the answer, as a JSON schema.
    pub form: &'a str,
}

impl Prompts {
    /// Renders the question for a brief, with the record of what it was made of. Every text is cleaned and redacted before it is cut and
    /// fenced.
    ///
    /// # Errors
    ///
    /// When a template of the operator's fails on this issue.
    pub fn brief(
        &self,
        request: &BriefRequest<'_>,
        redactor: &Redactor,
    ) -> Result<(String, Manifest), PromptError> {
        let issue = format!("{}\n\n{}", request.issue.title, request.issue.body);
        let mut layers =
            [("issue", issue.as_str(), ISSUE_BYTES), ("readme", request.readme, README_BYTES)].map(
                |(name, text, most)| Layer {
                    name,
                    title: "",
                    text: redactor.redact(clean::untrusted(text).text.trim()),
                    bytes: text.trim().len(),
                    most,
                    keep: Keep::Beginning,
                },
            );
        let parts = budget::fit(&mut layers, ISSUE_BYTES + README_BYTES);
        let fenced = |name: &str, info: &str| -> String {
            let text =
                layers.iter().find(|layer| layer.name == name).map_or("", |layer| &layer.text);
            if text.is_empty() { String::new() } else { sections::fence(text, info) }
        };
        let values = context! {
            repo => request.repo,
            issue => fenced("issue", "text"),
            readme => fenced("readme", "markdown"),
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

/// Fills the template in with nothing and with everything.
pub(super) fn try_out(prompts: &Prompts) -> Result<(), PromptError> {
    for text in ["", "text"] {
        let values: Value =
            context! { repo => "acme/web", issue => "text", readme => text, form => "{}" };
        prompts.render(TEMPLATE, values)?;
    }
    Ok(())
}
