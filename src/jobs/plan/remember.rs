//! The sprint goes into `STRATEGY.md`: into the one section that is ours, by the same way as all memory. What people wrote stays.

use crate::domain::memory::{self, Change, Section};
use crate::domain::sprint::{HISTORY, HISTORY_TITLE, Sprint, with_sprint};
use crate::effects::texts;
use crate::git::GitError;
use crate::jobs::dispatch::Failure;
use crate::jobs::memory::{keep, pending};

use super::busy;
use super::carry::Desk;

/// The file is for people to read: a larger one is something else.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Keeps the sprint for the strategy, and what came of the one before it.
pub(super) fn remember(desk: &Desk<'_>, sprint: &Sprint) -> Result<(), Failure> {
    if sprint.promoted.is_empty() {
        return Ok(());
    }
    let (app, key) = (desk.app, &desk.repository.key);
    // Whoever brings memory to its branch forgets it afterwards: a newer text must not be forgotten with the older one.
    let Some(_lease) = app.mailbox.memory_lease(key)? else {
        return Err(busy("another run is at its memory"));
    };
    let base = desk.repository.base_branch()?;
    let waiting = pending(app, key)?.0.into_iter().find_map(|found| match found.change {
        Change::Section(section) if section.name == HISTORY && found.base == base => {
            Some(section.body)
        }
        _ => None,
    });
    let present = match waiting {
        Some(body) => body,
        None => on_base(desk)?,
    };
    let title = sprint.title(key);
    let plan = texts::sprint_plan(sprint);
    let came_of = sprint.before.as_ref().map(|one| (one.sprint.as_str(), one.text.as_str()));
    let body = with_sprint(&present, (sprint.id.as_str(), &title, &plan), came_of);
    let section = Section {
        name: HISTORY.to_owned(),
        title: HISTORY_TITLE.to_owned(),
        body: app.redactor.redact(&body),
    };
    Ok(keep(app, key, &base, Change::Section(section))?)
}

/// The section as it stands on the base branch.
fn on_base(desk: &Desk<'_>) -> Result<String, Failure> {
    let base = desk.repository.base_branch()?;
    let mirror = &desk.effects.mirror;
    let _lock = desk.effects.lock_mirror()?;
    let tip = mirror.remote_tip(&base)?.ok_or_else(|| GitError::NotFound {
        what: format!("the base branch `{base}` of {}", desk.repository.remote()),
    })?;
    if !mirror.has_commit(&tip) {
        mirror.fetch()?;
    }
    let bytes = mirror.read_file(&tip, memory::STRATEGY, MAX_BYTES)?.unwrap_or_default();
    let text = String::from_utf8(bytes).map_err(|_| GitError::Unsupported {
        what: format!("`{}` of {}", memory::STRATEGY, tip.short()),
        why: "it is not UTF-8 text: mend it on the base branch".to_owned(),
    })?;
    Ok(memory::present(&text, HISTORY).unwrap_or_default().to_owned())
}
