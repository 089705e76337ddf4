//! Labels of the repository and of its issues.

use serde_json::Value;

use super::super::render;
use super::super::state::{Permission, State};
use super::super::wire::{Answer, Reply, page};
use super::Ask;
use super::issues::find;

/// Answers what belongs to labels.
pub(super) fn route(state: &mut State, ask: &Ask, rest: &[&str]) -> Option<Reply> {
    Some(match (ask.request.method.as_str(), rest) {
        ("GET", ["labels"]) => Ok(list(state, ask)),
        ("POST", ["labels"]) => create(state, ask),
        ("GET", ["labels", name]) => one(state, ask, name),
        ("GET", ["issues", number, "labels"]) => of_issue(state, ask, number),
        ("POST", ["issues", number, "labels"]) => add(state, ask, number),
        ("PUT", ["issues", number, "labels"]) => set(state, ask, number),
        ("DELETE", ["issues", number, "labels", name]) => remove(state, ask, number, name),
        _ => return None,
    })
}

fn list(state: &State, ask: &Ask) -> Answer {
    let repo = ask.repo(state);
    let all = repo.labels.iter().map(|label| render::label(state, repo, label)).collect();
    page(ask.request, &state.numbered(repo, "/labels"), all)
}

fn one(state: &State, ask: &Ask, name: &str) -> Reply {
    let repo = ask.repo(state);
    let found = repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
    let found = found.ok_or_else(Answer::missing)?;
    Ok(Answer::json(200, render::label(state, repo, found)))
}

fn create(state: &mut State, ask: &Ask) -> Reply {
    ask.needs(Permission::Write)?;
    let name = ask.text("name")?.unwrap_or_default();
    let color = ask.text("color")?.unwrap_or_else(|| "ededed".to_owned());
    if name.is_empty() {
        return Err(Answer::invalid("Label", "missing_field", "name", None));
    }
    if color.len() != 6 || !color.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Answer::invalid("Label", "invalid", "color", None));
    }
    if ask.repo(state).labels.iter().any(|label| label.name.eq_ignore_ascii_case(&name)) {
        return Err(Answer::invalid("Label", "already_exists", "name", None));
    }
    state.write();
    state.add_label(&ask.full_name, &name, &color);
    let description = ask.text("description")?;
    state.story.push(format!("{} label made: {name}", ask.full_name));
    if let Some(label) = state.repos[ask.at].labels.last_mut() {
        label.description = description;
    }
    let made = one(state, ask, &name)?;
    Ok(Answer { status: 201, ..made })
}

fn answered(state: &State, ask: &Ask, number: u64) -> Answer {
    let repo = ask.repo(state);
    let labels = render::labels(state, repo, &repo.issues[&number].labels);
    Answer::json(200, Value::Array(labels))
}

fn of_issue(state: &State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    let repo = ask.repo(state);
    let all = render::labels(state, repo, &repo.issues[&number].labels);
    let base = state.numbered(repo, &format!("/issues/{number}/labels"));
    Ok(page(ask.request, &base, all))
}

/// Returns the labels that a body names: an object with a list, or only the list.
fn named(ask: &Ask) -> Result<Vec<String>, Answer> {
    if let Some(names) = ask.texts("labels")? {
        return Ok(names);
    }
    let body = ask.request.json()?;
    let list = body.as_array().ok_or_else(|| Answer::error(422, "Invalid request."))?;
    Ok(list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

fn add(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    ask.needs(Permission::Triage)?;
    for name in named(ask)? {
        state.label(&ask.full_name, number, &ask.who, &name);
    }
    Ok(answered(state, ask, number))
}

fn set(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    ask.needs(Permission::Triage)?;
    replace(state, ask, number, &named(ask)?);
    Ok(answered(state, ask, number))
}

/// Puts exactly these labels on an issue.
pub(super) fn replace(state: &mut State, ask: &Ask, number: u64, names: &[String]) {
    for old in state.issue(&ask.full_name, number).labels.clone() {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(&old)) {
            state.unlabel(&ask.full_name, number, &ask.who, &old);
        }
    }
    for name in names {
        state.label(&ask.full_name, number, &ask.who, name);
    }
}

fn remove(state: &mut State, ask: &Ask, number: &str, name: &str) -> Reply {
    let number = find(state, ask, number)?;
    ask.needs(Permission::Triage)?;
    if !state.unlabel(&ask.full_name, number, &ask.who, name) {
        return Err(Answer::error(404, "Label does not exist"));
    }
    Ok(answered(state, ask, number))
}
