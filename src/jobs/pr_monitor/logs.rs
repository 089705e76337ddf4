//! What red checks say: their logs where the host has them, without secrets and cut to what matters.

use super::{Hand, Trouble};
use crate::domain::excerpt;
use crate::domain::pull::Check;
use crate::effects::texts::RedCheck;
use crate::host::HostError;

use super::super::queue;

/// So many logs are read; what fails beside them has its name and its own words.
const MOST_LOGS: usize = 5;
/// Bytes of an excerpt.
const EXCERPT_BYTES: usize = 6000;

/// Reads the logs of red checks. A log that cannot be read does not keep the repair from being made.
pub(super) async fn read(hand: &Hand<'_>, checks: &[Check]) -> Result<Vec<RedCheck>, Trouble> {
    let redact = |text: &str| hand.app.redactor.redact(text);
    let mut red = Vec::with_capacity(checks.len());
    let mut said = false;
    for (at, check) in checks.iter().enumerate() {
        // Before anything is cut: half a secret has no form by which it could be found.
        let own = check.log_excerpt.as_deref().map(redact);
        let own = own.map(|text| queue::tail_of(&text, EXCERPT_BYTES).to_owned());
        let mut shown = RedCheck {
            name: redact(&check.name),
            summary: redact(&check.summary),
            job: check.job,
            excerpt: own,
            missing_log: None,
        };
        if at < MOST_LOGS {
            match hand.repository.host.log_of(check).await {
                Ok(Some(log)) => {
                    let excerpt = excerpt::of_log(&redact(&log), EXCERPT_BYTES);
                    shown.excerpt = Some(excerpt).filter(|text| !text.is_empty()).or(shown.excerpt);
                }
                Ok(None) => {}
                Err(error @ HostError::RateLimited { .. }) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(task = %hand.task.id, check = %shown.name, %error, "no log");
                    shown.missing_log = (!said).then(|| reason(&error)).map(|text| redact(&text));
                    said = true;
                }
            }
        }
        red.push(shown);
    }
    Ok(red)
}

fn reason(error: &HostError) -> String {
    match error.mend() {
        Some(mend) => format!("{error}; {mend}"),
        None => error.to_string(),
    }
}
