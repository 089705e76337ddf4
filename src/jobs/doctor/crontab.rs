//! A crontab as text: which of its lines start this installation's jobs, and with which variables. Pure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A line that starts one of our jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The command, as it is written.
    pub(super) command: String,
    /// The folder of our wrappers, where the command is one of them.
    pub(super) wrappers: Option<PathBuf>,
    /// The variables that were set above it.
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
        } else if let Some(command) = command_of(line)
            && let Some(program) = ours_in(command)
        {
            let wrappers = Path::new(program)
                .parent()
                .filter(|_| Path::new(program).extension().is_some_and(|ending| ending == "sh"))
                .map(Path::to_path_buf);
            let entry =
                Entry { command: command.to_owned(), wrappers, variables: variables.clone() };
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

/// What stands behind the five fields of the time, or behind `@hourly` and the like.
fn command_of(line: &str) -> Option<&str> {
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let mut rest = line;
    for _ in 0..fields {
        let end = rest.find(char::is_whitespace)?;
        rest = rest.get(end..)?.trim_start();
    }
    (!rest.is_empty()).then_some(rest)
}

/// The word of a command that is our program or one of our wrappers.
fn ours_in(command: &str) -> Option<&str> {
    let name = |word: &&str| word.rsplit('/').next().unwrap_or_default().to_owned();
    command.split_whitespace().map(|word| word.trim_matches(['"', '\''])).find(|word| {
        let name = name(word);
        name == "agentos" || WRAPPERS.contains(&name.as_str())
    })
}

/// The wrappers that start jobs without which nothing moves.
const WRAPPERS: [&str; 4] =
    ["run_tick.sh", "run_dispatcher.sh", "run_queue.sh", "run_pr_monitor.sh"];

fn is_about(entry: &Entry, installation: Installation<'_>) -> bool {
    let names = |path: &Path| {
        let shown = path.display().to_string();
        let is_word = |word: &str| {
            let word = word
                .split_once('=')
                .filter(|_| word.starts_with("--"))
                .map_or(word, |(_, value)| value);
            word.trim_matches(['"', '\'']).trim_end_matches('/') == shown
        };
        entry.command.split_whitespace().any(is_word)
            || entry.variables.iter().any(|(name, value)| {
                ["AGENTOS_ROOT", "ORCH_ROOT", "AGENTOS_CONFIG", "AGENT_OS_CONFIG"]
                    .contains(&name.as_str())
                    && value.trim_end_matches('/') == shown
            })
    };
    let beside = entry.wrappers.as_deref().and_then(Path::parent);
    let names_none = !entry.command.contains("--root") && !entry.command.contains("--config");
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
        here(text).into_iter().map(|entry| entry.command).collect()
    }

    #[test]
    fn lines_of_this_installation_are_told_from_others() {
        for (line, is_ours) in [
            ("* * * * * /opt/agentos/bin/run_tick.sh --root /srv/agents", true),
            ("*/5 * * * * /usr/bin/agentos --root=/srv/agents/ tick >> /var/log/x 2>&1", true),
            ("@hourly agentos --config '/srv/agents/config.yaml' tick", true),
            ("* * * * * /srv/agents/bin/run_queue.sh 2>> log", true),
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
