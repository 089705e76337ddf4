//! The wrappers that cron calls: executable, and working with an empty environment.
#![expect(clippy::disallowed_methods, reason = "tests play cron")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{assert_none, project, text_files};

/// Each wrapper and the job that it runs.
const WRAPPERS: [(&str, &str); 8] = [
    ("run_tick.sh", "tick"),
    ("run_dispatcher.sh", "dispatch"),
    ("run_queue.sh", "queue"),
    ("run_pr_monitor.sh", "pr-monitor"),
    ("run_strategic_planner.sh", "plan"),
    ("run_backlog_groomer.sh", "groom"),
    ("run_log_analyzer.sh", "analyze"),
    ("run_agent_scorer.sh", "score"),
];

/// Builds an installation. A program of its own does it: a file that this process has open for writing, and that another test's child
/// inherits for a moment, cannot be executed.
const BUILD: &str = r#"
set -e
mkdir "$2/bin"
cp -p "$1"/bin/*.sh "$2/bin"
: > "$2/config.yaml"
printf '%s\n' '#!/bin/sh' 'printf "%s\n" "$*" "${AGENTOS_CONFIG:-}" "$PATH"' > "$2/bin/agentos"
chmod +x "$2/bin/agentos"
"#;

/// A folder with the wrappers and a configuration, as an operator has it, and a program that shows how it was called.
struct Installation {
    root: tempfile::TempDir,
}

impl Installation {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", BUILD, "sh"]).arg(project()).arg(root.path());
        assert!(command.status().unwrap().success());
        Self { root }
    }

    fn path(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap()
    }

    /// Runs a wrapper with nothing in the environment but `variables`, from another folder, as cron does.
    fn run(&self, script: &str, arguments: &[&str], variables: &[(&str, &Path)]) -> Output {
        let mut command = Command::new(self.path().join("bin").join(script));
        command.args(arguments).env_clear().envs(variables.iter().copied()).current_dir("/");
        command.output().unwrap()
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

#[test]
fn every_script_can_be_executed() {
    let complaints: Vec<String> = text_files()
        .iter()
        .filter(|file| file.path.starts_with("bin/") || file.path.starts_with(".ci/"))
        .filter(|file| {
            let mode = fs::metadata(project().join(&file.path)).unwrap().permissions().mode();
            mode & 0o111 == 0 || !file.text.starts_with("#!/bin/sh\n")
        })
        .map(|file| format!("{}: not executable, or does not begin with #!/bin/sh", file.path))
        .collect();
    assert_none(&complaints);
}

#[test]
fn a_wrapper_runs_its_job_with_an_empty_environment() {
    let installation = Installation::new();
    let config = installation.path().join("config.yaml").display().to_string();
    for (script, job) in WRAPPERS {
        let output = installation.run(script, &["--repo", "two words"], &[]);
        let (said, banner) = (lines(&output.stdout), lines(&output.stderr));
        assert!(output.status.success(), "{script}: {banner:?}");
        assert_eq!(said[0], format!("{job} --repo two words"));
        assert_eq!(said[1], config);
        assert_eq!(banner.len(), 1, "{banner:?}");
        assert!(banner[0].starts_with('[') && banner[0].ends_with(&format!("] {job} start")));
    }
}

#[test]
fn another_configuration_that_is_named_wins() {
    let installation = Installation::new();
    let output = installation.run("run_queue.sh", &["--root", "/elsewhere"], &[]);
    assert_eq!(lines(&output.stdout)[1], "");
    let output =
        installation.run("run_queue.sh", &[], &[("AGENTOS_ROOT", Path::new("/elsewhere"))]);
    assert_eq!(lines(&output.stdout)[1], "");
}

#[test]
fn programs_in_the_home_folder_are_found_and_the_newest_node_first() {
    let installation = Installation::new();
    let home = tempfile::tempdir().unwrap();
    let folders =
        [".local/bin", ".nvm/versions/node/v20.2.0/bin", ".nvm/versions/node/v9.11.0/bin"];
    let folders = folders.map(|folder| home.path().join(folder));
    for folder in &folders {
        fs::create_dir_all(folder).unwrap();
    }
    let output = installation.run("run_queue.sh", &[], &[("HOME", home.path())]);
    let path = lines(&output.stdout)[2].clone();
    let found: Vec<usize> =
        folders.iter().map(|folder| path.find(folder.to_str().unwrap()).unwrap()).collect();
    assert!(found.is_sorted(), "{path}");
}

#[test]
fn a_missing_program_is_a_configuration_error_with_a_hint() {
    let installation = Installation::new();
    fs::remove_file(installation.path().join("bin/agentos")).unwrap();
    let missing = installation.path().join("nowhere");
    let output = installation.run("run_queue.sh", &[], &[("AGENTOS_BIN", &missing)]);
    assert_eq!(output.status.code(), Some(2));
    let said = lines(&output.stderr).join("\n");
    assert!(said.contains("AGENTOS_BIN") && said.contains("hint: "), "{said}");
}

#[test]
fn the_old_autopull_line_of_a_crontab_does_no_harm() {
    let output = Installation::new().run("run_autopull.sh", &[], &[]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(lines(&output.stderr).join("\n").contains("hint: "));
}
