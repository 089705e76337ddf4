//! Each repository: its remote, its clone and mirror, the programs of its commands, who merges.

use std::time::Duration;

use super::{Check, Kind, Place};
use crate::app::{App, Arming, Repository};
use crate::config::{CommandLine, HostKind, MergePolicy};
use crate::domain::ids::BranchName;
use crate::domain::permission::Act;
use crate::git::Heads;
use crate::sys::program;
use crate::text::clean;

/// A person waits; a remote that needs longer does not answer.
const DEADLINE: Duration = Duration::from_secs(20);

/// Words that the shell knows itself.
const BUILTINS: [&str; 24] = [
    "!", ".", ":", "[", "alias", "case", "cd", "command", "eval", "exec", "exit", "export",
    "false", "for", "if", "set", "test", "trap", "true", "ulimit", "umask", "until", "while", "{",
];

/// The checks of one repository, and the base branch where it could be told.
pub(super) fn checks(
    place: &Place,
    app: &App,
    repository: &Repository,
) -> (Vec<Check>, Option<String>) {
    let (remote, base) = remote(app, repository);
    let mut checks = vec![remote];
    checks.extend(clone(repository));
    checks.push(mirror(repository));
    checks.extend(ci(place, repository));
    checks.extend(tests(place, repository));
    checks.push(merging(app, repository));
    (checks.into_iter().map(|check| check.of(repository.slug())).collect(), base)
}

fn remote(app: &App, repository: &Repository) -> (Check, Option<String>) {
    let shown = app.redactor.redact(repository.remote());
    match repository.look_at_remote(DEADLINE) {
        Ok(heads) => judge_heads(
            &shown,
            &heads,
            repository.settings.base_branch.as_ref().map(BranchName::as_str),
        ),
        Err(error) => {
            let said = clean::one_line(&error.to_string(), 400);
            (Check::fail(Kind::Remote, said, mend_of_remote(repository)), None)
        }
    }
}

fn mend_of_remote(repository: &Repository) -> String {
    let settings = &repository.settings;
    match (settings.host, &settings.path) {
        (HostKind::Local, path) if repository.remote().starts_with('/') => {
            let from =
                path.as_ref().map_or("<your clone>".to_owned(), |path| path.display().to_string());
            format!("git clone --bare {from} {}, or correct `remote`", repository.remote())
        }
        (HostKind::Local, _) => "correct `remote`, or the access to it".to_owned(),
        (HostKind::Github, _) => {
            "look whether the machine is online and the token may read the repository".to_owned()
        }
    }
}

fn judge_heads(remote: &str, heads: &Heads, configured: Option<&str>) -> (Check, Option<String>) {
    if heads.branches.is_empty() {
        let check = Check::fail(
            Kind::Remote,
            format!("{remote} has no commits yet"),
            "push a first commit to it",
        );
        return (check, None);
    }
    let only = || match heads.branches.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let base = configured.map(str::to_owned).or_else(|| heads.default.clone()).or_else(only);
    match base {
        Some(base) if heads.branches.contains(&base) => {
            (Check::ok(Kind::Remote, format!("{remote} answers, base branch `{base}`")), Some(base))
        }
        Some(base) => {
            let detail = format!("{remote} has no branch `{base}`");
            (Check::fail(Kind::Remote, detail, "correct `base_branch`, or push the branch"), None)
        }
        None => {
            let detail = format!("{remote} names no default branch");
            (Check::fail(Kind::Remote, detail, "set `base_branch`"), None)
        }
    }
}

fn clone(repository: &Repository) -> Option<Check> {
    let path = repository.settings.path.as_ref()?;
    let is_repository = path.join(".git").exists() || path.join("HEAD").is_file();
    Some(if is_repository {
        Check::ok(Kind::Clone, format!("{}; only read", path.display()))
    } else {
        let detail = format!("{} is no git repository", path.display());
        Check::fail(Kind::Clone, detail, "correct `path`, or take it out")
    })
}

fn mirror(repository: &Repository) -> Check {
    match repository.lacks_of_mirror() {
        None => Check::ok(Kind::Mirror, "made when it is first needed"),
        Some(Ok(lacks)) if lacks.is_empty() => Check::ok(Kind::Mirror, "whole"),
        Some(Ok(lacks)) => Check::warn(
            Kind::Mirror,
            format!("it lacks {}", lacks.join(", ")),
            "nothing, if the next run mends it; else restore what is named",
        ),
        Some(Err(error)) => Check::fail(
            Kind::Mirror,
            clean::one_line(&error.to_string(), 400),
            "move its folder in runtime/repos/ away when no task is in processing/; it is made anew",
        ),
    }
}

fn ci(place: &Place, repository: &Repository) -> Option<Check> {
    match (&repository.settings.ci_command, repository.settings.host) {
        (Some(command), HostKind::Local) => Some(command_check(Kind::Ci, command, place)),
        (None, HostKind::Local) => Some(Check::warn(
            Kind::Ci,
            "no `ci_command`, so nothing will be merged automatically",
            "set `ci_command` to what tests the repository",
        )),
        // Checks are GitHub's there.
        (_, HostKind::Github) => None,
    }
}

fn tests(place: &Place, repository: &Repository) -> Option<Check> {
    let command = repository.settings.test_command.as_ref()?;
    Some(command_check(Kind::Tests, command, place))
}

fn command_check(kind: Kind, command: &CommandLine, place: &Place) -> Check {
    let shown = clean::one_line(&command.to_string(), 80);
    match program_of(command) {
        None => Check::ok(kind, format!("`{shown}`")),
        Some(name) => match program::find(&name, place.variable("PATH")) {
            Some(found) => Check::ok(kind, format!("`{shown}`, {}", found.display())),
            None => Check::fail(
                kind,
                format!("`{shown}`: `{name}` is not on `PATH`"),
                format!("install `{name}`, or add its folder to the `PATH` that the jobs get"),
            ),
        },
    }
}

/// The program that a command begins with, when it has to be on the `PATH`: not what the shell knows itself, nor what comes with the
/// repository.
pub(super) fn program_of(command: &CommandLine) -> Option<String> {
    let first = match command {
        CommandLine::Argv(words) => words.first()?.clone(),
        CommandLine::Shell(text) => {
            let is_assignment = |word: &&str| {
                word.split_once('=').is_some_and(|(name, _)| {
                    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                })
            };
            text.split_whitespace()
                .find(|word| !is_assignment(word))?
                .trim_end_matches(';')
                .to_owned()
        }
    };
    let is_plain = first.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
    (is_plain && !first.is_empty() && !BUILTINS.contains(&first.as_str())).then_some(first)
}

fn merging(app: &App, repository: &Repository) -> Check {
    let settings = &repository.settings;
    let arm = format!("agentos arm --repo {}", repository.key);
    if !app.may(Act::Merge, repository).is_granted() {
        return Check::ok(Kind::Merging, "people merge (`automation_mode: dispatcher_only`)");
    }
    match (app.state.arming(&repository.key), settings.merge_policy) {
        (Arming::Disarmed, _) => Check::warn(
            Kind::Merging,
            "forbidden by a person (`disarm`)",
            format!("`{arm}` allows it again"),
        ),
        (_, MergePolicy::Manual) => {
            Check::ok(Kind::Merging, "people merge (`merge_policy: manual`)")
        }
        (_, MergePolicy::Auto) => Check::ok(Kind::Merging, "automatic (`merge_policy: auto`)"),
        (Arming::Armed, MergePolicy::SupervisedFirst) => {
            Check::ok(Kind::Merging, "automatic, a person has allowed it")
        }
        (Arming::Unset, MergePolicy::SupervisedFirst) => Check::ok(
            Kind::Merging,
            format!("automatic once a person has merged one of ours, or `{arm}`"),
        ),
    }
}

#[cfg(test)]
mod tests_of_commands {
    use super::super::Status;
    use super::*;

    #[test]
    fn the_program_of_a_command_is_its_first_word_that_is_one() {
        let shell = |text: &str| program_of(&CommandLine::Shell(text.to_owned()));
        for (text, expected) in [
            ("cargo test --locked", Some("cargo")),
            ("CI=1 npm test", Some("npm")),
            ("cd web && npm test", None),
            ("./gradlew check", None),
            ("test -e x", None),
            ("$MAKE all", None),
            ("(make)", None),
            ("make; true", Some("make")),
        ] {
            assert_eq!(shell(text).as_deref(), expected, "{text}");
        }
        let argv =
            |words: &[&str]| CommandLine::Argv(words.iter().map(ToString::to_string).collect());
        assert_eq!(program_of(&argv(&["python3", "x=1"])).as_deref(), Some("python3"));
        assert_eq!(program_of(&argv(&["bin/test"])), None);
    }

    #[test]
    fn the_base_branch_has_to_exist() {
        let heads = |default: Option<&str>, branches: &[&str]| Heads {
            default: default.map(str::to_owned),
            branches: branches.iter().map(ToString::to_string).collect(),
        };
        for (heads, configured, status) in [
            (heads(Some("main"), &["main", "x"]), None, Status::Ok),
            (heads(None, &["trunk"]), None, Status::Ok),
            (heads(None, &["a", "b"]), None, Status::Fail),
            (heads(None, &["a", "b"]), Some("b"), Status::Ok),
            (heads(Some("main"), &["main"]), Some("dev"), Status::Fail),
            (heads(None, &[]), None, Status::Fail),
        ] {
            assert_eq!(
                judge_heads("r", &heads, configured).0.status,
                status,
                "{heads:?} {configured:?}"
            );
        }
    }
}
