//! What is refused, where the message points, and what it says to do.

use proptest::prelude::*;

use super::*;

#[test]
fn an_unknown_key_is_named_with_line_column_excerpt_and_the_nearest_key() {
    let error = refused("repos:\n  - github_repo: acme/web\n    merge_polcy: auto\n");
    assert_eq!((error.line, error.column), (Some(3), Some(5)));
    assert!(error.message.contains("unknown key `merge_polcy`"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("did you mean `merge_policy`?"));
    let shown = error.to_string();
    assert!(shown.contains("config.yaml:3:5: "), "{shown}");
    assert!(
        shown.ends_with("2 |   - github_repo: acme/web\n3 |     merge_polcy: auto\n  |     ^"),
        "{shown}"
    );
}

#[test]
fn a_key_at_the_wrong_level_is_told_where_it_belongs() {
    let hint = |text: &str| refused(text).hint.unwrap();
    assert_eq!(hint("github_repo: acme/web\n"), "`github_repo` belongs in an entry of `repos`");
    assert_eq!(
        hint("repos: [{github_repo: a/b, agents: {}}]\n"),
        "`agents` belongs at the top of the file"
    );
}

#[test]
fn values_out_of_range_are_refused_on_their_line_at_every_level() {
    let cases = [
        ("max_parallel_workers: 0", 2),
        ("max_parallel_workers: 65", 2),
        ("dedup_threshold: 1.5", 2),
        ("dedup_threshold: .nan", 2),
        ("max_runtime_minutes: 0", 2),
        ("max_runtime_minutes: -1", 2),
        ("stall_minutes: .inf", 2),
        ("digest_hour: 24", 2),
        ("sprint_cadence_days: -0.5", 2),
        ("agent_timeout_minutes:\n  codex: 0", 3),
        ("budgets:\n  per_day_usd: -1", 3),
        ("plan_size: many", 2),
        ("max_open_prs: 1.5", 2),
        ("max_open_prs: -1", 2),
        ("merge_policy: yolo", 2),
        ("sandbox: none", 2),
        ("agents:\n  codex:\n    timeout_minutes: 0", 4),
        ("production_feedback:\n  max_inputs: 1000", 3),
        ("outcome_attribution:\n  checks:\n    - {id: a, url: u, measurement_window_days: -1}", 4),
        ("projects:\n  p:\n    plan_size: 0", 4),
        ("projects:\n  p:\n    repos:\n      - repo: a/b\n        plan_size: 0", 6),
        ("quiet_hours: always", 2),
        ("quiet_hours: 25:00-07:00", 2),
        ("github_write_interval_ms: 0", 2),
        ("github_api_url: http://example.com", 2),
        ("telegram_api_url: ftp://x", 2),
        ("base_branch: -x", 2),
        ("hold_labels: ['']", 2),
        ("allowed_paths: ['a[']", 2),
        ("ready_value: ''", 2),
        ("git_author_name: a<b", 2),
        ("ci_command: []", 2),
        ("test_command: ''", 2),
        ("metrics_textfile: $NOWHERE", 2),
        ("mailbox_dir: ~bob", 2),
        ("planning_research: {artifact_file: ../x}", 2),
        ("planning_research:\n  sources:\n    - name: x", 4),
        ("planning_research:\n  sources:\n    - {url: a, path: b}", 4),
        ("planning_signals: {artifact_file: a/b}", 2),
        ("outcome_attribution:\n  checks:\n    - url: x", 4),
        ("outcome_attribution:\n  checks:\n    - {id: a, url: x}\n    - {id: a, url: x}", 5),
    ];
    for (text, line) in cases {
        let error = refused(&format!("{WEB}{text}\n"));
        assert_eq!(error.line, Some(line), "{text}: {error}");
        assert!(error.file.is_some() && error.excerpt.is_some(), "{text}: {error}");
    }
}

#[test]
fn a_server_on_this_machine_may_be_plain_and_fast() {
    for url in ["http://127.0.0.1:8080", "http://localhost:1/api", "http://[::1]:9"] {
        let text = format!("{WEB}github_api_url: '{url}/'\ngithub_write_interval_ms: 0\n");
        let settings = loaded(&text).settings;
        assert_eq!(
            (settings.github_api_url.as_str(), settings.github_write_interval.is_zero()),
            (url, true)
        );
    }
    refused(&format!("{WEB}github_api_url: http://127.0.0.1.example.com\n"));
    refused(&format!("{WEB}github_api_url: http://127.0.0.1@example.com\n"));
}

#[test]
fn an_agent_that_is_not_there_is_refused_with_the_nearest() {
    for text in [
        "agent_fallbacks:\n  docs: [cluade]",
        "agent_fallbacks:\n  docs: {high: [cluade]}",
        "planner_agents:\n  - cluade",
        "default_agent:\n  cluade",
        "agent_timeout_minutes:\n  cluade: 3",
    ] {
        let error = refused(&format!("{WEB}{text}\n"));
        assert!(error.message.contains("there is no agent `cluade`"), "{text}: {error}");
        assert_eq!(error.hint.as_deref(), Some("did you mean `claude`?"));
        assert!(error.line.is_some_and(|line| line >= 2));
    }
    loaded(&format!("{WEB}planner_agents: []\n"));
    loaded(&format!(
        "{WEB}agents: {{bot: {{command: [./bot]}}}}\nagent_fallbacks: {{docs: [bot]}}\n"
    ));
    assert!(
        refused(&format!("{WEB}agents: {{bot: {{prompt: file}}}}\n"))
            .message
            .contains("has no `command`")
    );
    assert!(refused(&format!("{WEB}agent_fallbacks: {{docs: []}}\n")).message.contains("empty"));
    assert!(
        refused(&format!("{WEB}agent_fallbacks: {{dogs: [codex]}}\n")).message.contains("`dogs`")
    );
    assert!(
        refused(&format!("{WEB}agent_fallbacks: {{docs: {{urgent: [codex]}}}}\n"))
            .message
            .contains("priority")
    );
}

#[test]
fn a_token_of_ours_is_passed_to_nobody() {
    for name in ["GITHUB_TOKEN", "GH_TOKEN", "TELEGRAM_BOT_TOKEN", "telegram_chat", "github_token"]
    {
        let error = refused(&format!("{WEB}agents:\n  claude:\n    env: [{name}]\n"));
        assert_eq!((error.line, error.message.contains(name)), (Some(4), true), "{error}");
        refused(&format!("{WEB}command_env: [{name}]\n"));
    }
    let error = refused(&format!("{WEB}command_env: ['KEY=hunter2']\n"));
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[test]
fn keys_that_narrow_are_never_passed_over() {
    for text in [
        format!("{WEB}default_allow_push: no\n"),
        "repos: [{github_repo: a/b, allow_push: false}]\n".to_owned(),
    ] {
        let error = refused(&text);
        assert!(error.message.contains("allow_push: false") && error.hint.is_some(), "{error}");
    }
    assert!(
        refused(&format!("{WEB}allowed_repos: [acme/other]\n"))
            .message
            .contains("leaves no repository")
    );
    assert_eq!(loaded(&format!("{WEB}allowed_repos: [WEB]\n")).settings.repos.len(), 1);
    let gated = loaded(&format!("{WEB}quality_harness: {{enabled: true}}\n"));
    assert_eq!(gated.settings.repos[0].merge_policy, MergePolicy::Manual);
    let open = loaded(&format!("{WEB}quality_harness: {{enabled: false}}\n"));
    assert_eq!(open.settings.repos[0].merge_policy, MergePolicy::SupervisedFirst);
}

#[test]
fn repositories_that_could_be_mixed_up_are_refused() {
    for text in [
        "repos: [{github_repo: a/web}, {github_repo: A/Web}]",
        "repos: [{github_repo: a/web, task_prefix: x}, {github_repo: b/api, task_prefix: X}]",
        "repos: [{github_repo: a/web}, {github_repo: a/web-2}]",
        "repos: [{github_repo: a/x-1-2}, {github_repo: a/y, task_prefix: x-1}]",
        "repos: [{github_repo: a/web}, {github_repo: b/api, task_prefix: a-web}, {github_repo: c/web}]",
        "repos: [{github_repo: a/web, task_prefix: ../x}]",
        "repos: [{github_repo: a/web, repo: a/api}]",
        "repos: [{path: /a, local_repo: /b}]",
        "repos: [{task_prefix: x}]",
        "repos: [{host: github, path: /a}]",
        "repos: [{github_repo: web}]",
        "repos: [{github_repo: a/b/c}]",
        "repos: [{path: /}]",
        "repos: [{github_repo: a/b, remote: 'https://me:hunter2@example.com/x'}]",
        "repos: [{github_repo: a/b, remote: --upload-pack=x}]",
    ] {
        let error = refused(&format!("{text}\n"));
        assert_eq!(error.line, Some(1), "{text}: {error}");
    }
    loaded("repos: [{github_repo: a/web}, {github_repo: a/web-b2}, {github_repo: a/web2}]\n");
}

#[test]
fn a_key_given_twice_is_refused_where_it_is_given_again() {
    assert_eq!(refused(&format!("{WEB}plan_size: 1\nplan_size: 2\n")).line, Some(3));
    assert_eq!(refused(&format!("{WEB}projects: {{}}\ngithub_projects: {{}}\n")).line, Some(1));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(repos:|projects:|agents:|- |  |github_repo: |a/b|path: |~|\\$X|plan_size: |[0-9.-]{1,4}|\n|\\{|\\}|\\[|\\]|,|: |\\PC){0,40}") {
        let folder = Folder::with(&text);
        if let Ok(loaded) = folder.load() {
            let _explained = loaded.explain(&text);
        }
    }
}
