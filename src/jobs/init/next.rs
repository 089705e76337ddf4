//! The commands that come next, as they are typed in a shell. Pure.

use super::facts::Facts;
use super::step::Step;
use crate::config::{HostKind, Repo};

/// The commands that come next, each with what it is for.
pub(super) fn next(
    facts: &Facts,
    repo: &Repo,
    several: bool,
    bare: Option<&Step>,
) -> Vec<(String, String)> {
    let root = if facts.root_is_chosen {
        format!(" --root {}", quoted(&facts.root.display().to_string()))
    } else {
        given_flags(facts)
    };
    let of = if several { format!(" --repo {}", repo.key) } else { String::new() };
    let agentos = |words: &str| format!("agentos{root} {words}");
    let mut lines =
        vec![(agentos("doctor"), "what is still missing, and what mends it".to_owned())];
    if repo.host == HostKind::Local {
        lines.push((
            agentos(&format!("issue create{of} \"Title\" --body \"What is wanted\" --ready")),
            "work to do".to_owned(),
        ));
    } else {
        lines.push((
            format!("gh issue edit 1 --repo {} --add-label ready", repo.slug),
            "or label an issue `ready` in the browser".to_owned(),
        ));
    }
    lines.push((agentos("tick"), "every job once".to_owned()));
    lines.push((
        agentos("status"),
        "what is where; `why 1` says what an issue waits for".to_owned(),
    ));
    lines.push((
        agentos(&format!("arm --repo {}", repo.key)),
        "merge by itself from the first pull request on, not only after you merged one".to_owned(),
    ));
    if let Some(Step::Bare { from, path, branch }) = bare {
        let (from, path) =
            (quoted(&from.display().to_string()), quoted(&path.display().to_string()));
        lines.push((
            format!("git -C {from} remote add agentos {path}"),
            format!("then `git pull agentos {branch}` brings finished work into your clone"),
        ));
    }
    lines.push((agentos("cron install"), "let it work by itself from now on".to_owned()));
    lines
}

/// The options that led here, for the next command.
fn given_flags(facts: &Facts) -> String {
    let cwd_is_it = facts.load.config.is_none() && facts.load.root.is_none();
    let config = facts
        .load
        .config
        .as_ref()
        .map(|_| format!(" --config {}", quoted(&facts.config_file.display().to_string())));
    let root = facts
        .load
        .root
        .as_ref()
        .map(|_| format!(" --root {}", quoted(&facts.root.display().to_string())));
    if cwd_is_it { String::new() } else { [config, root].into_iter().flatten().collect() }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if text.chars().any(char::is_control) {
        // The only form of the shell that keeps a line break on one line.
        let escaped: String = text
            .chars()
            .map(|c| match c {
                '\'' => "\\'".to_owned(),
                '\\' => "\\\\".to_owned(),
                c if c.is_control() => format!("\\x{:02x}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        return format!("$'{escaped}'");
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        for (text, expected) in [
            ("/srv/a-b_c.git", "/srv/a-b_c.git"),
            ("/srv/my shop", "'/srv/my shop'"),
            ("/srv/it's", r"'/srv/it'\''s'"),
            ("/srv/$(x)", "'/srv/$(x)'"),
            ("a\nb'", r"$'a\x0ab\''"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
