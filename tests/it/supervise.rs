//! Programs that do not want to end, under a real helper process.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "tests play the worker, the agent and the operator")]

mod deaths;
mod staged;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use agentos::sys::process::{Stat, become_subreaper};
use agentos::sys::sandbox::Confinement;
use agentos::sys::signals::Stop;
use agentos::sys::supervise::{Helper, RunEnd, RunOutcome, RunSpec, end_run, run};
use tempfile::TempDir;

/// Long enough for a loaded machine; nothing that works waits for it.
const LONG: Duration = Duration::from_secs(60);

struct Stage {
    dir: TempDir,
    spec: RunSpec,
}

impl Stage {
    /// A run of `sh -c <script>` in a folder of its own.
    fn new(script: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        let marker = dir.path().file_name().unwrap().to_str().unwrap().to_owned();
        let spec = RunSpec {
            argv: vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()],
            dir: work,
            env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
            stdin: None,
            stdout: dir.path().join("stdout.log"),
            stderr: dir.path().join("stderr.log"),
            max_log_bytes: 1 << 20,
            deadline: LONG,
            stall: None,
            watch_dir: None,
            grace: Duration::from_millis(200),
            marker,
            confinement: Confinement::default(),
        };
        Self { dir, spec }
    }

    fn run(&self) -> RunOutcome {
        run(&helper(), &self.spec, &Stop::never()).unwrap()
    }

    fn stdout(&self) -> String {
        fs::read_to_string(&self.spec.stdout).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.spec.dir.join(name)
    }

    /// The process ids that the script wrote into its files `pid.*`.
    fn pids(&self) -> Vec<u32> {
        fs::read_dir(&self.spec.dir)
            .unwrap()
            .map(Result::unwrap)
            .filter(|entry| entry.file_name().to_str().unwrap().starts_with("pid."))
            .map(|entry| fs::read_to_string(entry.path()).unwrap().trim().parse().unwrap())
            .collect()
    }

    #[track_caller]
    fn assert_nothing_is_left(&self, at_least: usize) {
        let pids = self.pids();
        assert!(pids.len() >= at_least, "only {} processes were ever there", pids.len());
        let left: Vec<u32> = pids.into_iter().filter(|pid| is_alive(*pid)).collect();
        assert!(left.is_empty(), "still alive: {left:?}");
    }

    /// Runs it in a worker process of its own, which can be killed.
    fn in_worker(&self) -> Child {
        let order = self.dir.path().join("spec.json");
        fs::write(&order, serde_json::to_string(&self.spec).unwrap()).unwrap();
        Command::new(std::env::current_exe().unwrap())
            .args(["supervise::plays_the_worker", "--exact", "--ignored", "--nocapture"])
            .env("AGENTOS_TEST_SPEC", order)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }
}

fn helper() -> Helper {
    Helper {
        program: PathBuf::from(env!("CARGO_BIN_EXE_agentos")),
        args: vec!["supervise".to_owned()],
    }
}

fn is_alive(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| !stat.is_dead())
}

#[track_caller]
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Writes the id of the shell that runs it; renamed into place, so that it is never read half written.
const NOTE: &str = "note() { echo $2 > note.$1; mv note.$1 pid.$1; }; ";

fn script(text: &str) -> String {
    format!("{NOTE}{text}")
}

#[test]
#[ignore = "a role that other tests start in a process of its own"]
fn plays_the_worker() {
    let Some(order) = std::env::var_os("AGENTOS_TEST_SPEC") else { return };
    become_subreaper().unwrap();
    let spec: RunSpec = serde_json::from_str(&fs::read_to_string(&order).unwrap()).unwrap();
    let result = match run(&helper(), &spec, &Stop::never()) {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => error.to_string(),
    };
    let answer = Path::new(&order).with_file_name("answer");
    fs::write(answer, result).unwrap();
}

#[test]
fn a_program_gets_its_folder_input_and_environment_and_nothing_else() {
    let mut stage = Stage::new("pwd; cat; env | sort; tty; echo talk >&2; exit 7");
    let input = stage.dir.path().join("prompt.md");
    fs::write(&input, "the prompt\n").unwrap();
    stage.spec.stdin = Some(input);
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Exited(7));
    assert_eq!((outcome.truncated, outcome.killed_survivors), (false, 0));
    let text = stage.stdout();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("_=") && !line.starts_with("SHLVL="))
        .collect();
    let marker = format!("AGENTOS_RUN={}", stage.spec.marker);
    let work = stage.spec.dir.to_str().unwrap();
    let pwd = format!("PWD={work}");
    assert_eq!(lines, [work, "the prompt", &marker, "PATH=/usr/bin:/bin", &pwd, "not a tty"]);
    assert_eq!(fs::read_to_string(&stage.spec.stderr).unwrap(), "talk\n");
    assert_eq!(outcome.stdout_bytes, text.len() as u64);
    assert_eq!(outcome.stderr_bytes, 5);
}

#[test]
fn there_is_no_terminal_to_open() {
    let stage = Stage::new("exec 3</dev/tty && echo opened; true");
    stage.run();
    assert_eq!(stage.stdout(), "");
}

#[test]
fn a_signal_is_told_from_an_exit_code() {
    assert_eq!(Stage::new("kill -9 $$").run().end, RunEnd::Signalled(9));
}

#[test]
fn what_cannot_be_started_says_why() {
    let not_started = |argv: &str, change: &dyn Fn(&mut RunSpec)| {
        let mut stage = Stage::new("");
        fs::write(stage.file("plain"), "x").unwrap();
        fs::write(stage.file("script"), "#!/no/such/shell\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(stage.file("script"), mode).unwrap();
        stage.spec.argv = vec![argv.to_owned()];
        change(&mut stage.spec);
        match stage.run().end {
            RunEnd::NotStarted { missing, reason } => (missing, reason),
            other => panic!("{other:?}"),
        }
    };
    let (missing, reason) = not_started("no-such-agent", &|_| {});
    assert!(missing && reason.contains("`no-such-agent`"), "{reason}");
    assert!(not_started("./no-such-agent", &|_| {}).0);
    let (missing, reason) = not_started("./plain", &|_| {});
    assert!(!missing && reason.contains("make it executable"), "{reason}");
    let (missing, reason) = not_started("./script", &|_| {});
    assert!(!missing && reason.contains("interpreter"), "{reason}");
    let (missing, reason) = not_started("sh", &|spec| spec.dir = PathBuf::from("/no/where"));
    assert!(!missing && reason.contains("/no/where"), "{reason}");
    let (missing, reason) =
        not_started("sh", &|spec| spec.stdin = Some(PathBuf::from("/no/where")));
    assert!(!missing && reason.contains("input"), "{reason}");
    assert!(not_started("sh", &|spec| spec.argv.clear()).0);
}

#[test]
fn a_daemon_that_outlives_a_leader_that_exited_0_is_ended() {
    let daemon =
        r#"sh -c 'trap "" TERM HUP INT; echo $$ > n; mv n pid.d; while :; do sleep 1; done'"#;
    let text =
        format!("(setsid {daemon} >/dev/null 2>&1 &) ; until test -e pid.d; do sleep 0.01; done");
    let stage = Stage::new(&text);
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    assert!(outcome.killed_survivors >= 1, "{outcome:?}");
    assert!(outcome.survivors.is_empty(), "{outcome:?}");
    stage.assert_nothing_is_left(1);
}

#[test]
fn a_child_that_holds_the_output_open_does_not_hold_up_the_answer() {
    let stage = Stage::new(&script("sleep 600 & note s $!; echo said"));
    let outcome = stage.run();
    assert_eq!((outcome.end, stage.stdout().as_str()), (RunEnd::Exited(0), "said\n"));
    stage.assert_nothing_is_left(1);
}

#[test]
fn a_program_that_ends_on_sigterm_has_the_time_to_tidy_up() {
    let text = "trap 'echo tidied; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let mut stage = Stage::new(text);
    stage.spec.deadline = Duration::from_millis(300);
    stage.spec.grace = LONG;
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Deadline);
    assert!(stage.stdout().ends_with("tidied\n"));
    assert!(outcome.duration < LONG);
}

#[test]
fn a_program_that_ignores_sigterm_is_killed_at_its_deadline() {
    let text = r#"trap "" TERM INT; note a $$; (trap "" TERM; setsid sh -c 'trap "" TERM; echo $$ > n; mv n pid.b; while :; do sleep 1; done' &)
        while :; do sleep 1; done"#;
    let mut stage = Stage::new(&script(text));
    stage.spec.deadline = Duration::from_millis(700);
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Deadline);
    stage.assert_nothing_is_left(2);
}

#[test]
fn a_fork_storm_is_ended() {
    let text = r#"storm() { while :; do sleep 0.01 & setsid sleep 30 & wait $!; done; }
        trap "" TERM
        for n in $(seq 50); do (trap "" TERM; sh -c 'echo $PPID' > n.$n; mv n.$n pid.$n; storm) & done
        until test -e pid.50; do sleep 0.01; done; exit 0"#;
    let stage = Stage::new(text);
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    assert!(outcome.killed_survivors >= 50, "{outcome:?}");
    assert!(outcome.survivors.is_empty(), "{outcome:?}");
    stage.assert_nothing_is_left(50);
}

#[test]
fn a_process_that_moves_on_to_a_child_all_the_time_is_caught() {
    let stage = Stage::new("sh ./hop; sleep 0.3");
    fs::write(stage.file("hop"), "setsid sh ./hop & exit 0\n").unwrap();
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Exited(0));
    assert!(outcome.survivors.is_empty(), "{outcome:?}");
    assert_eq!(end_run(&stage.spec.marker, Duration::ZERO), 0);
}

#[test]
fn endless_output_is_bounded_on_the_disk() {
    let mut stage = Stage::new("echo first; exec yes 'all work and no play'");
    stage.spec.deadline = Duration::from_millis(500);
    stage.spec.max_log_bytes = 100_000;
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Deadline);
    assert!(outcome.truncated);
    let text = stage.stdout();
    assert!(outcome.stdout_bytes > 1_000_000, "{outcome:?}");
    assert!(text.len() < 100_100, "{}", text.len());
    assert!(text.starts_with("first\n") && text.contains("bytes were cut out here"));
}

#[test]
fn silence_without_any_change_is_a_stall() {
    let mut stage = Stage::new("echo ready; sleep 600");
    stage.spec.stall = Some(Duration::from_millis(300));
    stage.spec.watch_dir = Some(stage.spec.dir.clone());
    let outcome = stage.run();
    assert_eq!(outcome.end, RunEnd::Stalled);
    assert!(outcome.duration >= Duration::from_millis(300));
}

#[test]
fn a_program_that_writes_files_or_talks_is_not_stalled() {
    let files = "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo $n > file; sleep 0.1; done";
    let talk = files.replace("> file", "");
    for text in [files, &talk] {
        let mut stage = Stage::new(text);
        stage.spec.stall = Some(Duration::from_secs(1));
        stage.spec.watch_dir = Some(stage.spec.dir.clone());
        assert_eq!(stage.run().end, RunEnd::Exited(0), "{text}");
    }
}

#[test]
fn a_wish_to_stop_ends_the_run() {
    let stage = Stage::new(&script("note a $$; sleep 600"));
    let stop = Stop::never();
    let outcome = thread::scope(|scope| {
        let running = scope.spawn(|| run(&helper(), &stage.spec, &stop).unwrap());
        eventually("the program started", || stage.file("pid.a").exists());
        stop.request();
        running.join().unwrap()
    });
    assert_eq!(outcome.end, RunEnd::Stopped);
    stage.assert_nothing_is_left(1);
}

#[test]
fn output_can_be_read_while_the_program_runs() {
    let stage = Stage::new("echo early; until test -e go; do sleep 0.01; done; echo late");
    thread::scope(|scope| {
        let running = scope.spawn(|| stage.run());
        eventually("the first line is there", || {
            fs::read_to_string(&stage.spec.stdout).is_ok_and(|text| text == "early\n")
        });
        fs::write(stage.file("go"), "").unwrap();
        running.join().unwrap()
    });
    assert_eq!(stage.stdout(), "early\nlate\n");
}
