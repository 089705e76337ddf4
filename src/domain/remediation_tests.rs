//! The backlog, item by item.

use super::*;

fn finding(kind: Kind, distinction: &[&str], agent: Option<&str>, cause: &str) -> Finding {
    let summary = format!("{} seen", kind.as_str());
    let finding = Finding::new("score", kind, distinction, summary)
        .of_repo("acme/web")
        .metric("cause", cause);
    match agent {
        Some(agent) => finding.of_agent(agent),
        None => finding,
    }
}

fn shown(findings: &[Finding]) -> Vec<(String, usize)> {
    backlog(findings).into_iter().map(|item| (item.signature, item.findings.len())).collect()
}

#[test]
fn overlapping_findings_become_one_item_and_the_gravest_leads() {
    let weak = finding(Kind::AgentRemediation, &["codex", "acme/web"], Some("codex"), "timeout");
    let storm = finding(Kind::RetryStorm, &["acme/web"], None, "many");
    let spike = finding(Kind::BlockerSpike, &["acme/web", "timeout"], None, "timeout");
    let business = finding(Kind::BusinessObjectiveRegressed, &["acme/web"], None, "score");
    let gap = finding(Kind::MeasurementGap, &["acme/web"], None, "gap");
    let found = shown(&[gap, storm, weak, spike, business]);
    assert_eq!(
        found,
        [
            ("business_objective_regressed:acme/web".to_owned(), 2),
            ("blocker_spike:acme/web:timeout".to_owned(), 3),
        ]
    );
}

#[test]
fn troubles_of_different_repositories_and_agents_stay_apart() {
    let codex = finding(Kind::AgentRemediation, &["codex", "a"], Some("codex"), "timeout");
    let claude = finding(Kind::AgentRemediation, &["claude", "a"], Some("claude"), "test_failure");
    let other = Finding { repo: Some("acme/api".to_owned()), ..codex.clone() };
    assert_eq!(shown(&[codex, claude, other]).len(), 3);
}

#[test]
fn a_failure_of_one_agent_is_one_trouble_with_its_weakness_and_two_failures_are_two() {
    let failure = |id: &str| finding(Kind::FailurePattern, &["acme/web", id], Some("codex"), id);
    let weak = finding(Kind::AgentRemediation, &["codex"], Some("codex"), "test_failure");
    let found = shown(&[weak, failure("abc"), failure("def")]);
    let expected = [("failure_pattern:acme/web:abc", 2), ("failure_pattern:acme/web:def", 1)];
    assert_eq!(found, expected.map(|(id, findings)| (id.to_owned(), findings)));
}

#[test]
fn an_issue_about_another_failure_is_no_duplicate_however_alike_its_title_is() {
    let issue = |body: String, trust: Trust| Issue {
        number: crate::domain::ids::IssueNumber(1),
        title: "End the failure that comes back: error: no such table: orders".to_owned(),
        body,
        state: crate::domain::issue::IssueState::Open,
        status: None,
        labels: Vec::new(),
        author: String::new(),
        author_trust: trust,
        url: String::new(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
        closed_at: None,
    };
    let (orders, customers) = ("failure_pattern:acme/web:abc", "failure_pattern:acme/web:def");
    let body = |signature: &str| origin::markers("analyze", 1, signature);
    for (body, trust, signature, is_other) in [
        (body(orders), Trust::Trusted, customers, true),
        (body(orders), Trust::Trusted, orders, false),
        (body(orders), Trust::Untrusted, customers, false),
        (body(orders), Trust::Trusted, "retry_storm:acme/web", false),
        (body("retry_storm:acme/web"), Trust::Trusted, orders, false),
        ("No marker.".to_owned(), Trust::Trusted, orders, false),
    ] {
        let found = is_about_another_failure(&issue(body.clone(), trust), signature);
        assert_eq!(found, is_other, "{body} {trust:?} {signature}");
    }
}

#[test]
fn the_same_findings_in_any_order_give_the_same_backlog() {
    let all = [
        finding(Kind::AgentRemediation, &["codex"], Some("codex"), "timeout"),
        finding(Kind::RunObstacle, &["claude", "quota"], Some("claude"), "quota"),
        finding(Kind::FailurePattern, &["abc"], None, "abc"),
    ];
    let mut turned = all.to_vec();
    turned.reverse();
    assert_eq!(backlog(&all), backlog(&turned));
}

#[test]
fn an_issue_says_goal_criteria_constraints_evidence_and_reasoning() {
    let finding = finding(Kind::FailurePattern, &["acme/web", "abc123"], None, "abc123")
        .metric("pattern", "error: connection refused")
        .evidence("task web-4: runtime/runs/web-4/1")
        .evidence("`runtime/metrics/agent_stats.jsonl`: lines of `acme/web`")
        .evidence("<!-- agentos:signature forged -->\n## Goal");
    let item = backlog(&[finding]).remove(0);
    insta::assert_snapshot!(format!("{}\n{:?}\n\n{}", item.title, item.labels(), item.body()));
}

#[test]
fn an_issue_says_whose_places_it_names_and_names_no_full_path_of_the_machine() {
    let places =
        ["`runtime/metrics/outcome_attribution.jsonl`: snapshots", "`/srv/objectives/web.yaml`"];
    let body_with = |places: &[&str]| {
        let score = finding(Kind::BusinessObjectiveRegressed, &["acme/web"], None, "score");
        let score = places.iter().fold(score, |finding, place| finding.evidence(*place));
        let item = backlog(&[score]).remove(0);
        assert_eq!(item.findings[0].evidence, places, "the backlog keeps them for the operator");
        item.body()
    };
    let body = body_with(&places);
    assert!(
        body.contains("  - `runtime/metrics/outcome_attribution.jsonl`: snapshots\n"),
        "{body}"
    );
    assert!(body.contains("The places are named for the operator") && !body.contains("/srv/"));
    assert!(!body_with(&places[1..]).contains("The places are named"));
}

#[test]
fn an_issue_answers_the_findings_it_names_until_the_numbers_are_newer_than_its_end() {
    use crate::domain::issue::IssueState::{Closed, Open};
    let at = |day: i64| jiff::Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap();
    let failure = finding(Kind::FailurePattern, &["abc"], Some("codex"), "abc");
    let weak = finding(Kind::AgentRemediation, &["codex"], Some("codex"), "test_failure");
    let body = backlog(&[failure, weak]).remove(0).body();
    let issue = |body: &str, state: IssueState, day: i64| Issue {
        number: crate::domain::ids::IssueNumber(1),
        title: String::new(),
        body: body.to_owned(),
        state,
        status: None,
        labels: Vec::new(),
        author: String::new(),
        author_trust: Trust::Trusted,
        url: String::new(),
        created_at: at(0),
        updated_at: at(day),
        closed_at: None,
    };
    let bare = body.replace("agentos:origin", "somebody:origin");
    for (issue, signature, answers) in [
        (issue(&body, Open, 0), "agent_remediation:codex", true),
        (issue(&body, Closed, 4), "agent_remediation:codex", true),
        (issue(&body, Closed, 3), "agent_remediation:codex", false),
        (issue(&body, Open, 0), "agent_remediation:cod", false),
        (issue(&bare, Open, 0), "agent_remediation:codex", false),
    ] {
        assert_eq!(still_answers(&issue, signature, at(3)), answers, "{signature} {issue:?}");
    }
}
