//! `PLANNING_RESEARCH.md`: the configured pages and files, each summed up. There is no search and no step beyond the list.

use jiff::SignedDuration;

use super::digest::{self, Subject};
use super::keep::Kept;
use super::source::{Sources, place_of, told};
use super::{NotMade, RETRY};
use crate::app::{App, Repository};
use crate::domain::evidence_entry::{self, Content, Read, ResearchText};

/// Reads every source and makes the text.
pub(super) async fn make(app: &App, repository: &Repository) -> Result<Kept, NotMade> {
    let settings = &repository.settings.planning_research;
    let sources = Sources::new(app, repository, &settings.allowed_domains, false);
    let mut read = Vec::new();
    let mut problems = Vec::new();
    let mut is_whole = true;
    for source in settings.sources.iter().take(settings.max_sources) {
        let place = place_of(&source.location);
        let name = app.redactor.redact(&source.name);
        let content = match sources.read(&place).await {
            Ok(document) => {
                let kind = source.kind.as_deref().unwrap_or_default();
                let most_chars = settings.max_source_chars;
                let subject = Subject { name: &name, kind, document: &document, most_chars };
                Content::Read(digest::by_model(app, repository, &subject).await?)
            }
            Err(unread) => {
                is_whole &= !unread.is_temporary;
                problems.push(format!("research source `{name}`: {}", unread.why));
                Content::Unreadable(unread.why)
            }
        };
        let kind = source.kind.as_ref().map(|kind| app.redactor.redact(kind));
        read.push(Read { name, kind, place: told(app, &place), content });
    }
    let generated_at = app.now();
    let max_age = SignedDuration::try_from(settings.max_age).unwrap_or(SignedDuration::MAX);
    let age = if is_whole { max_age } else { max_age.min(RETRY) };
    let refresh_after = generated_at.checked_add(age).unwrap_or(jiff::Timestamp::MAX);
    let text = evidence_entry::research(&ResearchText {
        repo: repository.slug().as_str(),
        generated_at,
        refresh_after,
        sources: &read,
        left_out: settings.sources.len().saturating_sub(settings.max_sources),
    });
    Ok(Kept {
        text,
        settings: String::new(),
        generated_at,
        refresh_after,
        signals: Vec::new(),
        problems,
    })
}
