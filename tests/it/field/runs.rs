//! Runs that never get anywhere by themselves, and work that is made and cannot be delivered.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Script, World};

#[test]
fn an_agent_that_repeats_one_command_for_ever_is_ended_and_the_next_one_is_asked() {
    let again = "while :; do echo '$ sh test.sh'; echo 'tests: 1 failed'; sleep 0.02; done";
    let agents = [("loops", Script::new().line(again)), ("works", Script::works())];
    let world = World::with_agents(&agents);
    let script = world.path("agents/loops.sh").display().to_string();
    let bounded = format!("[sh, {script}], timeout_minutes: 0.02");
    world.replace("config.yaml", &format!("[sh, {script}]"), &bounded);
    world.ready_issue("Add a cart", "");
    for _ in 0..4 {
        world.run("tick").ok();
    }
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"));
    let stats = world.stats();
    assert_eq!(stats.len(), 2, "it is not begun again: {stats:#?}");
    assert_eq!(
        (&stats[0]["agent"], &stats[0]["blocker_code"]),
        (&"loops".into(), &"timeout".into())
    );
    assert_eq!(stats[1]["agent"], "works");
}

/// Takes no branch of ours, in GitHub's words about a token that may change no workflow.
const NO_SCOPE: &str = "#!/bin/sh
while read -r old new ref; do
  case $ref in refs/heads/agent/*) ;; *) continue ;; esac
  echo 'refusing to allow a Personal Access Token to create or update workflow without `workflow` scope' >&2
  exit 1
done
";

#[test]
fn a_push_that_the_remote_declines_is_named_and_bounded_and_the_work_is_kept() {
    let world = World::new();
    let hook = world.path("remotes/shop.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, NO_SCOPE).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated", "{}", world.task_text("shop-1"));
    let note = world.task_text("shop-1");
    assert!(note.contains("declines the push of `agent/shop-1`"), "{note}");
    assert!(note.contains("give the token the right"), "{note}");
    let before = world.snapshot("runtime/mailbox");
    world.run("tick").ok();
    assert_eq!(world.snapshot("runtime/mailbox"), before, "nothing is tried again by itself");
    assert_eq!(world.stats().len(), 1, "one run, whatever the remote says");
    let kept = "refs/agentos/shop-1:work-shop-1.txt";
    let kept = world.git(&["--git-dir", "runtime/repos/shop.git", "show", kept]);
    assert_eq!(kept, "shop-1", "its work is kept");

    fs::remove_file(&hook).unwrap();
    world.run("task retry shop-1").ok();
    assert_eq!(world.stats().len(), 1);
    for _ in 0..3 {
        world.run("tick").ok();
    }
    let text = world.task_text("shop-1");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{text}");
    assert_eq!(world.stats().len(), 2, "one more attempt, as a retry gives it");
}

#[test]
fn work_that_met_a_foreign_branch_is_delivered_by_a_retry_when_that_is_gone() {
    let foreign = "git -C \"$OPERATOR/../shop\" push --quiet origin main:refs/heads/agent/shop-1";
    let once =
        format!("[ -e \"$OPERATOR/pushed\" ] || {{ {foreign}; touch \"$OPERATOR/pushed\"; }}");
    let agent = Script::new().line(&once).lines_of(Script::works());
    let world = World::with_agents(&[("worker", agent)]);
    world.ready_issue("Add a cart", "");
    world.run("tick").ok();
    assert_eq!(world.folder_of("shop-1"), "escalated", "{}", world.task_text("shop-1"));
    assert!(world.task_text("shop-1").contains("moved under us"), "{}", world.task_text("shop-1"));
    assert_eq!(world.stats().len(), 1, "what was paid for is counted");
    world.git(&["-C", "remotes/shop.git", "branch", "-D", "agent/shop-1"]);
    world.run("task retry shop-1").ok();
    for _ in 0..3 {
        world.run("tick").ok();
    }
    let text = world.task_text("shop-1");
    assert_eq!(world.task_key("shop-1", "outcome").as_deref(), Some("merged"), "{text}");
}
