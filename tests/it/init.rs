//! `agentos init` by the real binary: from a repository to merged work, what is written and what never is, and that a second time does
//! nothing.

mod existing;
mod github;
mod hostile;
mod terminal;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::doctor::{complaints, doctor, program};
use crate::support::{Run, World};

/// A codex that does any work, and tells its version.
const CODEX: &str = r#"case "$*" in *--version*) echo 'codex-cli VERSION'; exit 0;; esac
prompt=$(cat)
echo done > "work-$AGENTOS_TASK_ID.txt"
printf 'STATUS: complete\nBLOCKER_CODE: none\nSUMMARY: Did it.\nDONE:\n- it\nTESTS_RUN:\n- sh test.sh: passed\n' > .agent_result.md
echo '{"type":"thread.started","thread_id":"t1"}'
echo '{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":0,"output_tokens":5}}'
"#;

/// A machine with git, a shell and these agents' programs, a clone `shop` without an origin, and no configuration.
pub(super) fn machine() -> World {
    let world = World::new();
    bare_machine(world)
}

/// The same without what the world has prepared.
pub(super) fn bare_machine(world: World) -> World {
    fs::remove_file(world.path("config.yaml")).unwrap();
    for folder in ["remotes", "agents"] {
        fs::remove_dir_all(world.path(folder)).unwrap();
    }
    world.git(&["-C", "shop", "remote", "remove", "origin"]);
    let programs = world.path("programs");
    fs::create_dir_all(&programs).unwrap();
    for name in ["git", "sh", "cat"] {
        symlink(real(name), programs.join(name)).unwrap();
    }
    let world = world.env("PATH", &programs.display().to_string());
    program(&world, "codex", &CODEX.replace("VERSION", "0.130.0"));
    fs::remove_file(world.path("program.txt")).unwrap();
    world.env("OPENAI_API_KEY", "sk-test-0123456789abcdef0123456789abcdef")
}

fn real(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file()).unwrap()
}

/// A text without the folder that every run has another of.
pub(super) fn presentable(world: &World, text: &str) -> String {
    text.replace(&world.root().display().to_string(), "[root]")
}

/// Every file but logs, locks and caches, which any command may write.
pub(super) fn kept(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let passing = ["runtime/logs", "runtime/locks", "runtime/cache"].map(|dir| world.path(dir));
    let mut files = world.everything();
    files.retain(|path, _| !passing.iter().any(|dir| world.root().join(path).starts_with(dir)));
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[expect(clippy::too_many_lines, reason = "one story, with a text that people read in it")]
#[test]
fn a_local_repository_gets_from_nothing_to_merged_work() {
    let world = machine();
    let before = world.snapshot("shop");
    let run = world.run("init --local shop --yes").ok();
    insta::assert_snapshot!(presentable(&world, &run.stdout), @r#"
    repository  local/shop, on this machine, with a board of files
    root        [root]
    tests       sh test.sh (by test.sh)
    agents      codex, claude (`claude` is not installed), gemini (`gemini` is not installed), deepseek (`opencode` is not installed)

    [root]/config.yaml:
      # Made by `agentos init`. Only what differs from the defaults stands here: `agentos config schema` lists every key,
      # `agentos config explain KEY` says which value holds and who set it.

      # Agents that can be used here: codex.
      # claude: `claude` is not installed
      # gemini: `gemini` is not installed
      # deepseek: `opencode` is not installed
      # Those that are left out come back by taking these lines out once they can be used.
      agent_fallbacks:
        implementation: [codex]
        debugging: [codex]
        architecture: [codex]
        research: [codex]
        docs: [codex]
        design: [codex]
        content: [codex]
        browser_automation: [codex]
      planner_agents: [codex]

      repos:
      - host: local
        path: [root]/shop
        # It has no origin: work is pushed to a bare repository in remotes/ beside this file.
        ci_command: sh test.sh
        # merge_policy: supervised_first    # manual, or auto: from the first pull request on

    done: make the folder [root]/runtime/locks
    done: make the bare repository [root]/remotes/shop.git (default branch main) from [root]/shop, which is only read
    done: make the folder [root]/board/shop
    done: write the configuration: [root]/config.yaml

    What to type next:
      agentos --root [root] doctor
          what is still missing, and what mends it
      agentos --root [root] issue create "Title" --body "What is wanted" --ready
          work to do
      agentos --root [root] tick
          every job once
      agentos --root [root] status
          what is where; `why 1` says what an issue waits for
      agentos --root [root] arm --repo shop
          merge by itself from the first pull request on, not only after you merged one
      git -C [root]/shop remote add agentos [root]/remotes/shop.git
          then `git pull agentos main` brings finished work into your clone
      agentos --root [root] cron install
          let it work by itself from now on
    "#);
    assert_eq!(mode(&world.path("config.yaml")), 0o600);
    assert_eq!(mode(&world.path("runtime")), 0o700);
    assert_eq!(world.git(&["-C", "remotes/shop.git", "symbolic-ref", "HEAD"]), "refs/heads/main");

    let fails: Vec<String> = complaints(&doctor(&world, &["--json"]))
        .into_iter()
        .filter(|line| line.starts_with("fail"))
        .collect();
    assert_eq!(fails, Vec::<String>::new());
    let issue = world.ready_issue("Add a cart", "One file.");
    drop(world.run("arm --repo shop").ok());
    for _ in 0..4 {
        drop(world.run("tick").ok());
    }
    assert_eq!(world.issue(issue)["state"], "closed", "{}", world.run("status").stdout);
    assert!(
        world
            .git(&["-C", "remotes/shop.git", "ls-tree", "--name-only", "main"])
            .contains("work-shop-1")
    );
    assert!(before == world.snapshot("shop"), "the clone was changed");
}

#[test]
fn a_second_time_says_so_and_writes_nothing() {
    let world = machine();
    drop(world.run("init --local shop --yes --objective").ok());
    let before = kept(&world);
    let again = world.run("init --local shop --yes --objective").ok();
    assert!(
        again.stdout.contains("local/shop is configured already; there is nothing to do"),
        "{}",
        again.stdout
    );
    assert!(before == kept(&world), "a file has changed");
    // From within the clone it is found by its folder.
    let json = world.run("--json init --local ./shop/../shop --yes").ok().json();
    crate::schemas::assert_fits("init", &json);
    assert_eq!(
        (json["known_already"].as_bool(), json["steps"].as_array().map(Vec::len)),
        (Some(true), Some(0))
    );
}

#[test]
fn what_a_run_that_died_left_undone_the_next_one_does() {
    let world = machine();
    drop(world.run("init --local shop --yes --objective").ok());
    for lost in ["remotes", "board"] {
        fs::remove_dir_all(world.path(lost)).unwrap();
    }
    fs::remove_file(world.path("objectives/shop.yaml")).unwrap();
    world.write("remotes/shop.git.new/HEAD", "half a copy");
    let config = world.read("config.yaml");
    let run = world.run("init --local shop --yes --objective").ok();
    assert!(run.stdout.contains("done: make the bare repository"), "{}", run.stdout);
    assert!(
        world.path("remotes/shop.git/HEAD").is_file()
            && world.path("objectives/shop.yaml").is_file()
    );
    assert!(!world.path("remotes/shop.git.new").exists());
    assert_eq!(world.read("config.yaml"), config);
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    let world = machine();
    let before = world.everything();
    let run = world.run("init --local shop --dry-run --objective").ok();
    for words in [
        "ci_command: sh test.sh",
        "would write the configuration",
        "would make the bare repository",
        "would write the objective",
        "nothing was changed",
    ] {
        assert!(run.stdout.contains(words), "{words} in {}", run.stdout);
    }
    let json = world.run("--json init --local shop --dry-run --objective").ok().json();
    crate::schemas::assert_fits("init", &json);
    assert!(before == world.everything(), "a file has changed");
}

#[test]
fn without_a_terminal_somebody_has_to_say_that_nothing_is_asked() {
    let world = machine();
    let before = world.everything();
    let run = world.run("init --local shop").code(2);
    assert!(run.stderr.contains("no terminal") && run.stderr.contains("--yes"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert!(before == world.everything());
}

#[test]
fn where_no_repository_is_meant_the_ways_to_name_one_are_said() {
    let world = machine();
    let run = world.run("init --yes").code(2);
    assert!(
        run.stderr.contains("--repo owner/name") && run.stderr.contains("--local PATH"),
        "{}",
        run.stderr
    );
    let run = world.run("init --yes --local home").code(2);
    assert!(run.stderr.contains("is no git repository"), "{}", run.stderr);
    world.git(&["init", "--quiet", "empty"]);
    let run = world.run("init --yes --local empty").code(2);
    assert!(
        run.stderr.contains("has no commits yet") && run.stderr.contains("first commit"),
        "{}",
        run.stderr
    );
    let run = world.run("init --yes --repo nonsense").code(2);
    assert!(run.stderr.contains("owner/name"), "{}", run.stderr);
    assert!(!world.path("config.yaml").exists());
}

#[test]
fn an_origin_of_the_clone_is_where_work_is_pushed_and_a_bare_repository_is_its_own() {
    let world = machine();
    world.git(&["clone", "--quiet", "--bare", "shop", "upstream.git"]);
    let upstream = world.path("upstream.git").display().to_string();
    world.git(&["-C", "shop", "remote", "add", "origin", &upstream]);
    let run = world.run("init --local shop --yes").ok();
    assert!(!world.path("remotes").exists(), "{}", run.stdout);
    assert!(
        world.read("config.yaml").contains(&format!("# Work is pushed to its origin, {upstream}."))
    );
    drop(world.run("init --local upstream.git --yes").ok());
    assert!(
        world.read("config.yaml").contains(&format!("remote: {upstream}")),
        "{}",
        world.read("config.yaml")
    );
    drop(world.run("config check").ok());
    assert!(
        complaints(&doctor(&world, &["--json"]))
            .iter()
            .all(|line| !line.starts_with("fail remote"))
    );
}

#[test]
fn worktrees_submodules_and_detached_heads_are_told_and_worked_with() {
    let world = machine();
    world.git(&["-C", "shop", "worktree", "add", "--quiet", "--detach", "../side"]);
    let run = world.run("init --local side --yes").ok();
    assert!(run.stdout.contains("is a worktree of another clone"), "{}", run.stdout);
    assert!(run.stdout.contains("is on no branch"), "{}", run.stdout);
    assert_eq!(world.git(&["-C", "remotes/side.git", "symbolic-ref", "HEAD"]), "refs/heads/main");
    drop(world.run("config check").ok());
}

#[test]
fn the_configuration_never_comes_into_the_clone_that_is_worked_on() {
    let world = machine();
    let before = world.snapshot("shop");
    let run = in_folder(&world, "shop", &["init", "--yes"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let root = world.path("home/agentos");
    assert!(root.join("config.yaml").is_file(), "{}", run.stdout);
    assert!(
        run.stdout.contains(&format!("agentos --root {} doctor", root.display())),
        "{}",
        run.stdout
    );
    assert!(before == world.snapshot("shop"));
    let again = in_folder(&world, "shop", &["init", "--yes"]);
    assert!(again.stdout.contains("configured already"), "{}", again.stdout);
}

/// The binary in a folder, told of no root.
pub(super) fn in_folder(world: &World, folder: &str, arguments: &[&str]) -> Run {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_agentos"))
        .args(arguments)
        .current_dir(world.path(folder))
        .env_clear()
        .envs(world.environment())
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn an_objective_is_made_once_and_never_overwritten() {
    let world = machine();
    drop(world.run("init --local shop --yes --objective").ok());
    assert!(world.read("config.yaml").contains("outcome_attribution:\n    enabled: true"));
    let levels = "    allowed_privacy_levels:\n      - public\n      - internal\n";
    assert!(world.read("config.yaml").contains(levels), "{}", world.read("config.yaml"));
    assert!(world.run("config check").ok().stdout.contains("1 objective"));
    let text = world.read("objectives/shop.yaml");
    for weight in ["weight: 0.20", "weight: 0.35", "weight: 0.25"] {
        assert!(text.contains(weight), "{text}");
    }
    assert!(
        text.contains("~/.local/share/agent-os/evidence/shop/ga4_conversion_post_merge.yaml"),
        "{text}"
    );
    world.write("objectives/shop.yaml", "mine");
    drop(world.run("init --local shop --yes --objective").ok());
    assert_eq!(world.read("objectives/shop.yaml"), "mine");
}

#[test]
fn agents_that_cannot_be_used_are_left_out_with_the_reason() {
    let world = machine();
    fs::remove_file(world.path("programs/codex")).unwrap();
    drop(world.run("init --local shop --yes").ok());
    let text = world.read("config.yaml");
    assert!(
        text.contains("# No agent can be used yet:\n# codex: `codex` is not installed\n"),
        "{text}"
    );
    assert!(!text.contains("agent_fallbacks"), "{text}");
}
