//! Git over HTTP: `git http-backend` as a CGI program behind Basic authentication.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use super::git::quiet;
use super::headers::recognise;
use super::state::{Permission, Repo, State};
use super::wire::{Answer, Request, decode};

/// A call of the program, made ready while the state is locked.
pub(crate) struct Call {
    folder: PathBuf,
    path: String,
    protected: String,
    green: String,
    user: String,
    /// Whether branches may move.
    pub(crate) pushes: bool,
}

/// Splits the path of a request to git into the repository's name and the rest.
pub(crate) fn split(path: &str) -> Option<(String, String)> {
    let (name, rest) = path.trim_start_matches('/').split_once(".git/")?;
    (name.matches('/').count() == 1).then(|| (decode(name), rest.to_owned()))
}

/// Lets a request in, or answers why not.
pub(crate) fn admit(state: &State, request: &mut Request) -> Result<Call, Answer> {
    let (name, rest) = split(&request.path).ok_or_else(Answer::missing)?;
    let ask_who = || {
        let text = "Invalid username or token.\n";
        Answer::raw(401, "text/plain", text.into())
            .with("www-authenticate", "Basic realm=\"GitHub\"")
    };
    let plain = |status, text: &str| Answer::raw(status, "text/plain", text.into());
    request.token = recognise(state, request).map_err(|_| ask_who())?;
    let old = || state.repos.iter().find(|repo| repo.old_names.contains(&name));
    let repo = state.repo(&name).or_else(old);
    let pushes = rest == "git-receive-pack" || request.query.contains("git-receive-pack");
    let who = request.who().unwrap_or_default();
    let may = repo.map_or(Permission::None, |repo| state.permission(repo, who));
    if who.is_empty() && (pushes || may == Permission::None) {
        return Err(ask_who());
    }
    let repo = repo.filter(|_| may > Permission::None);
    let repo = repo.ok_or_else(|| plain(404, "Repository not found.\n"))?;
    if pushes {
        let scope = if repo.private { "repo" } else { "public_repo" };
        if may < Permission::Write || request.token.as_ref().is_some_and(|token| !token.may(scope))
        {
            let text = format!("Permission to {name}.git denied to {who}.\n");
            return Err(plain(403, &text));
        }
        if repo.archived {
            return Err(plain(403, "This repository was archived so it is read-only.\n"));
        }
    }
    Ok(Call {
        folder: state.folder.clone(),
        path: format!("/{}.git/{rest}", repo.id),
        protected: protected(repo),
        green: green(state, repo),
        user: who.to_owned(),
        pushes,
    })
}

fn protected(repo: &Repo) -> String {
    let names = repo.protection.keys().chain(repo.rules.keys());
    names.map(|name| format!("refs/heads/{name}")).collect::<Vec<_>>().join(" ")
}

/// Returns the commits whose required checks are green.
fn green(state: &State, repo: &Repo) -> String {
    let known = repo.checks.iter().map(|run| &run.sha).chain(repo.statuses.iter().map(|s| &s.sha));
    let full_name = repo.full_name();
    let of_all = |sha: &&String| {
        let mut branches = repo.protection.keys().chain(repo.rules.keys());
        branches.all(|branch| state.missing_checks(&full_name, branch, sha).is_empty())
    };
    known.filter(of_all).cloned().collect::<Vec<_>>().join(" ")
}

/// Runs the program; this blocks.
pub(crate) fn call(call: &Call, request: &Request) -> Answer {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut child = quiet("git", &call.folder)
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &call.folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", &call.path)
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", &call.user)
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("HUB_PROTECTED", &call.protected)
        .env("HUB_GREEN", &call.green)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // The program may have said enough before it read all.
            let _heard = stdin.write_all(&request.body);
        });
        child.wait_with_output().unwrap()
    });
    parse(&output.stdout)
}

/// Reads what a CGI program printed.
fn parse(printed: &[u8]) -> Answer {
    let end = printed.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else { return Answer::raw(500, "text/plain", printed.to_vec()) };
    let (mut status, mut kind) = (200, String::new());
    for line in String::from_utf8_lossy(&printed[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", value)) => status = value[..3].parse().unwrap(),
            Some(("Content-Type", value)) => value.clone_into(&mut kind),
            _ => {}
        }
    }
    Answer::raw(status, &kind, printed[end + 4..].to_vec()).with("cache-control", "no-cache")
}
