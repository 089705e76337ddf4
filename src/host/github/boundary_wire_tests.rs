//! Tables of what protections and rules demand.

use serde_json::json;

use super::*;

#[expect(clippy::needless_pass_by_value, reason = "a table reads better so")]
fn protection(protected: bool, protection: Value) -> Result<Boundary, HostError> {
    let branch = json!({"commit": {"sha": "x"}, "protected": protected, "protection": protection});
    of_protection("main", serde_json::from_value(branch).unwrap())
}

fn checks(level: &str, contexts: &[&str], checks: &[(&str, Option<i64>)]) -> Value {
    let checks: Vec<Value> =
        checks.iter().map(|(name, app)| json!({"context": name, "app_id": app})).collect();
    json!({"enabled": true, "required_status_checks":
        {"enforcement_level": level, "contexts": contexts, "checks": checks}})
}

fn names(boundary: &Boundary) -> Vec<&str> {
    boundary.required.iter().map(|check| check.name.as_str()).collect()
}

#[test]
fn protection_demands_contexts_and_checks_unless_it_is_off() {
    for (is_protected, given, expected) in [
        (
            true,
            checks("non_admins", &["ci"], &[("ci", None), ("lint", None)]),
            vec!["ci", "ci", "lint"],
        ),
        (true, checks("everyone", &["ci"], &[]), vec!["ci"]),
        (true, checks("some_new_level", &["ci"], &[]), vec!["ci"]),
        (true, checks("off", &["ci"], &[]), vec![]),
        (true, checks("everyone", &[], &[]), vec![]),
        (true, json!({"enabled": false}), vec![]),
        (false, json!({"enabled": false}), vec![]),
        (false, Value::Null, vec![]),
    ] {
        let found = protection(is_protected, given.clone()).unwrap();
        assert_eq!(names(&found), expected, "{is_protected} {given}");
        assert!(found.accepts_skipped, "GitHub counts skipped and neutral checks as green");
    }
}

#[test]
fn a_required_check_may_have_to_come_from_one_app() {
    for (given, expected) in [(None, None), (Some(-1), None), (Some(15368), Some(15368))] {
        let found = protection(true, checks("everyone", &[], &[("ci", given)])).unwrap();
        assert_eq!(found.required, [RequiredCheck { name: "ci".to_owned(), app: expected }]);
    }
    let rule = json!({"required_status_checks": [{"context": "ci", "integration_id": 7}]});
    let found = ruled(vec![("required_status_checks", rule)]).unwrap();
    assert_eq!(found.required, [RequiredCheck { name: "ci".to_owned(), app: Some(7) }]);
}

#[test]
fn a_protection_that_cannot_be_read_is_an_error_and_never_nothing() {
    for given in [Value::Null, json!({}), json!({"enabled": true})] {
        let error = protection(true, given.clone()).unwrap_err();
        assert!(matches!(error, HostError::Malformed { .. }), "{given}");
    }
    let branch = json!({"commit": {"sha": "x"}, "protection": null});
    assert!(serde_json::from_value::<Branch>(branch).is_err());
    let required = json!({"enforcement_level": "everyone"});
    assert!(serde_json::from_value::<RequiredChecks>(required).is_err());
}

#[test]
fn what_administrators_see_of_a_protection_counts_too() {
    let with = |key: &str, value: Value| {
        let mut given = checks("everyone", &["ci"], &[]);
        given[key] = value;
        protection(true, given).unwrap()
    };
    assert_eq!(with("required_signatures", json!({"enabled": true})).obstacles, [SIGNATURES]);
    assert!(with("required_signatures", json!({"enabled": false})).obstacles.is_empty());
    assert_eq!(with("lock_branch", json!({"enabled": true})).obstacles, [LOCKED]);
    for (given, expected) in [
        (json!({}), (1, false)),
        (json!({"required_approving_review_count": 0}), (0, false)),
        (json!({"required_approving_review_count": 2}), (2, false)),
        (json!({"required_approving_review_count": 2, "dismiss_stale_reviews": true}), (2, true)),
        (
            json!({"required_approving_review_count": 0, "require_code_owner_reviews": true}),
            (1, true),
        ),
        (
            json!({"required_approving_review_count": 0, "require_last_push_approval": true}),
            (1, true),
        ),
    ] {
        let found = with("required_pull_request_reviews", given.clone());
        assert_eq!((found.approvals, found.approvals_of_head), expected, "{given}");
    }
    let mut strict = checks("everyone", &["ci"], &[]);
    assert!(!protection(true, strict.clone()).unwrap().up_to_date);
    strict["required_status_checks"]["strict"] = json!(true);
    assert!(protection(true, strict).unwrap().up_to_date);
}

fn ruled(rules: Vec<(&str, Value)>) -> Result<Boundary, HostError> {
    let rules: Vec<Rule> = rules
        .into_iter()
        .map(|(kind, parameters)| {
            serde_json::from_value(json!({"type": kind, "parameters": parameters})).unwrap()
        })
        .collect();
    let mut boundary = Boundary::default();
    of_rules("main", rules, &mut boundary).map(|()| boundary)
}

#[test]
fn rulesets_demand_their_checks_and_harmless_rules_nothing() {
    let demands = |names: &[&str], strict: bool| {
        let names: Vec<Value> = names.iter().map(|name| json!({"context": name})).collect();
        json!({"required_status_checks": names, "strict_required_status_checks_policy": strict})
    };
    let found = ruled(vec![
        ("deletion", Value::Null),
        ("required_status_checks", demands(&["ci", "lint"], false)),
        ("required_linear_history", Value::Null),
        ("required_status_checks", demands(&["e2e"], false)),
    ])
    .unwrap();
    assert_eq!(names(&found), ["ci", "lint", "e2e"]);
    assert!(!found.up_to_date && found.obstacles.is_empty() && found.approvals == 0);
    assert!(ruled(vec![("required_status_checks", demands(&["ci"], true))]).unwrap().up_to_date);
    for harmless in [
        "creation",
        "deletion",
        "non_fast_forward",
        "required_linear_history",
        "branch_name_pattern",
        "tag_name_pattern",
        "file_path_restriction",
        "max_file_path_length",
        "file_extension_restriction",
        "max_file_size",
        "copilot_code_review",
    ] {
        assert_eq!(ruled(vec![(harmless, Value::Null)]).unwrap(), Boundary::default());
    }
}

#[test]
fn rules_that_no_merge_of_ours_keeps_to_are_named() {
    for (kind, word) in [
        ("required_signatures", "signed"),
        ("merge_queue", "merge queue"),
        ("required_deployments", "deployments"),
        ("update", "restrict updates"),
        ("workflows", "workflows"),
        ("code_scanning", "code scanning"),
        ("commit_message_pattern", "`commit_message_pattern`"),
        ("something_new", "`something_new`"),
    ] {
        let found = ruled(vec![(kind, Value::Null)]).unwrap();
        assert!(found.obstacles.len() == 1 && found.obstacles[0].contains(word), "{found:?}");
    }
}

#[test]
fn a_rule_about_pull_requests_demands_approvals_and_a_way_to_merge() {
    for (parameters, approvals, of_head, obstacles) in [
        (json!({}), 0, false, 0),
        (json!({"required_approving_review_count": 2}), 2, false, 0),
        (
            json!({"required_approving_review_count": 1, "dismiss_stale_reviews_on_push": true}),
            1,
            true,
            0,
        ),
        (json!({"require_code_owner_review": true}), 1, true, 0),
        (json!({"require_last_push_approval": true}), 1, true, 0),
        (json!({"required_reviewers": [{}]}), 1, true, 0),
        (json!({"required_review_thread_resolution": true}), 0, false, 0),
        (json!({"allowed_merge_methods": ["merge", "squash"]}), 0, false, 0),
        (json!({"allowed_merge_methods": ["merge", "rebase"]}), 0, false, 1),
    ] {
        let found = ruled(vec![("pull_request", parameters.clone())]).unwrap();
        let seen = (found.approvals, found.approvals_of_head, found.obstacles.len());
        assert_eq!(seen, (approvals, of_head, obstacles), "{parameters}");
    }
}

#[test]
fn a_rule_that_cannot_be_read_is_an_error() {
    for (kind, parameters) in [
        ("required_status_checks", Value::Null),
        ("required_status_checks", json!({})),
        ("required_status_checks", json!({"required_status_checks": [7]})),
        ("pull_request", Value::Null),
        ("pull_request", json!({"required_approving_review_count": "two"})),
    ] {
        let error = ruled(vec![(kind, parameters)]).unwrap_err();
        assert!(matches!(error, HostError::Malformed { .. }), "{kind}");
    }
}
