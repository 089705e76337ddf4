//! Which level wins, what follows from a name, and what `explain` says of it.

use proptest::prelude::*;

use super::*;
use crate::domain::ids::AgentName;
use crate::domain::kinds::{Priority, TaskType};

const THREE_LEVELS: &str = "\
max_open_prs: 2
plan_size: 7
agent_fallbacks: {docs: [gemini], research: [gemini]}
planning_research: {enabled: true, max_sources: 2}
github_projects:
  shop:
    plan_size: 8
    max_diff_lines: 10
    agent_fallbacks: {docs: {prio:high: [codex], normal: [claude]}}
    repos:
      - github_repo: acme/web
        max_diff_lines: 20
        planning_research: {max_sources: 3}
        sprint_cadence_days: 0.5
repos:
  - {repo: ../api.v2, ci_command: [sh, ci/run.sh]}
";

#[test]
fn the_repository_wins_over_the_project_and_that_over_the_top() {
    let settings = loaded(THREE_LEVELS).settings;
    let web = settings.repo("web").unwrap();
    assert_eq!((web.max_open_prs, web.plan_size, web.max_diff_lines), (2, 8, 20));
    assert_eq!((web.planning_research.enabled, web.planning_research.max_sources), (true, 3));
    assert!((web.groomer_cadence_days - 0.25).abs() < 1e-9);
    assert_eq!(web.project.as_deref(), Some("shop"));
    let chain = |kind, priority| web.agent_fallbacks[&kind].chain(priority)[0].as_str().to_owned();
    assert_eq!(chain(TaskType::Docs, Priority::High), "codex");
    assert_eq!(chain(TaskType::Docs, Priority::Low), "claude");
    assert_eq!(chain(TaskType::Research, Priority::Low), "gemini");
    assert_eq!(chain(TaskType::Implementation, Priority::Low), "codex");
    let api = settings.repo("api.v2").unwrap();
    assert_eq!((api.plan_size, api.max_diff_lines, api.host), (7, 2000, HostKind::Local));
    assert_eq!(api.slug.as_str(), "local/api.v2");
    assert!(api.protected_paths.contains(&"ci/run.sh".to_owned()));
}

#[test]
fn every_default_is_that_of_the_documentation() {
    let settings = loaded(WEB).settings;
    let repo = &settings.repos[0];
    assert_eq!((settings.max_parallel_workers, settings.retention_days), (1, 30));
    assert_eq!(settings.github_write_interval.as_millis(), 1000);
    assert_eq!(
        (repo.automation_mode, repo.merge_policy),
        (AutomationMode::Full, MergePolicy::SupervisedFirst)
    );
    assert_eq!((repo.default_max_attempts, repo.ci_max_retries, repo.max_rebases), (4, 3, 5));
    assert_eq!((repo.max_dispatch_per_run, repo.max_open_prs, repo.plan_size), (3, 5, 5));
    let minutes = [repo.max_runtime, repo.stall, repo.test_timeout].map(|time| time.as_secs() / 60);
    assert_eq!(minutes, [40, 15, 5]);
    assert_eq!(repo.hold_labels, ["hold"]);
    assert_eq!(repo.agent_fallbacks.len(), TaskType::ALL.len());
    assert_eq!((repo.plan_approval, repo.close_no_change), (PlanApproval::None, false));
    assert!(repo.planner_allow_early_refresh && !repo.planning_research.enabled);
    assert_eq!(repo.production_feedback.stale_after.as_secs(), 3 * 24 * 3600);
    assert_eq!(repo.statuses.in_progress, "In Progress");
    assert_eq!(settings.planner_agents.len(), 2);
}

#[test]
fn names_are_read_in_every_form_that_people_use() {
    let settings = loaded(
        "github_owner: acme\nrepos:\n  - github_repo: web\n  - repo: https://github.com/beta/api.git\n  - local_repo: ~/src/tool\n  \
         - {repo: local/x, host: local, remote: ./remotes/x.git}\n  - {github_repo: acme/y, path: $DATA/y, task_prefix: why, remote: 'git@example.com:a/y.git'}\n",
    )
    .settings;
    let slugs: Vec<&str> = settings.repos.iter().map(|repo| repo.slug.as_str()).collect();
    assert_eq!(slugs, ["acme/web", "beta/api", "local/tool", "local/x", "acme/y"]);
    assert_eq!(settings.repos[2].path, Some(PathBuf::from("/home/ann/src/tool")));
    assert!(settings.repos[3].remote.as_ref().unwrap().ends_with("/remotes/x.git"));
    assert_eq!(settings.repos[4].remote.as_deref(), Some("git@example.com:a/y.git"));
    assert_eq!(settings.repo("WHY").unwrap().path, Some(PathBuf::from("/data/y")));
}

#[test]
fn a_name_that_two_repositories_have_gets_its_owner() {
    let settings = loaded(
        "repos: [{github_repo: acme/web}, {github_repo: beta/Web}, {github_repo: acme/api}]\n",
    )
    .settings;
    let keys: Vec<&str> = settings.repos.iter().map(|repo| repo.key.as_str()).collect();
    assert_eq!(keys, ["acme-web", "beta-Web", "api"]);
    assert!(settings.repo("web").is_none() && settings.repo("acme/web").is_some());
}

#[test]
fn the_deadline_is_the_first_that_is_set() {
    let text = format!(
        "{WEB}agents: {{codex: {{timeout_minutes: 1}}}}\nagent_timeout_minutes: {{codex: 2, claude: 2.5}}\nmax_runtime_minutes: 3\n"
    );
    let settings = loaded(&text).settings;
    let deadline = |name: &str| {
        settings.deadline(&settings.repos[0], &name.parse::<AgentName>().unwrap()).as_secs()
    };
    assert_eq!((deadline("codex"), deadline("claude"), deadline("gemini")), (60, 150, 180));
}

#[test]
fn explain_names_the_level_that_really_wins() {
    let loaded = loaded(THREE_LEVELS);
    let said = |key: &str| {
        let explanation = loaded.explain(key).unwrap();
        (explanation.value.to_string(), explanation.layer, explanation.line)
    };
    let expected = |value: &str, layer: &str, line| (value.to_owned(), layer.to_owned(), line);
    assert_eq!(said("repos.web.max_diff_lines"), expected("20", "repository acme/web", Some(12)));
    assert_eq!(said("repos.acme/web.plan_size"), expected("8", "project shop", Some(7)));
    assert_eq!(said("repos.api.v2.plan_size"), expected("7", "global", Some(2)));
    assert_eq!(said("repos.web.merge_policy"), expected("\"supervised_first\"", "default", None));
    assert_eq!(
        said("repos.web.planning_research.max_sources"),
        expected("3", "repository acme/web", Some(13))
    );
    assert_eq!(said("repos.web.planning_research.enabled"), expected("true", "global", Some(4)));
    assert_eq!(said("repos.web.groomer_cadence_days"), expected("0.25", "default", None));
    assert_eq!(said("plan_size"), expected("7", "global", Some(2)));
    assert_eq!(said("agents.codex.timeout_minutes"), expected("null", "default", None));
    assert_eq!(said("projects.shop.plan_size"), expected("null", "global", Some(7)));
}

#[test]
fn explain_knows_what_is_no_key() {
    let loaded = loaded(THREE_LEVELS);
    let hint = |key: &str| loaded.explain(key).unwrap_err().hint.unwrap();
    assert_eq!(hint("merge_polcy"), "did you mean `merge_policy`?");
    assert_eq!(hint("repos.wob.plan_size"), "did you mean `web`?");
    assert_eq!(hint("planning_research.max_source"), "did you mean `max_sources`?");
    assert_eq!(hint("agents.cluade.env"), "did you mean `claude`?");
    assert!(hint("repos.web").contains("repos.web.merge_policy"));
    assert!(hint("task_prefix").contains("repos.<name>.task_prefix"));
    for (key, above) in [
        ("sandbox.x", "`sandbox`"),
        ("stall_minutes.x", "`stall_minutes`"),
        ("repos.web.stall_minutes.x", "`stall_minutes`"),
        ("planning_research.enabled.x", "`planning_research.enabled`"),
        ("hold_labels.first", "`hold_labels`"),
    ] {
        assert!(hint(key).contains(above), "{key}");
    }
    assert_eq!(loaded.explain("hold_labels.0").unwrap().value, "hold");
}

#[test]
fn explain_names_the_older_key_that_asks_for_a_person() {
    let text = "quality_harness: {enabled: true}\nrepos:\n- repo: acme/web\n  review_value: In Review\n- repo: acme/api\n- repo: acme/app\n  merge_policy: auto\n";
    let loaded = loaded(text);
    let said = |name: &str| {
        let explanation = loaded.explain(&format!("repos.{name}.merge_policy")).unwrap();
        (explanation.value, explanation.layer, explanation.line)
    };
    assert_eq!(said("web"), ("manual".into(), "repository acme/web".to_owned(), Some(4)));
    assert_eq!(said("api"), ("manual".into(), "global".to_owned(), Some(1)));
    assert_eq!(said("app"), ("auto".into(), "repository acme/app".to_owned(), Some(7)));
}

fn level_text(value: Option<u32>, indent: usize) -> String {
    value.map(|value| format!("{}max_open_prs: {value}\n", " ".repeat(indent))).unwrap_or_default()
}

proptest! {
    #[test]
    fn the_innermost_level_that_sets_a_value_gives_it_and_is_named(
        global in proptest::option::of(0_u32..1000), project in proptest::option::of(0_u32..1000), repo in proptest::option::of(0_u32..1000)
    ) {
        let text = [
            level_text(global, 0), "projects:\n  p:\n".to_owned(), level_text(project, 4),
            "    repos:\n      - github_repo: acme/web\n".to_owned(), level_text(repo, 8),
        ].concat();
        let loaded = loaded(&text);
        let expected = repo.or(project).or(global).unwrap_or(5);
        prop_assert_eq!(loaded.settings.repos[0].max_open_prs, expected as usize);
        let explanation = loaded.explain("repos.web.max_open_prs").unwrap();
        let layer = match (repo, project, global) {
            (Some(_), _, _) => "repository acme/web",
            (None, Some(_), _) => "project p",
            (None, None, Some(_)) => "global",
            (None, None, None) => "default",
        };
        prop_assert_eq!(explanation.layer, layer);
        let line = explanation.line.and_then(|line| text.lines().nth(line - 1));
        prop_assert_eq!(line.map(|line| line.trim().to_owned()), repo.or(project).or(global).map(|value| format!("max_open_prs: {value}")));
    }
}
