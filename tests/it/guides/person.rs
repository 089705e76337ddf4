//! Somebody who follows a document: a home of their own, the programs that they have, and a shell that they type into.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::Run;
use crate::support::hub::Hub;
use crate::support::hub::actions::Actions;

/// The home as the documents write it.
const HOME: &str = "/home/me";

/// A codex that does any work, tells its version, and has nothing to say to questions.
const CODEX: &str = r#"case "$*" in *--version*) echo 'codex-cli 0.169.0'; exit 0;; esac
prompt=$(cat)
case ${AGENTOS_STAGE:-} in planning) exit 1;; esac
echo "$AGENTOS_TASK_ID" >> "work-$AGENTOS_TASK_ID.txt"
printf 'STATUS: complete\nBLOCKER_CODE: none\nSUMMARY: Did it.\nDONE:\n- it\nTESTS_RUN:\n- sh test.sh: passed\n' > .agent_result.md
echo '{"type":"thread.started","thread_id":"t1"}'
echo '{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":0,"output_tokens":5}}'
"#;

/// A crontab that keeps its table in a file.
const CRONTAB: &str = r#"table="$HOME/.crontab"
case ${1:-} in
-l) [ -e "$table" ] || { echo 'no crontab for me' >&2; exit 1; }; cat "$table" ;;
-r) rm "$table" ;;
-) cat > "$table.new"; mv "$table.new" "$table" ;;
*) exit 2 ;;
esac"#;

/// A manager of services that says yes, and remembers which timers are on.
const SYSTEMCTL: &str = r#"on="$HOME/.timers-on"; mkdir -p "$on"
case ${1:-} in --user | --system) shift ;; esac
case ${1:-} in --*) shift ;; esac
case ${1:-} in
is-system-running) echo running ;;
is-enabled | is-active) shift; [ -e "$on/$1" ] ;;
enable) shift 2; for timer; do : > "$on/$timer"; done ;;
disable) shift 2; for timer; do rm -f "$on/$timer"; done ;;
esac"#;

/// `date` that lives in the time that the rules see.
const DATE: &str = r#"[ -z "${AGENTOS_NOW:-}" ] && exec /bin/date "$@"
exec /bin/date -d "$AGENTOS_NOW" "$@""#;

/// `cargo run --release -- …` of a build that is there.
const CARGO: &str = r#"[ "$1 $2 $3" = 'run --release --' ] && shift 3 && exec agentos "$@"
echo "cargo $*: not here" >&2; exit 1"#;

/// Somebody who follows a document.
pub(super) struct Person {
    dir: tempfile::TempDir,
    /// Their GitHub, where the document is about one.
    hub: Option<Hub>,
}

impl Person {
    /// A home with nothing in it, git, the program, and a machine that has cron.
    pub(super) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let dir = tempfile::Builder::new().prefix("agentos-guide-").tempdir_in(place).unwrap();
        let person = Self { dir, hub: None };
        for folder in ["home/.local/bin", "tmp"] {
            fs::create_dir_all(person.dir.path().join(folder)).unwrap();
        }
        for (name, text) in
            [("crontab", CRONTAB), ("systemctl", SYSTEMCTL), ("date", DATE), ("cargo", CARGO)]
        {
            person.program(name, text);
        }
        let binary = env!("CARGO_BIN_EXE_agentos");
        std::os::unix::fs::symlink(binary, person.path(".local/bin/agentos")).unwrap();
        person.write(".state/cwd", HOME);
        person.write(".state/env", "");
        person.write(
            ".gitconfig",
            "[user]\n\tname = me\n\temail = me@localhost\n[init]\n\tdefaultBranch = main\n",
        );
        person
    }

    /// A file or folder of the home.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join("home").join(relative)
    }

    /// Writes a file of the home, folders included.
    pub(super) fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The text of a file of the home.
    #[track_caller]
    pub(super) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative))
            .unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// Puts a script on the `PATH`, written by another process: a file that this one has open cannot be executed.
    pub(super) fn program(&self, name: &str, text: &str) {
        self.write(".state/program", &format!("#!/bin/sh\n{text}\n"));
        let copied = Command::new("/bin/sh")
            .args(["-c", "cat \"$1\" > \"$2\" && chmod 700 \"$2\"", "sh"])
            .args([self.path(".state/program"), self.path(".local/bin").join(name)])
            .status();
        assert!(copied.unwrap().success());
    }

    /// Sets a variable of the shell.
    pub(super) fn export(&self, name: &str, value: &str) {
        let mut file = fs::OpenOptions::new().append(true).open(self.path(".state/env")).unwrap();
        writeln!(file, "export {name}='{value}'").unwrap();
    }

    /// They have Codex and have logged in there.
    pub(super) fn has_codex(&self) {
        self.program("codex", CODEX);
        self.write(".codex/auth.json", "{\"tokens\":{\"access_token\":\"scripted\"}}");
    }

    /// They have a repository in this folder of the home, with a test that passes.
    pub(super) fn has_clone(&self, folder: &str) {
        self.write(&format!("{folder}/hello.txt"), "Hello\n");
        self.write(&format!("{folder}/test.sh"), "grep -q Hello hello.txt\n");
        self.types_well(&format!(
            "cd ~/{folder} && git init --quiet && git add --all && git commit --quiet -m Begin && cd"
        ));
    }

    /// They have `acme/shop` on GitHub with a required check, and `gh` that is logged in. The configuration of this root
    /// says where that GitHub is, which for people is the default.
    pub(super) fn has_github(&mut self, root: &str) {
        let hub = Hub::start(&self.dir.path().join("hub"));
        hub.with(|state| {
            state.actions = Some(Actions { script: "sh test.sh".to_owned() });
            state.clock = jiff::Timestamp::now();
        });
        self.program(
            "gh",
            &format!("[ \"$1 $2\" = 'auth token' ] && echo {} && exit\nexit 1", hub.token()),
        );
        let config = format!("{root}/config.yaml");
        let text = format!("github_api_url: {}\ngithub_write_interval_ms: 0\n", hub.url());
        self.write(&config, &text);
        fs::set_permissions(self.path(&config), fs::Permissions::from_mode(0o600)).unwrap();
        self.hub = Some(hub);
    }

    /// Their GitHub.
    pub(super) fn hub(&self) -> &Hub {
        self.hub.as_ref().unwrap()
    }

    /// Types what must work.
    #[track_caller]
    pub(super) fn types_well(&self, commands: &str) -> String {
        let run = self.types(commands);
        assert_eq!(run.code, Some(0), "{commands}\n{}", run.stdout);
        run.stdout
    }

    /// Types commands into the shell, which keeps its folder and its variables. The output is what is on the screen.
    pub(super) fn types(&self, commands: &str) -> Run {
        let home = self.path("");
        let home = home.to_str().unwrap().trim_end_matches('/').to_owned();
        self.write(".state/commands", commands);
        let state = format!("{home}/.state");
        let cwd = self.read(".state/cwd").trim().replacen(HOME, &home, 1);
        let script = format!(
            "exec 2>&1\ncd '{cwd}'\n. '{state}/env'\nset -e\n. '{state}/commands'\npwd > '{state}/cwd'\nexport -p > '{state}/env'\n"
        );
        self.write(".state/script", &script);
        let output = self.shell(&home, asks(commands)).output();
        let printed = String::from_utf8_lossy(&output).replace('\r', "");
        let code = printed.rsplit("exit code ").next().and_then(|code| code.trim().parse().ok());
        let printed = printed.rsplit_once("exit code ").map_or(printed.as_str(), |(text, _)| text);
        let printed = printed.replace(&home, HOME);
        Run { code, stdout: printed, stderr: String::new() }
    }

    /// The shell, at a terminal where somebody is asked: there they press Enter.
    fn shell(&self, home: &str, at_terminal: bool) -> Shell {
        let line = format!("/bin/sh '{home}/.state/script'; echo \"exit code $?\"");
        let mut command = if at_terminal {
            let mut command = Command::new("script");
            command.args(["--quiet", "--return", "--echo", "never", "--command", &line]);
            command.arg("/dev/null");
            command
        } else {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &line]);
            command
        };
        let path = format!("{}:/usr/bin:/bin", self.path(".local/bin").display());
        command.env_clear().env("PATH", path).env("HOME", home).env("USER", "me");
        command.env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
        command.env("TMPDIR", self.dir.path().join("tmp"));
        Shell { command, keys: if at_terminal { "\n\n\n\n\n\n" } else { "" } }
    }
}

/// A shell that is about to be started, and what is pressed in it.
struct Shell {
    command: Command,
    keys: &'static str,
}

impl Shell {
    fn output(mut self) -> Vec<u8> {
        let mut child = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(self.keys.as_bytes()).unwrap();
        if self.keys.is_empty() {
            drop(input);
            return child.wait_with_output().unwrap().stdout;
        }
        let output = child.wait_with_output().unwrap();
        drop(input);
        output.stdout
    }
}

/// Whether somebody is asked by these commands: `init` without an option that answers.
pub(super) fn asks(commands: &str) -> bool {
    let mut lines = commands.lines();
    lines.any(|line| {
        line.contains("agentos init") && !line.contains("--yes") && !line.contains("--dry-run")
    })
}

/// Whether this machine can give somebody a terminal.
pub(super) fn has_terminal() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("script").is_file())
}
