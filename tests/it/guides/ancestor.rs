//! An installation of agent-os: its configuration, objectives and evidence load as they are, with warnings only, and are worked with.

use std::fs;
use std::path::Path;

use super::person::Person;

/// The repository of its configuration.
const REPO: &str = "acme/repo1";

/// What a crontab of it has.
const CRONTAB: &str = "MAILTO=me@example.com
* * * * * /home/me/agent-os/bin/run_autopull.sh >> logs/autopull.log 2>&1
* * * * * /home/me/agent-os/bin/run_dispatcher.sh >> runtime/logs/dispatcher.log 2>&1
* * * * * /home/me/agent-os/bin/run_queue.sh >> runtime/logs/cron.log 2>&1
*/5 * * * * /home/me/agent-os/bin/run_pr_monitor.sh >> runtime/logs/pr_monitor.log 2>&1
";

/// Puts such an installation into the home of somebody whose repository lies on GitHub.
pub(super) fn is_installed(person: &mut Person) {
    person.has_clone("repos/repo1");
    person.has_github("elsewhere");
    person.hub().with(|state| {
        state.add_repo(REPO);
        state.protect(REPO, "main", &["ci"]);
        let board = state.add_board("acme", "Product");
        assert_eq!(board, 1, "the number in the configuration");
    });
    copy(person, "", "agent-os");
    copy(person, "objectives", "agent-os/objectives");
    copy(person, "evidence/repo1", ".local/share/agent-os/evidence/repo1");
    // Where its GitHub is; for people that is the default.
    let config = "agent-os/config.yaml";
    let text = person.read("elsewhere/config.yaml") + &person.read(config);
    person.write(config, &text);
    person.write(".crontab", CRONTAB);
}

fn copy(person: &Person, folder: &str, into: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ancestor").join(folder);
    let files = fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|file| file.extension().is_some_and(|kind| kind == "yaml")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        person.write(&format!("{into}/{name}"), &fs::read_to_string(&file).unwrap());
    }
}

fn owner() -> Person {
    let mut person = Person::new();
    person.has_codex();
    is_installed(&mut person);
    person
}

#[test]
fn its_configuration_objectives_and_evidence_load_with_warnings_only() {
    let person = owner();
    let printed = person.types_well("cd agent-os && agentos config check");
    insta::assert_snapshot!(printed, @r"
    warning: /home/me/agent-os/config.yaml:14: `default_base_branch` is not used
    hint: the remote's default branch is taken; set `base_branch` where another is wanted
    warning: /home/me/agent-os/config.yaml:18: `max_processing_minutes` is not used
    hint: see `max_runtime_minutes` and `stall_minutes`
    warning: /home/me/agent-os/config.yaml:19: `stall_watchdog_interval_minutes` is not used
    hint: see `max_runtime_minutes` and `stall_minutes`
    warning: /home/me/agent-os/config.yaml:23: `priority_weights` is not used
    warning: /home/me/agent-os/config.yaml:73: `planner_claude_model` is not used
    hint: see `agents.<name>.models`
    warning: /home/me/agent-os/config.yaml:74: `decomposer_model` is not used
    hint: see `agents.<name>.models`
    warning: /home/me/agent-os/config.yaml:36: `backlog_depth_multiplier` is not used
    hint: see `plan_size`
    warning: /home/me/agent-os/config.yaml:42: `github_project_number` is not used
    hint: set `project_number`
    warning: /home/me/agent-os/config.yaml:54: `key` is not used
    hint: set `task_prefix`
    warning: /home/me/agent-os/config.yaml:58: `visibility` is not used
    warning: /home/me/agent-os/config.yaml:38: `telegram_bot_token` is only a placeholder and is not used
    hint: fill it in, or take the key out
    warning: /home/me/agent-os/config.yaml:39: `telegram_chat_id` is only a placeholder and is not used
    hint: fill it in, or take the key out
    warning: acme/repo1: `planning_research`: `Launch notes` is not read: there is no such file
    warning: acme/repo1: `production_feedback`: `Community export requests` is not read: there is no such file
    warning: acme/repo1: `production_feedback`: `Weekly availability summary` is not read: there is no such file
    warning: acme/repo1: `production_feedback`: `https://competitor.example.com/pricing` is not read: competitor.example.com is not among the allowed domains
    /home/me/agent-os/config.yaml is fine: 1 repository, 1 objective, 8 evidence files, 16 warnings
    ");
}

#[test]
fn it_is_scored_and_planned_as_it_is() {
    let person = owner();
    person.types_well("cd agent-os");
    let scored = person.types_well("agentos score");
    insta::assert_snapshot!(without_times(&scored), @r"
    acme/repo1 scored: business score not measured: no measurement in the window
    score: 1 scored, 0 errors
    ");
    let planned = person.types_well("agentos plan --force --dry-run");
    insta::assert_snapshot!(without_times(&planned), @r"
    acme/repo1 left: nothing in the backlog may be chosen
    plan: 0 promoted, 0 waiting, 1 left, 0 errors
    ");
    let findings = person.read("agent-os/runtime/analysis/agent_scorer_findings.json");
    assert!(findings.contains("\"findings\": []"), "{findings}");
    person.hub().assert_honest();
}

#[test]
fn every_wrapper_that_its_crontab_may_name_is_there() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(project.join("docs/guides/migration.md")).unwrap();
    let spans = guide.split('`').skip(1).step_by(2);
    let wrappers: Vec<&str> = spans.filter(|span| span.starts_with("run_")).collect();
    assert_eq!(wrappers.len(), 8, "{wrappers:?}");
    for wrapper in wrappers {
        assert!(project.join("bin").join(wrapper).is_file(), "bin/{wrapper} is not there");
    }
}

/// What a job says, without the warnings of before and what differs each time.
fn without_times(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("warning: "));
    lines.map(|line| line.split(" (").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}
