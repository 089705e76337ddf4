//! Task files: what people read, what survives, what is refused.

use proptest::prelude::*;

use super::*;
use crate::domain::task::tests::a_task;

#[test]
fn a_fresh_task_reads_as_the_contract_says() {
    insta::assert_snapshot!(render(&a_task()).unwrap(), @r#"
    ---
    task_id: web-42
    repo: acme/web
    issue: 42
    title: Add a cart
    url: https://example.com/42
    task_type: implementation
    priority: normal
    agent: auto
    attempt: 1
    max_attempts: 4
    base_branch: main
    branch: agent/web-42
    spent: 0
    free_runs: 0
    repairs: 0
    rebases: 0
    tried: []
    cost_usd: 0.0
    generation: 1
    brief_sha256: ""
    created_at: "2026-11-20T09:00:00Z"
    schema: 1
    ---
    # Goal

    Add a cart
    "#);
}

#[test]
fn keys_of_others_survive_a_rewrite() {
    let text = "---\ntask_id: web-42\nrepo: acme/web\nissue: 42\nbase_branch: main\nbranch: agent/web-42\n\
                created_at: 2026-11-20T09:00:00Z\nmy_note: {since: yesterday, by: [ann, bob]}\n---\nbody";
    let task = parse(text, "web-42.md").unwrap();
    let again = parse(&render(&task).unwrap(), "web-42.md").unwrap();
    assert_eq!(again, task);
    assert_eq!(task.unknown[0].1["by"][1], "bob");
}

#[test]
fn an_error_names_file_line_and_key() {
    let text = "---\ntask_id: web-42\nrepo: acme/web\nissue: many\nbase_branch: main\nbranch: b\ncreated_at: x\n---\n";
    let error = parse(text, "inbox/web-42.md").unwrap_err().to_string();
    assert!(error.starts_with("inbox/web-42.md:4:"), "{error}");
    let error = parse("no front matter", "inbox/x.md").unwrap_err().to_string();
    assert!(error.contains("inbox/x.md") && error.contains("`---`"), "{error}");
}

#[test]
fn a_newer_schema_is_left_alone() {
    let text = "---\ntask_id: web-42\nschema: 2\n---\n";
    assert!(matches!(parse(text, "x"), Err(TaskFileError::Newer { found: 2, .. })));
}

#[test]
fn nothing_dangerous_becomes_a_branch_or_an_id() {
    for (key, value) in [
        ("branch", "--upload-pack=x"),
        ("branch", "../../etc"),
        ("task_id", "../x-1"),
        ("repo", "acme"),
        ("base_branch", "-x"),
    ] {
        let mut keys = [
            ("task_id", "web-42"),
            ("repo", "acme/web"),
            ("issue", "42"),
            ("base_branch", "main"),
            ("branch", "agent/web-42"),
            ("created_at", "2026-11-20T09:00:00Z"),
        ];
        keys.iter_mut().filter(|(name, _)| *name == key).for_each(|pair| pair.1 = value);
        let yaml: Vec<String> = keys.iter().map(|(k, v)| format!("{k}: \"{v}\"")).collect();
        let text = format!("---\n{}\n---\n", yaml.join("\n"));
        assert!(parse(&text, "x").is_err(), "{key}: {value}");
    }
}

prop_compose! {
    fn tasks()(
        title in "\\PC{0,60}",
        body in "(?s).{0,400}",
        reason in proptest::option::of("\\PC{0,80}"),
        attempt in 1..99_u32,
        spent in 0..9_u32,
        cents in 0..100_000_u64,
        checks in proptest::collection::vec("[a-z_]{1,12}", 0..3),
        tried in proptest::collection::vec(prop_oneof![Just("codex"), Just("yes"), Just("0x10")], 0..3),
        outcome in proptest::option::of(Just(Outcome::Merged)),
        note in "\\PC{0,40}",
    ) -> Task {
        let mut task = a_task();
        task.title = title;
        task.body = body;
        task.reason = reason;
        task.attempt = attempt;
        task.counters.spent = spent;
        task.cost_usd_micros = cents * 10_000;
        task.failed_checks = checks;
        task.tried = tried.into_iter().map(|name| name.parse().unwrap()).collect();
        task.outcome = outcome;
        task.unknown = vec![("note".to_owned(), serde_json::Value::String(note))];
        task
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(task in tasks()) {
        let text = render(&task).unwrap();
        prop_assert_eq!(parse(&text, "x").unwrap(), task.clone());
        prop_assert!(text.ends_with(&task.body));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,300}", yaml in "([a-z_]{1,12}: .{0,20}\n){0,12}") {
        drop(parse(&text, "x"));
        drop(parse(&format!("---\n{yaml}---\n{text}"), "x"));
    }
}
