//! `agentos report`: the reliability report as a table, as JSON, as one page.

mod chart;
mod figures;
mod page;
mod sections;
mod table;
mod text;
mod words;

use std::path::Path;

use super::args::{Global, ReportOptions};
use super::fault::Fault;
use super::output::Output;
use super::wire::Wiring;
use crate::jobs::reliability::{self, Options, ReportError};
use crate::jobs::report::Severity;
use crate::sys::files;

/// So much of a file that is there already is looked at.
const HEAD_BYTES: usize = 512;

pub(super) async fn run(
    wiring: &Wiring,
    global: &Global,
    options: &ReportOptions,
    output: &Output,
) -> Result<u8, Fault> {
    let target = options.html.as_deref();
    target.map_or(Ok(()), may_be_replaced)?;
    let app = wiring.app(global)?;
    let wanted = Options { repo: options.repo.clone(), days: options.days };
    let made = reliability::gather(&app, &wanted).await?;
    if let Some(path) = target {
        files::replace(path, page::render(&made.report).as_bytes())?;
    }
    if output.is_json() {
        output.json(&made.report);
    } else if let Some(path) = target {
        output.line(&path.display().to_string());
    } else {
        for line in text::lines(&made.report) {
            output.line(&line);
        }
    }
    Ok(match made.trouble {
        None => 0,
        Some(Severity::Temporary) => 75,
        Some(_) => 1,
    })
}

/// An earlier page is replaced, and any other page; a file that is none was named by mistake.
fn may_be_replaced(path: &Path) -> Result<(), Fault> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let head = files::read_head(path, HEAD_BYTES)?;
    let head = String::from_utf8_lossy(&head).trim_start().to_ascii_lowercase();
    if head.is_empty() || head.starts_with("<!doctype html") || head.starts_with("<html") {
        return Ok(());
    }
    let shown = path.display();
    Err(Fault::usage(format!("{shown} is there already and is no HTML page: it is left alone"))
        .hint("name another file, or remove this one"))
}

impl From<ReportError> for Fault {
    fn from(error: ReportError) -> Self {
        let message = error.to_string();
        match error {
            ReportError::Unknown(_) => Self::usage(message)
                .hint("`agentos config check` lists the repositories; `owner/name` or its prefix"),
            ReportError::File(error) => error.into(),
            ReportError::Mailbox(error) => error.into(),
        }
    }
}
