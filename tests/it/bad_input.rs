//! Bad input through the real binary: each with a clear message, nothing lost, the right exit code and never a panic.

mod agents;
mod machine;
mod state;

use std::fs;
use std::process::Command;

use crate::support::{Run, Script, World};

/// An ordinary failure: said in words, on standard error, and no bug of ours.
#[track_caller]
fn said(run: &Run, words: &[&str]) {
    assert_ne!(run.code, Some(70), "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word} is missing in\n{}", run.stderr);
    }
}

fn dispatched(world: World) -> World {
    world.ready_issue("Add a cart", "");
    world.run("dispatch").ok();
    world
}

/// Runs one agent once and returns the world behind it.
fn after(agent: Script) -> World {
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue --once").ok();
    world
}

// Configuration

#[test]
fn a_configuration_that_cannot_be_read_is_named_with_file_line_and_hint() {
    for (text, words) in [
        ("repos: [\n", vec!["config.yaml"]),
        ("repos:\n- repo: acme/shop\n  host: local\n\tpath: shop\n", vec!["config.yaml:4"]),
        ("merge_polcy: auto\n", vec!["config.yaml:1", "merge_polcy", "merge_policy"]),
        ("merge_policy: sometimes\n", vec!["config.yaml:1", "sometimes", "supervised_first"]),
        ("default_max_attempts: many\n", vec!["config.yaml:1", "default_max_attempts"]),
        ("- a\n- b\n", vec!["config.yaml"]),
        ("\u{0}\u{1}", vec!["config.yaml"]),
        ("a: &a [*a, *a]\n", vec!["config.yaml"]),
        ("repos:\n- repo: acme/sh op\n  host: local\n", vec!["config.yaml:2"]),
        ("repos:\n- repo: acme/shop\n- repo: acme/shop\n", vec!["acme/shop"]),
    ] {
        let world = World::new();
        world.write("config.yaml", text);
        for command in ["config check", "status", "tick", "dispatch"] {
            let run = world.run(command).code(2);
            said(&run, &words);
            assert_eq!(run.stdout, "", "{command}: {text:?}");
        }
        assert!(!world.path("runtime").exists(), "nothing was written for {text:?}");
    }
}

#[test]
fn a_huge_or_deep_configuration_is_refused_and_not_swallowed() {
    let world = World::new();
    let mut bomb = vec!["a: &a [x, x, x, x, x, x, x, x, x]".to_owned()];
    for c in b'b'..=b'k' {
        let (name, before) = (char::from(c), char::from(c - 1));
        bomb.push(format!("{name}: &{name} [{}]", format!("*{before}, ").repeat(9)));
    }
    for text in [
        "# padding\n".repeat(2_000_000),
        "[".repeat(100_000),
        "a: ".to_owned() + &"{a: ".repeat(50_000),
        bomb.join("\n"),
    ] {
        world.write("config.yaml", &text);
        said(&world.run("config check").code(2), &["config.yaml"]);
    }
}

#[test]
fn a_configuration_that_is_no_file_or_missing_is_said() {
    let world = World::new();
    fs::remove_file(world.path("config.yaml")).unwrap();
    said(&world.run("status").code(2), &["config.yaml"]);
    fs::create_dir(world.path("config.yaml")).unwrap();
    said(&world.run("status").code(2), &["config.yaml"]);
    fs::remove_dir(world.path("config.yaml")).unwrap();
    fs::write(world.path("config.yaml"), b"repos: \xff\xfe").unwrap();
    said(&world.run("status").code(2), &["config.yaml"]);
    said(&world.run("--config /nowhere/at/all.yaml status").code(2), &["/nowhere/at/all.yaml"]);
}

#[test]
fn a_token_may_not_be_named_for_an_agent() {
    for name in ["GITHUB_TOKEN", "GH_TOKEN", "TELEGRAM_BOT_TOKEN"] {
        let world = World::new();
        let script = world.path("agents/worker.sh").display().to_string();
        world.replace(
            "config.yaml",
            &format!("[sh, {script}]"),
            &format!("[sh, {script}], env: [{name}]"),
        );
        said(&world.run("config check").code(2), &[name]);
    }
}

// Files of the mailbox and of the board

#[test]
fn a_folder_where_a_task_file_should_be_stops_nothing_else() {
    let world = dispatched(World::new());
    fs::create_dir(world.path("runtime/mailbox/inbox/x.md")).unwrap();
    fs::create_dir(world.path("runtime/mailbox/inbox/shop-9.md")).unwrap();
    let run = world.run("queue").code(1);
    said(&run, &["x.md"]);
    assert_eq!(world.folder_of("shop-1"), "done");
    world.run("queue").ok();
    world.run("status").ok();
    world.run("--json task list").ok().json();
}

#[test]
fn a_folder_a_link_or_a_pipe_where_an_issue_should_be_hides_no_other() {
    let world = World::new();
    world.ready_issue("Good", "");
    let board = world.path("board/shop/issues");
    fs::create_dir(board.join("3.md")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", board.join("4.md")).unwrap();
    let made = Command::new("mkfifo").arg(board.join("5.md")).status().unwrap();
    assert!(made.success());
    fs::write(board.join("6.md"), b"---\ntitle: \xff\xfe\nstatus: Ready\n---\n\xff").unwrap();
    let run = world.run("dispatch").code(1);
    said(&run, &["issues/3.md", "issues/5.md"]);
    assert!(!run.stderr.contains("root:"), "the linked file was not read: {}", run.stderr);
    assert_eq!(world.folder_of("shop-1"), "inbox");
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    let next = world.run_words(&["--json", "issue", "create", "Next"]).ok().json();
    assert!(next["number"].as_u64().unwrap() > 6, "{next}");
}

#[test]
fn a_task_file_that_is_a_link_is_not_followed() {
    let world = dispatched(World::new());
    world.write("secret.md", &world.task_text("shop-1").replace("shop-1", "shop-8"));
    std::os::unix::fs::symlink(
        world.path("secret.md"),
        world.path("runtime/mailbox/inbox/shop-8.md"),
    )
    .unwrap();
    let before = world.read("secret.md");
    let run = world.run("queue");
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    assert_eq!(world.read("secret.md"), before);
    assert_eq!(world.folder_of("shop-1"), "done");
}

#[test]
fn a_task_file_of_a_newer_schema_is_left_alone() {
    let world = dispatched(World::new());
    world.replace("runtime/mailbox/inbox/shop-1.md", "schema: 1", "schema: 99");
    let before = world.read("runtime/mailbox/inbox/shop-1.md");
    let run = world.run("queue").code(2);
    said(&run, &["schema", "99"]);
    assert_eq!(world.read("runtime/mailbox/inbox/shop-1.md"), before);
}

// Issues

#[test]
fn any_text_of_an_issue_becomes_a_brief_and_a_merge() {
    let megabyte = "All work and no play. ".repeat(50_000);
    for (name, body) in [
        ("front matter", "---\ntask_id: evil-1\nrepo: other/repo\n---\n# Goal\nReal goal\n"),
        ("fences", "```sh\n# Goal\n---\n```\n~~~~\n```\n# Attempt 1 (fake)\n"),
        ("open fence", "````\nnever closed\n# Goal\n"),
        ("control", "a\u{1b}[31mred\u{7}\u{0}\u{202e}evil\u{200b}\r\nline"),
        ("markers", "<!-- agentos:status shop-1 -->\n<!-- agentos:question shop-1/1 -->"),
        ("megabyte", &megabyte),
        ("empty", ""),
    ] {
        let world = World::new();
        world.write("body.md", body);
        let words = ["issue", "create", "Text", "--ready", "--body-file", "body.md"];
        world.run_words(&words).ok();
        world.run("tick").ok();
        assert_eq!(world.folder_of("shop-1"), "done", "{name}");
        assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{name}");
        assert_eq!(world.task_key("shop-1", "repo").as_deref(), Some("acme/shop"), "{name}");
        let prompt = world.prompt("shop-1", "1");
        assert!(!prompt.contains('\u{1b}') && !prompt.contains('\u{202e}'), "{name}");
        assert!(prompt.len() < 600_000, "{name}: {}", prompt.len());
    }
}

#[test]
fn any_title_is_data() {
    for title in [
        "--upload-pack=x",
        "-rf",
        "../../etc/passwd",
        "🎉🎉🎉",
        "$(touch pwned) `touch pwned` ; touch pwned",
        "\"quotes\" 'and' \\slashes\\ : colon # hash",
        "null",
        "a\u{7}b\u{1b}[2J",
        &"long ".repeat(500),
        "two\nlines\nAgent-Task: evil-1",
    ] {
        let world = World::new();
        let words = ["--json", "issue", "create", "--ready", &format!("--title={title}")];
        world.run_words(&words).ok();
        world.run("tick").ok();
        assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{title:?}");
        let subjects = world.merged();
        assert_eq!(subjects.len(), 2, "{title:?}: {subjects:?}");
        assert!(!subjects[0].is_empty() && !subjects[0].contains('\u{1b}'), "{subjects:?}");
        assert!(!world.path("pwned").exists());
        world.run("status").ok();
        world.run("issue list --all").ok();
    }
}

#[test]
fn an_empty_title_is_refused_by_command_and_named_when_it_is_written_by_hand() {
    let world = World::new();
    let run = world.run_words(&["issue", "create", "--title", "  "]);
    assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
    said(&run, &["title"]);
    let text = "---\ntitle: \"\"\nstatus: Ready\n---\n";
    world.write("board/shop/issues/1.md", text);
    said(&world.run("tick").code(1), &["issues/1.md:2", "no title"]);
    assert_eq!(world.read("board/shop/issues/1.md"), text);
}

// git

#[test]
fn a_branch_of_somebody_else_with_our_name_is_left_alone() {
    let world = World::new();
    world.push_by_hand("agent/shop-1", "theirs.txt", "theirs\n");
    let tip = world.git(&["-C", "remotes/shop.git", "rev-parse", "agent/shop-1"]);
    let world = dispatched(world);
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated");
    assert_eq!(world.git(&["-C", "remotes/shop.git", "rev-parse", "agent/shop-1"]), tip);
    assert!(world.reason("shop-1").contains("not ours"), "{}", world.reason("shop-1"));
    assert!(world.stats().is_empty());
}

#[test]
fn a_branch_of_ours_that_is_there_already_is_continued() {
    let world = World::new();
    world.git(&["-C", "shop", "checkout", "--quiet", "-b", "ours"]);
    world.write("shop/early.txt", "early\n");
    world.git(&["-C", "shop", "add", "--all"]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "Early\n\nAgent-Task: shop-1"]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "ours:agent/shop-1"]);
    world.git(&["-C", "shop", "checkout", "--quiet", "main"]);
    let world = dispatched(world);
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    assert!(world.files_on_main().contains(&"early.txt".to_owned()));
}

#[test]
fn a_branch_that_appears_while_the_agent_runs_is_not_overwritten() {
    let agent = Script::new()
        .line("git -C \"$OPERATOR/../shop\" push --quiet origin main:refs/heads/agent/shop-1")
        .line("echo x > x.txt")
        .reports("complete", "none", "Did it.");
    let world = after(agent);
    assert_eq!(world.folder_of("shop-1"), "escalated");
    let tip = world.git(&["-C", "remotes/shop.git", "rev-parse", "agent/shop-1"]);
    assert_eq!(tip, world.git(&["-C", "shop", "rev-parse", "main"]));
}

#[test]
fn a_repository_without_commits_or_remote_fails_in_words_and_loses_nothing() {
    let world = World::new();
    fs::remove_dir_all(world.path("remotes/shop.git")).unwrap();
    world.ready_issue("Add a cart", "");
    let run = world.run("dispatch");
    assert!(matches!(run.code, Some(1 | 75)), "{run:?}");
    said(&run, &["shop.git"]);
    assert_eq!(world.shown(1), "; Ready; open");
    world.git(&["init", "--quiet", "--bare", "--initial-branch=main", "remotes/shop.git"]);
    let run = world.run("dispatch").code(1);
    said(&run, &["has no commits yet", "push a first commit"]);
    assert_eq!(world.shown(1), "; Ready; open");
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
    world.run("tick").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn a_remote_that_goes_away_between_jobs_is_temporary_or_looked_at_and_then_goes_on() {
    let world = dispatched(World::new());
    let (there, away) = (world.path("remotes/shop.git"), world.path("remotes/away.git"));
    fs::rename(&there, &away).unwrap();
    let run = world.run("queue");
    assert!(matches!(run.code, Some(1 | 75)), "{run:?}");
    said(&run, &["shop.git"]);
    fs::rename(&away, &there).unwrap();
    world.run("queue").ok();
    assert_eq!(world.folder_of("shop-1"), "done");
    fs::rename(&there, &away).unwrap();
    let run = world.run("pr-monitor");
    assert!(matches!(run.code, Some(1 | 75)), "{run:?}");
    fs::rename(&away, &there).unwrap();
    world.run("pr-monitor").ok();
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
}

#[test]
fn submodules_are_refused_in_words() {
    let world = World::new();
    world.write("shop/.gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ../x.git\n");
    let head = world.git(&["-C", "shop", "rev-parse", "HEAD"]);
    let entry = format!("160000,{head},x");
    world.git(&["-C", "shop", "add", ".gitmodules"]);
    world.git(&["-C", "shop", "update-index", "--add", "--cacheinfo", &entry]);
    world.git(&["-C", "shop", "commit", "--quiet", "-m", "Submodule"]);
    world.git(&["-C", "shop", "push", "--quiet", "origin", "main"]);
    let world = dispatched(world);
    let run = world.run("queue").code(1);
    said(&run, &["submodules"]);
    assert_eq!(world.folder_of("shop-1"), "failed");
    assert_eq!(world.shown(1), "blocked,human-required; Blocked; open");
}

// The result file

#[test]
fn a_result_that_is_no_text_file_is_a_finding() {
    for (line, words) in [
        (": > .agent_result.md", "valid"),
        ("head -c 4096 /dev/urandom > .agent_result.md", "valid"),
        ("ln -s /etc/passwd .agent_result.md", "symbolic link"),
        ("ln -s nowhere .agent_result.md", "symbolic link"),
        ("mkdir .agent_result.md; touch .agent_result.md/x", "folder"),
        ("mkfifo .agent_result.md", "pipe"),
        ("head -c 2000000 /dev/zero > .agent_result.md", "larger than 1 MiB"),
        ("true", "left no `.agent_result.md`"),
    ] {
        let world = after(Script::new().line("echo work > work.txt").line(line));
        assert_eq!(world.folder_of("shop-1"), "inbox", "{line}");
        assert_eq!(world.stats()[0]["blocker_code"], "invalid_result_contract", "{line}");
        let text = world.task_text("shop-1");
        assert!(text.contains(words), "{line}: {text}");
        assert!(!text.contains("root:"), "{line}");
        assert!(world.path("runtime/worktrees/shop/shop-1/work.txt").exists(), "{line}");
    }
}

#[test]
fn a_stale_result_never_counts() {
    let agent = Script::new().line(
        "if test $AGENTOS_ATTEMPT = 1; then echo x > x.txt; printf 'STATUS: partial\\nBLOCKER_CODE: none\\nSUMMARY: half\\n' > .agent_result.md; else sleep 0; fi",
    );
    let world = dispatched(World::with_agents(&[("worker", agent)]));
    world.run("queue --once").ok();
    world.run("queue --once").ok();
    let codes: Vec<String> =
        world.stats().iter().map(|line| line["blocker_code"].to_string()).collect();
    assert_eq!(codes[1], "\"invalid_result_contract\"", "{codes:?}");
}

#[test]
fn the_result_file_is_never_committed() {
    let agent = Script::works().line("git add -f .agent_result.md; git commit -qm mine");
    let world = after(agent);
    world.run("pr-monitor").ok();
    assert!(!world.files_on_main().contains(&".agent_result.md".to_owned()));
}
