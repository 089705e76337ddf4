//! Labels: those of ours are made when they are missing, with our colours; what exists is never changed.

use serde::Serialize;
use serde_json::{Value, json};

use super::client::Reads;
use super::endpoints;
use super::host::GithubHost;
use super::wire::{Label, NamedLabel, names};
use crate::domain::ids::{IssueNumber, PrNumber};
use crate::host::{HostError, LabelChange, PullRequests};
use crate::text::clean;

/// GitHub takes no longer name of a label.
const MAX_NAME_CHARS: usize = 50;

/// A label as it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct NewLabel {
    name: String,
    color: &'static str,
    description: &'static str,
}

/// The labels that tell where a task stands. Who sees the first of them will see the others too, so they are made together: later, where
/// a pull request is merged, nothing has to be made any more.
const TOLD: [&str; 4] = ["in-progress", "blocked", "human-required", "done"];

/// How a label that is missing is made.
fn new_label(name: &str) -> NewLabel {
    let (color, description) = match name.to_lowercase().as_str() {
        "ready" => ("0e8a16", "An agent may begin with this"),
        "in-progress" => ("1d76db", "An agent works on this, or its pull request is open"),
        "blocked" => ("b60205", "Waits for something, or its checks are red"),
        "done" => ("5319e7", "Merged"),
        "human-required" => ("d93f0b", "A person has to decide or to help"),
        "bot-generated" => ("bfd4f2", "Written by a program"),
        "hold" => ("000000", "Nothing is merged while this is on"),
        "prio:high" => ("e11d21", "Before all others"),
        "prio:normal" => ("fbca04", "In its turn"),
        "prio:low" => ("c2e0c6", "When nothing else waits"),
        other if other.starts_with("agent:") => ("d4c5f9", "The agent that shall work on this"),
        other if other.starts_with("task:") => ("c5def5", "The kind of work"),
        _ => ("ededed", ""),
    };
    NewLabel { name: name.to_owned(), color, description }
}

/// The names to put on, each once and on one line. What is to be added wins over what is to be removed.
fn cleaned(names: &[String]) -> Vec<String> {
    let mut cleaned: Vec<String> = Vec::new();
    for name in names.iter().map(|name| clean::one_line(name, MAX_NAME_CHARS)) {
        if !name.is_empty() && !cleaned.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            cleaned.push(name);
        }
    }
    cleaned
}

impl GithubHost {
    pub(super) async fn put_labels(
        &self,
        number: IssueNumber,
        change: &LabelChange,
    ) -> Result<Option<Vec<String>>, HostError> {
        self.ensure_issue(number).await?;
        let add = self.ensure_labels(&change.add).await?;
        let mut left = None;
        if !add.is_empty() {
            let call = self.call(&endpoints::ADD_LABELS).with("issue_number", number.0);
            let answer = self.client().change::<Vec<Label>>(call, &json!({"labels": add})).await;
            left = self.labels_in(answer, number).await?;
        }
        let keeps = |name: &String| add.iter().any(|added| added.eq_ignore_ascii_case(name));
        for name in cleaned(&change.remove).iter().filter(|name| !keeps(name)) {
            let call = self.call(&endpoints::REMOVE_LABEL);
            let call = call.with("issue_number", number.0).with("name", name);
            let answer = self.client().change::<Vec<Label>>(call, &Value::Null).await;
            left = match answer {
                // The issue is there, so the label is not on it: as it was wanted.
                Err(HostError::NotFound { .. }) => None,
                answer => self.labels_in(answer, number).await?,
            };
        }
        Ok(left)
    }

    /// All labels of an issue as the answer to a change of them shows it; an answer that does not show them says nothing.
    async fn labels_in(
        &self,
        answer: Result<Vec<Label>, HostError>,
        number: IssueNumber,
    ) -> Result<Option<Vec<String>>, HostError> {
        match self.of_issue(answer, number).await {
            Ok(labels) => Ok(Some(names(labels))),
            Err(HostError::Malformed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the labels that do not exist yet, and returns all of them as they are to be put on.
    pub(super) async fn ensure_labels(&self, names: &[String]) -> Result<Vec<String>, HostError> {
        let names = cleaned(names);
        if names.is_empty() {
            return Ok(names);
        }
        self.look_at_labels().await?;
        let is_missing = |name: &str| self.has_label(name) != Some(true);
        let missing: Vec<String> = names.iter().filter(|name| is_missing(name)).cloned().collect();
        for name in &missing {
            self.make_label(name).await?;
        }
        if missing.iter().any(|name| TOLD.contains(&name.as_str())) {
            for name in TOLD.into_iter().filter(|name| is_missing(name)) {
                if let Err(error) = self.make_label(name).await {
                    tracing::debug!(repo = %self.slug(), name, %error, "a label that is not needed yet cannot be made");
                    break;
                }
            }
        }
        Ok(names)
    }

    async fn make_label(&self, name: &str) -> Result<(), HostError> {
        let call = self.call(&endpoints::CREATE_LABEL);
        match self.client().change_quietly(call, &new_label(name)).await {
            Ok(()) => {}
            // Somebody may have made it since we looked.
            Err(error @ HostError::Refused { .. }) => {
                self.read_labels(Reads::Fresh).await?;
                if self.has_label(name) != Some(true) {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        self.remember_labels([name.to_owned()]);
        Ok(())
    }

    /// Reads which labels exist, once.
    pub(super) async fn look_at_labels(&self) -> Result<(), HostError> {
        match self.has_label("") {
            Some(_) => Ok(()),
            None => self.read_labels(Reads::Remembered).await,
        }
    }

    async fn read_labels(&self, reads: Reads) -> Result<(), HostError> {
        let call = self.call(&endpoints::LABELS).query("per_page", 100);
        let labels = self.client().list::<NamedLabel>(call, reads).await?;
        self.remember_labels(labels.into_iter().map(|label| label.name));
        Ok(())
    }

    /// Makes sure that a number is an issue's: GitHub would label and close a pull request by the same address.
    pub(super) async fn ensure_issue(&self, number: IssueNumber) -> Result<(), HostError> {
        if !self.is_known_issue(number) {
            self.fresh().read_issue(number).await?;
        }
        Ok(())
    }

    /// Makes sure that a number is that of an issue or a pull request of this repository, whose threads are alike.
    pub(super) async fn ensure_thread(&self, number: IssueNumber) -> Result<(), HostError> {
        if self.is_known_issue(number) {
            return Ok(());
        }
        match self.fresh().read_issue(number).await {
            Err(HostError::NotFound { .. }) => {
                self.fresh().pull(PrNumber(number.0)).await.map(drop)
            }
            other => other.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kinds::TaskType;

    #[test]
    fn every_label_of_the_contract_has_a_colour_and_a_description_that_github_takes() {
        let mut names: Vec<String> = [
            "ready",
            "in-progress",
            "blocked",
            "done",
            "human-required",
            "bot-generated",
            "hold",
            "prio:high",
            "prio:normal",
            "prio:low",
            "agent:codex",
        ]
        .map(str::to_owned)
        .into();
        names.extend(TaskType::ALL.iter().map(|kind| format!("task:{}", kind.as_str())));
        for name in names {
            let label = new_label(&name);
            assert_eq!(label.name, name);
            assert_ne!(label.color, new_label("anything").color, "{name}");
            assert!(label.color.len() == 6 && u32::from_str_radix(label.color, 16).is_ok());
            assert!(!label.description.is_empty() && label.description.len() <= 100, "{name}");
        }
    }

    #[test]
    fn labels_are_put_on_once_and_on_one_line() {
        let names = ["ready", " Ready ", "a, b", "", "two\nlines", " \t"].map(str::to_owned);
        assert_eq!(cleaned(&names), ["ready", "a, b", "two lines"]);
        let long = cleaned(&["x".repeat(80)]);
        assert_eq!(long.iter().map(|name| name.chars().count()).collect::<Vec<_>>(), [50]);
    }
}
