//! Issues, comments, timelines and the search for issues.

use serde_json::{Value, json};

use super::super::render;
use super::super::state::{EventKind, Gone, Issue, Permission, Repo, State};
use super::super::wire::{Answer, Reply, Request, counted, page};
use super::super::world::first;
use super::Ask;

/// The longest text that is taken.
const LONGEST_BODY: usize = 65_536;

/// Answers what belongs to issues.
pub(super) fn route(state: &mut State, ask: &Ask, rest: &[&str]) -> Option<Reply> {
    Some(match (ask.request.method.as_str(), rest) {
        ("GET", ["issues"]) => list(state, ask),
        ("POST", ["issues"]) => create(state, ask),
        ("GET", ["issues", "comments", id]) => one_comment(state, ask, id),
        ("PATCH", ["issues", "comments", id]) => edit_comment(state, ask, id),
        ("GET", ["issues", number]) => one(state, ask, number),
        ("PATCH", ["issues", number]) => update(state, ask, number),
        ("GET", ["issues", number, "timeline"]) => timeline(state, ask, number),
        ("GET", ["issues", number, "comments"]) => comments(state, ask, number),
        ("POST", ["issues", number, "comments"]) => comment(state, ask, number),
        _ => return None,
    })
}

/// Finds an issue that is still here; `Err` says where it went.
pub(super) fn find(state: &State, ask: &Ask, number: &str) -> Result<u64, Answer> {
    let number: u64 = number.parse().map_err(|_| Answer::missing())?;
    let repo = ask.repo(state);
    let issue = repo.issues.get(&number).ok_or_else(Answer::missing)?;
    match issue.gone {
        Gone::No => {}
        Gone::Deleted => return Err(Answer::error(410, "This issue was deleted")),
        Gone::Transferred(id, there) => {
            let to = state.repo_of(id).ok_or_else(Answer::missing)?;
            let url = state.numbered(to, &format!("/issues/{there}"));
            return Err(Answer::moved(301, &url));
        }
    }
    if !repo.has_issues && issue.pull.is_none() {
        return Err(Answer::error(410, "Issues are disabled for this repo"));
    }
    Ok(number)
}

/// Refuses texts that are too long.
pub(super) fn short(resource: &str, body: Option<&str>) -> Result<(), Answer> {
    if body.is_some_and(|body| body.chars().count() > LONGEST_BODY) {
        let text = format!("body is too long (maximum is {LONGEST_BODY} characters)");
        return Err(Answer::invalid(resource, "custom", "body", Some(&text)));
    }
    Ok(())
}

/// Hides what is not visible yet, and counts the read.
fn visible(state: &mut State, ask: &Ask, number: u64) -> bool {
    match state.issue_mut(&ask.full_name, number) {
        issue if issue.hidden_for > 0 => {
            issue.hidden_for -= 1;
            false
        }
        _ => true,
    }
}

fn list(state: &mut State, ask: &Ask) -> Reply {
    if !ask.repo(state).has_issues {
        return Err(Answer::error(410, "Issues are disabled for this repo"));
    }
    let numbers: Vec<u64> = ask.repo(state).issues.keys().copied().collect();
    let mut seen = Vec::new();
    for number in numbers {
        let issue = state.issue(&ask.full_name, number);
        if issue.gone == Gone::No && wanted(ask.request, issue) && visible(state, ask, number) {
            seen.push(number);
        }
    }
    let repo = ask.repo(state);
    sort(ask.request, repo, &mut seen);
    let all = seen.iter().map(|number| render::issue(state, repo, &repo.issues[number])).collect();
    Ok(page(ask.request, &state.numbered(repo, "/issues"), all))
}

/// Sorts numbers as a request wants it: newest first unless it says otherwise.
pub(super) fn sort(request: &Request, repo: &Repo, numbers: &mut [u64]) {
    numbers.sort_by_key(|number| {
        let issue = &repo.issues[number];
        match request.param("sort").as_deref() {
            Some("updated") => (issue.updated_at, *number),
            _ => (issue.created_at, *number),
        }
    });
    if request.param("direction").as_deref() != Some("asc") {
        numbers.reverse();
    }
}

fn wanted(request: &Request, issue: &Issue) -> bool {
    let state = match request.param("state").as_deref() {
        Some("all") => true,
        Some("closed") => !issue.open,
        _ => issue.open,
    };
    let labels = request.param("labels").unwrap_or_default();
    let mut labels = labels.split(',').filter(|label| !label.is_empty());
    let since = request.param("since").and_then(|since| since.parse().ok());
    let person = |name: &str, has: &dyn Fn(&str) -> bool| {
        request.param(name).is_none_or(|login| login == "*" || has(&login))
    };
    state
        && labels.all(|label| issue.labels.iter().any(|has| has.eq_ignore_ascii_case(label)))
        && since.is_none_or(|since| issue.updated_at >= since)
        && person("creator", &|login| issue.author == login)
        && person("assignee", &|login| issue.assignees.iter().any(|has| has == login))
}

fn one(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    if !visible(state, ask, number) {
        return Err(Answer::missing());
    }
    Ok(Answer::json(200, whole(state, ask, number)))
}

/// Renders an issue with who closed it.
fn whole(state: &State, ask: &Ask, number: u64) -> Value {
    let repo = ask.repo(state);
    let issue = &repo.issues[&number];
    let mut object = render::issue(state, repo, issue);
    let closed_by = issue.closed_by.as_ref().map(|login| render::user(state, login));
    object["closed_by"] = closed_by.unwrap_or_default();
    object
}

fn create(state: &mut State, ask: &Ask) -> Reply {
    if !ask.repo(state).has_issues {
        return Err(Answer::error(410, "Issues are disabled for this repo"));
    }
    let title = ask.text("title")?.unwrap_or_default();
    let body = ask.text("body")?;
    if title.trim().is_empty() {
        return Err(Answer::invalid("Issue", "missing_field", "title", None));
    }
    short("Issue", body.as_deref())?;
    let number = state.open_issue(&ask.full_name, &ask.who, &title, &body.unwrap_or_default());
    state.story.push(format!("{}#{number} issue opened: {title}", ask.full_name));
    // GitHub silently drops labels and assignees of those who may not set them.
    if ask.may >= Permission::Triage {
        for name in ask.texts("labels")?.unwrap_or_default() {
            state.label(&ask.full_name, number, &ask.who, &name);
        }
        let people = ask.texts("assignees")?.unwrap_or_default();
        state.issue_mut(&ask.full_name, number).assignees = people;
    }
    Ok(Answer::json(201, whole(state, ask, number)))
}

fn update(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    if state.issue(&ask.full_name, number).author != ask.who {
        ask.needs(Permission::Triage)?;
    }
    change(state, ask, number, "Issue")?;
    if ask.may >= Permission::Triage {
        if let Some(labels) = ask.texts("labels")? {
            super::labels::replace(state, ask, number, &labels);
        }
        if let Some(people) = ask.texts("assignees")? {
            state.issue_mut(&ask.full_name, number).assignees = people;
        }
    }
    Ok(Answer::json(200, whole(state, ask, number)))
}

/// Changes title, text and state, of an issue or a pull request.
pub(super) fn change(
    state: &mut State,
    ask: &Ask,
    number: u64,
    resource: &str,
) -> Result<(), Answer> {
    let body = ask.text("body")?;
    short(resource, body.as_deref())?;
    let word = ask.text("state")?;
    if word.as_deref().is_some_and(|word| word != "open" && word != "closed") {
        return Err(Answer::invalid(resource, "invalid", "state", None));
    }
    if let Some(title) = ask.text("title")? {
        let old =
            std::mem::replace(&mut state.issue_mut(&ask.full_name, number).title, title.clone());
        if old != title {
            state.happened(&ask.full_name, number, &ask.who, EventKind::Renamed(old, title));
        }
    }
    if let Some(body) = body {
        let at = state.write();
        let issue = state.issue_mut(&ask.full_name, number);
        issue.updated_at = at;
        issue.body = Some(body);
    }
    match word.as_deref() {
        Some("closed") => {
            let reason = ask.text("state_reason")?.unwrap_or_else(|| "completed".to_owned());
            state.close(&ask.full_name, number, &ask.who, &reason);
        }
        Some(_) => state.reopen(&ask.full_name, number, &ask.who),
        None => {}
    }
    Ok(())
}

fn timeline(state: &State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    let repo = ask.repo(state);
    let all = render::timeline(state, repo, &repo.issues[&number]);
    let base = state.numbered(repo, &format!("/issues/{number}/timeline"));
    Ok(page(ask.request, &base, all))
}

fn comments(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    let mut hidden = Vec::new();
    for comment in &mut state.issue_mut(&ask.full_name, number).comments {
        if comment.hidden_for > 0 {
            comment.hidden_for -= 1;
            hidden.push(comment.id);
        }
    }
    let since = ask.request.param("since").and_then(|since| since.parse().ok());
    let repo = ask.repo(state);
    let issue = &repo.issues[&number];
    let seen = issue.comments.iter().filter(|comment| {
        !hidden.contains(&comment.id) && since.is_none_or(|since| comment.updated_at >= since)
    });
    let all = seen.map(|comment| render::comment(state, repo, issue, comment)).collect();
    let base = state.numbered(repo, &format!("/issues/{number}/comments"));
    Ok(page(ask.request, &base, all))
}

fn comment(state: &mut State, ask: &Ask, number: &str) -> Reply {
    let number = find(state, ask, number)?;
    let body = ask.text("body")?.unwrap_or_default();
    if body.trim().is_empty() {
        return Err(Answer::invalid("IssueComment", "missing_field", "body", None));
    }
    short("IssueComment", Some(&body))?;
    if state.issue(&ask.full_name, number).locked && ask.may < Permission::Write {
        return Err(Answer::error(403, "Unable to create comment because issue is locked."));
    }
    let id = state.comment(&ask.full_name, number, &ask.who, &body);
    Ok(Answer::json(201, rendered(state, ask, id).unwrap_or_default()))
}

/// Returns the issue's number and the place of a comment.
fn place(state: &State, ask: &Ask, id: &str) -> Result<(u64, usize), Answer> {
    let id: u64 = id.parse().map_err(|_| Answer::missing())?;
    let issues = ask.repo(state).issues.values();
    let mut found = issues.filter_map(|issue| {
        Some((issue.number, issue.comments.iter().position(|comment| comment.id == id)?))
    });
    found.next().ok_or_else(Answer::missing)
}

fn rendered(state: &State, ask: &Ask, id: u64) -> Result<Value, Answer> {
    let (number, at) = place(state, ask, &id.to_string())?;
    let repo = ask.repo(state);
    let issue = &repo.issues[&number];
    Ok(render::comment(state, repo, issue, &issue.comments[at]))
}

fn one_comment(state: &State, ask: &Ask, id: &str) -> Reply {
    let (number, at) = place(state, ask, id)?;
    let id = state.issue(&ask.full_name, number).comments[at].id;
    Ok(Answer::json(200, rendered(state, ask, id)?))
}

fn edit_comment(state: &mut State, ask: &Ask, id: &str) -> Reply {
    let (number, at) = place(state, ask, id)?;
    let body = ask.text("body")?.unwrap_or_default();
    if body.trim().is_empty() {
        return Err(Answer::invalid("IssueComment", "missing_field", "body", None));
    }
    short("IssueComment", Some(&body))?;
    if state.issue(&ask.full_name, number).comments[at].author != ask.who {
        ask.needs(Permission::Write)?;
    }
    let now = state.write();
    let line = format!("{}#{number} comment edited: {}", ask.full_name, first(&body));
    let comment = &mut state.issue_mut(&ask.full_name, number).comments[at];
    (comment.body, comment.updated_at) = (body, now);
    let id = comment.id;
    state.story.push(line);
    Ok(Answer::json(200, rendered(state, ask, id)?))
}

/// Searches issues by the words of a query and the qualifiers `repo:`, `is:`, `state:`, `type:`, `label:` and `author:`.
pub(super) fn search(state: &mut State, request: &Request) -> Reply {
    state.look_at_branches();
    let Some(query) = request.param("q").filter(|query| !query.is_empty()) else {
        return Err(Answer::invalid("Search", "missing", "q", None));
    };
    let who = request.who().unwrap_or_default();
    let mut all = Vec::new();
    for repo in state.repos.iter().filter(|repo| state.permission(repo, who) > Permission::None) {
        let mine = repo.issues.values().filter(|issue| issue.gone == Gone::No);
        let found =
            mine.filter(|issue| query.split_whitespace().all(|word| matches(repo, issue, word)));
        all.extend(found.map(|issue| render::search_item(state, repo, issue)));
    }
    let mut answer = counted(request, &format!("{}/search/issues", state.url), "items", all);
    if let super::super::wire::Body::Json(body) = &mut answer.body {
        body["incomplete_results"] = json!(false);
        body["search_type"] = json!("lexical");
    }
    Ok(answer)
}

fn matches(repo: &Repo, issue: &Issue, word: &str) -> bool {
    let Some((key, value)) = word.split_once(':') else {
        let text = format!("{} {}", issue.title, issue.body.as_deref().unwrap_or_default());
        return text.to_lowercase().contains(&word.to_lowercase());
    };
    let value = value.trim_matches('"');
    match (key, value) {
        ("repo", name) => repo.full_name().eq_ignore_ascii_case(name),
        ("is" | "type", "issue") => issue.pull.is_none(),
        ("is" | "type", "pr" | "pull-request") => issue.pull.is_some(),
        ("is" | "state", "open") => issue.open,
        ("is" | "state", "closed") => !issue.open,
        ("is", "merged") => issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some()),
        ("label", name) => issue.labels.iter().any(|label| label.eq_ignore_ascii_case(name)),
        ("author", login) => issue.author == login,
        ("head", name) => issue.pull.as_ref().is_some_and(|pull| pull.head == name),
        _ => false,
    }
}
