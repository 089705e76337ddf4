//! A crontab as text: which of its lines start this installation's jobs, and with which variables. Pure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::domain::schedule::{calendar, words};

/// A line that starts one of our jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The words of the command, as the shell reads them.
    pub(super) words: Vec<String>,
    /// The longest time between two of its starts, where its times can be read.
    pub(super) pause: Option<SignedDuration>,
    /// The folder of our wrappers, where the command is one of them.
    pub(super) wrappers: Option<PathBuf>,
    /// The variables that were set above it, and those that `env` sets on the line.
    pub(super) variables: BTreeMap<String, String>,
}

/// What a line has to be about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Installation<'a> {
    /// The root.
    pub(super) root: &'a Path,
    /// The configuration.
    pub(super) config: &'a Path,
}

/// The lines of a crontab that start jobs of an installation. A line that names neither root nor configuration counts where its
/// wrappers lie beside the configuration.
pub(super) fn entries(text: &str, installation: Installation<'_>) -> Vec<Entry> {
    let mut variables = BTreeMap::new();
    let mut entries = Vec::new();
    for line in
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some((name, value)) = assignment(line) {
            variables.insert(name, value);
        } else if let Some((fields, command)) = parts_of(line) {
            let words = words::split(command);
            let Some(program) = ours_in(&words) else { continue };
            let wrappers = Path::new(program)
                .parent()
                .filter(|_| Path::new(program).extension().is_some_and(|ending| ending == "sh"))
                .map(Path::to_path_buf);
            let mut variables = variables.clone();
            variables.extend(set_on_line(&words));
            let pause = calendar::longest_pause(fields);
            let entry = Entry { words, pause, wrappers, variables };
            if is_about(&entry, installation) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// `NAME = value`, as cron takes it.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim().trim_matches(['"', '\'']);
    let is_name = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim();
    let quoted = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    is_name.then(|| {
        (name.to_owned(), quoted('"').or_else(|| quoted('\'')).unwrap_or(value).to_owned())
    })
}

/// The five fields of the time (or `@hourly` and the like), and what stands behind them.
fn parts_of(line: &str) -> Option<(&str, &str)> {
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let mut rest = line;
    for _ in 0..fields {
        let end = rest.find(char::is_whitespace)?;
        rest = rest.get(end..)?.trim_start();
    }
    let times = line.get(..line.len() - rest.len())?.trim_end();
    (!rest.is_empty()).then_some((times, rest))
}

/// What `env NAME=value …` or `NAME=value …` at the beginning of a command sets.
fn set_on_line(words: &[String]) -> Vec<(String, String)> {
    let is_env = |word: &&String| *word == "env" || word.ends_with("/env");
    let rest = words.iter().skip(words.first().iter().filter(|word| is_env(word)).count());
    rest.map_while(|word| assignment(word)).collect()
}

/// The word of a command that is our program or one of our wrappers.
fn ours_in(words: &[String]) -> Option<&str> {
    let is_assignment = |word: &&str| assignment(word).is_some();
    words.iter().map(String::as_str).filter(|word| !is_assignment(word)).find(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name == "agentos" || WRAPPERS.contains(&name)
    })
}

/// The wrappers that start jobs without which nothing moves.
const WRAPPERS: [&str; 4] =
    ["run_tick.sh", "run_dispatcher.sh", "run_queue.sh", "run_pr_monitor.sh"];

fn is_about(entry: &Entry, installation: Installation<'_>) -> bool {
    let names = |path: &Path| {
        let shown = path.display().to_string();
        let is_word = |word: &String| {
            let value = word.split_once('=').filter(|_| word.starts_with("--"));
            value.map_or(word.as_str(), |(_, value)| value).trim_end_matches('/') == shown
        };
        entry.words.iter().any(is_word)
            || entry.variables.iter().any(|(name, value)| {
                ["AGENTOS_ROOT", "ORCH_ROOT", "AGENTOS_CONFIG", "AGENT_OS_CONFIG"]
                    .contains(&name.as_str())
                    && value.trim_end_matches('/') == shown
            })
    };
    let beside = entry.wrappers.as_deref().and_then(Path::parent);
    let is_option = |word: &String| word.starts_with("--root") || word.starts_with("--config");
    let names_none = !entry.words.iter().any(is_option);
    names(installation.root)
        || names(installation.config)
        || (names_none
            && beside.is_some_and(|folder| folder.join("config.yaml") == installation.config))
}

/// The `PATH` with the folders of programs that are found here and not there; `None` where nothing is missing.
pub(super) fn longer_path(there: &str, missing: &[(String, PathBuf)]) -> Option<String> {
    let mut folders: Vec<String> = Vec::new();
    for (_, program) in missing {
        let folder = program.parent()?.display().to_string();
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    (!folders.is_empty()).then(|| format!("PATH={}:{there}", folders.join(":")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(text: &str) -> Vec<Entry> {
        let (root, config) = (Path::new("/srv/agents"), Path::new("/srv/agents/config.yaml"));
        entries(text, Installation { root, config })
    }

    fn commands(text: &str) -> Vec<String> {
        here(text).into_iter().map(|entry| entry.words.join(" ")).collect()
    }

    #[test]
    fn lines_of_this_installation_are_told_from_others() {
        for (line, is_ours) in [
            ("* * * * * /opt/agentos/bin/run_tick.sh --root /srv/agents", true),
            ("*/5 * * * * /usr/bin/agentos --root=/srv/agents/ tick >> /var/log/x 2>&1", true),
            ("@hourly agentos --config '/srv/agents/config.yaml' tick", true),
            ("* * * * * /srv/agents/bin/run_queue.sh 2>> log", true),
            ("* * * * * '/opt/my tools/agentos' --root \"/srv/agents\" tick", true),
            ("* * * * * env PATH=/opt/x:/bin AGENTOS_ROOT=/srv/agents agentos tick", true),
            ("* * * * * /srv/agents/bin/run_queue.sh --root /srv/other", false),
            ("* * * * * /opt/agentos/bin/run_tick.sh --root /srv/other", false),
            ("# * * * * * /srv/agents/bin/run_tick.sh", false),
            ("* * * * * backup --root /srv/agents", false),
            ("* * * * *", false),
            ("garbage", false),
        ] {
            assert_eq!(!commands(line).is_empty(), is_ours, "{line}");
        }
    }

    #[test]
    fn variables_count_from_where_they_stand() {
        let text = "AGENTOS_ROOT = /srv/agents\n* * * * * agentos tick\nPATH=\"/opt/x:/bin\"\n* * * * * agentos queue\n";
        let found = here(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].variables.get("PATH"), None);
        assert_eq!(found[1].variables["PATH"], "/opt/x:/bin");
        assert_eq!(found[0].wrappers, None);
        let wrapped = here("* * * * * /srv/agents/bin/run_tick.sh");
        assert_eq!(wrapped[0].wrappers.as_deref(), Some(Path::new("/srv/agents/bin")));
    }

    #[test]
    fn lines_that_we_install_are_known_again() {
        use crate::domain::schedule::{Launcher, Program, crontab, tick};
        let program = Program::Binary { file: "/opt/50%/agentos".into(), path: "/x y:/bin".into() };
        let launcher = Launcher { program, root: "/srv/our agents".into(), config: None };
        let block = crontab::block(&launcher, &tick(), "/srv/our agents/cron.log");
        let root = Path::new("/srv/our agents");
        let found = entries(&block, Installation { root, config: &root.join("config.yaml") });
        assert_eq!(found.len(), 1, "{block}");
        assert_eq!(found[0].variables["PATH"], "/x y:/bin");
        assert_eq!(found[0].pause, Some(SignedDuration::from_mins(1)));
    }

    #[test]
    fn the_line_to_add_has_each_folder_once() {
        let missing = [
            ("claude", "/h/.local/bin/claude"),
            ("codex", "/h/.local/bin/codex"),
            ("git", "/usr/local/bin/git"),
        ]
        .map(|(name, path)| (name.to_owned(), PathBuf::from(path)));
        assert_eq!(
            longer_path("/usr/bin:/bin", &missing).as_deref(),
            Some("PATH=/h/.local/bin:/usr/local/bin:/usr/bin:/bin")
        );
        assert_eq!(longer_path("/usr/bin:/bin", &[]), None);
    }
}
