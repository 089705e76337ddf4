//! The same supervision with a stage of ours before the program: in a namespace, under Landlock, and both.
#![expect(clippy::print_stdout, reason = "what is skipped is said")]

use std::time::Duration;

use agentos::sys::sandbox::{Confinement, Control, Mode, Tier, abi};

use super::*;
use crate::support::processes_with;

/// A stage for each way in which this machine can confine.
fn staged(text: &str) -> Vec<(&'static str, Stage)> {
    let mut modes = vec![("namespace", Mode::Off, true)];
    if abi() > 0 {
        modes.extend([("landlock", Mode::Landlock, false), ("both", Mode::Landlock, true)]);
    } else {
        println!("skipped under landlock: this kernel has none");
    }
    let with = |(name, mode, isolate)| {
        let mut stage = Stage::new(&script(text));
        let dir = stage.dir.path().to_path_buf();
        let deny = vec![dir.join("secret")];
        fs::write(dir.join("secret"), "planted").unwrap();
        let write = vec![stage.spec.dir.clone()];
        stage.spec.confinement =
            Confinement { mode, isolate, write, deny, ..Confinement::default() };
        (name, stage)
    };
    modes.into_iter().map(with).collect()
}

#[test]
fn an_exit_code_a_signal_and_what_was_written_come_through() {
    for (text, end) in [
        ("echo out; echo err >&2; exit 7", RunEnd::Exited(7)),
        ("echo out; echo err >&2; kill -SEGV $$", RunEnd::Signalled(11)),
        ("echo out; echo err >&2; kill -KILL $$; sleep 9", RunEnd::Signalled(9)),
    ] {
        for (name, stage) in staged(text) {
            let outcome = stage.run();
            // The first process of a namespace is spared by the kernel; the program is the second.
            assert_eq!(outcome.end, end, "{name}: {text}");
            assert_eq!(stage.stdout(), "out\n", "{name}");
            assert_eq!((outcome.stdout_bytes, outcome.stderr_bytes), (4, 4), "{name}");
            assert_eq!(outcome.killed_survivors, 0, "{name}: {text}");
        }
    }
}

#[test]
fn it_gets_its_input_and_its_environment_and_none_of_ours() {
    for (name, mut stage) in staged(
        "cat; env | sort; cat /proc/1/environ | tr '\\0' '\\n'; ls -l /proc/self/fd | grep -c socket",
    ) {
        let input = stage.dir.path().join("prompt.md");
        fs::write(&input, "the prompt\n").unwrap();
        stage.spec.stdin = Some(input);
        stage.spec.env.insert("KEY".to_owned(), "value".to_owned());
        stage.run();
        let text = stage.stdout();
        assert!(text.starts_with("the prompt\nAGENTOS_RUN="), "{name}: {text}");
        assert!(text.contains("\nKEY=value\n"), "{name}: {text}");
        assert!(text.trim_end().ends_with("\n0"), "{name}: no socket of ours is open: {text}");
    }
}

#[test]
fn a_program_that_is_missing_is_said_to_be_and_a_denied_one_gets_advice() {
    for (name, mut stage) in staged("") {
        stage.spec.argv = vec!["no-such-program".to_owned()];
        let RunEnd::NotStarted { missing, reason } = stage.run().end else { panic!("{name}") };
        assert!(missing && reason.contains("no-such-program"), "{name}: {reason}");
        assert_eq!(stage.run().survivors, Vec::<u32>::new(), "{name}");
    }
    for (name, mut stage) in staged("").into_iter().filter(|(name, _)| *name != "namespace") {
        let tool = stage.dir.path().join("secret");
        fs::copy("/bin/true", &tool).unwrap();
        stage.spec.argv = vec![tool.display().to_string()];
        let RunEnd::NotStarted { missing, reason } = stage.run().end else { panic!("{name}") };
        assert!(!missing && reason.contains("`sandbox_read`"), "{name}: {reason}");
    }
}

#[test]
fn at_its_deadline_it_is_asked_to_end_and_given_time_for_it() {
    let text = "trap 'echo tidied; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    for (name, mut stage) in staged(text) {
        stage.spec.deadline = Duration::from_millis(700);
        stage.spec.grace = LONG;
        let outcome = stage.run();
        assert_eq!(outcome.end, RunEnd::Deadline, "{name}");
        assert_eq!(stage.stdout(), "ready\ntidied\n", "{name}");
        assert!(outcome.duration < LONG, "{name}: the grace was not waited for in full");
    }
}

#[test]
fn what_it_leaves_is_ended_and_counted_and_nothing_of_ours_is() {
    let text = "(setsid sh -c 'trap \"\" TERM; : > up; while :; do sleep 1; done' >/dev/null 2>&1 &); until test -e up; do sleep 0.01; done";
    for (name, stage) in staged(text) {
        let outcome = stage.run();
        assert_eq!(outcome.end, RunEnd::Exited(0), "{name}");
        // The shell, and the `sleep` that it waits for.
        assert!((1..=2).contains(&outcome.killed_survivors), "{name}: {outcome:?}");
        assert_eq!(outcome.survivors, Vec::<u32>::new(), "{name}");
    }
}

#[test]
fn what_was_reached_is_told() {
    for (name, stage) in staged("true") {
        let outcome = stage.run();
        let controls: Vec<Control> = outcome.reached.iter().map(|it| it.control).collect();
        assert_eq!(
            controls,
            [Control::Files, Control::Network, Control::Processes, Control::Memory],
            "{name}"
        );
    }
}

/// The helper in a namespace of users in which no other namespace can be made, as in many containers.
fn helper_without_namespaces() -> Option<Command> {
    let lock = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"";
    let command = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "sh", "-c", lock, "sh"]).args(words);
        command
    };
    let works = command(&["true"]).output().is_ok_and(|output| output.status.success());
    if !works {
        println!("skipped: namespaces of users cannot be made here to forbid others in");
    }
    works.then(|| command(&[env!("CARGO_BIN_EXE_agentos"), "supervise"]))
}

#[test]
fn without_a_namespace_nothing_survives_a_helper_that_is_killed_with_its_worker() {
    let word = format!("guarded-{}", std::process::id());
    let stay = format!("trap \"\" TERM HUP; : > away; while :; do sleep 1; done # {word}");
    let text = format!(
        "(env -i setsid sh -c '(setsid sh -c \"$0\" &)' '{stay}' >/dev/null 2>&1 &); until test -e away; do sleep 0.01; done; : > ready; sleep 300"
    );
    for (name, mut stage) in staged(&text) {
        stage.spec.confinement.isolate = true;
        let Some(mut command) = helper_without_namespaces() else { return };
        let mut helper = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let order = serde_json::to_string(&stage.spec).unwrap();
        let mut pipe = helper.stdin.take().unwrap();
        std::io::Write::write_all(&mut pipe, format!("{order}\n").as_bytes()).unwrap();
        eventually("the program is away", || stage.file("ready").exists());
        assert!(processes_with(&word).len() >= 2, "{name}: the program and what got away");
        // Of this process too the helper is gone without a word.
        helper.kill().unwrap();
        helper.wait().unwrap();
        eventually("nothing is left", || processes_with(&word).is_empty());
        // Whoever takes over removes the empty control groups.
        end_run(&stage.spec.marker, Duration::ZERO);
    }
}

#[test]
fn without_a_namespace_a_run_ends_and_says_so() {
    for (name, mut stage) in staged("echo out; exit 7") {
        stage.spec.confinement.isolate = true;
        let Some(mut command) = helper_without_namespaces() else { return };
        let mut helper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let order = serde_json::to_string(&stage.spec).unwrap();
        let mut pipe = helper.stdin.take().unwrap();
        std::io::Write::write_all(&mut pipe, format!("{order}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        let mut lines = std::io::BufReader::new(helper.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut lines, &mut answer).unwrap();
        drop(pipe);
        helper.wait().unwrap();
        let outcome: RunOutcome = serde_json::from_str(&answer).unwrap();
        assert_eq!((outcome.end, outcome.killed_survivors), (RunEnd::Exited(7), 0), "{name}");
        let processes = outcome.reached.iter().find(|it| it.control == Control::Processes).unwrap();
        assert_eq!(processes.tier, Tier::Partial, "{name}");
        assert!(processes.detail.starts_with("no namespace ("), "{name}: {}", processes.detail);
    }
}

#[test]
fn where_a_control_group_is_claimed_the_program_is_in_it_and_the_group_goes_with_it() {
    for (name, stage) in staged("cat /proc/self/cgroup") {
        let outcome = stage.run();
        let memory = outcome.reached.iter().find(|it| it.control == Control::Memory).unwrap();
        if memory.tier == Tier::Unsupported {
            println!("skipped: {}", memory.detail);
            return;
        }
        let text = stage.stdout();
        let group = text
            .lines()
            .find_map(|line| line.rsplit_once("/agentos-"))
            .unwrap_or_else(|| panic!("{name}: {text}"));
        assert_eq!(group.1.len(), 16, "{name}: {text}");
        let left = Command::new("find")
            .args(["/sys/fs/cgroup", "-name", &format!("agentos-{}", group.1)])
            .output()
            .unwrap();
        assert!(left.stdout.is_empty(), "{name}: {}", String::from_utf8_lossy(&left.stdout));
    }
}

#[test]
fn tcp_is_restricted_where_it_is_asked_for() {
    if abi() < 4 {
        println!("skipped: this kernel cannot restrict TCP");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect =
        format!("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 5)'");
    for (allowed, code) in [(vec![port], 0), (vec![], 1)] {
        for (name, mut stage) in
            staged(&connect).into_iter().filter(|(name, _)| *name != "namespace")
        {
            stage.spec.confinement.tcp = Some(allowed.clone());
            let outcome = stage.run();
            assert_eq!(outcome.end, RunEnd::Exited(code), "{name}: {allowed:?}");
        }
    }
}
