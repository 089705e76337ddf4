//! What a base branch demands before a merge: branch protection and rulesets together. What cannot be read is an error and never "nothing".

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::endpoints;
use super::host::GithubHost;
use super::pull_wire::sha;
use super::wire::malformed;
use crate::domain::ids::{BranchName, CommitSha};
use crate::host::HostError;

/// A branch.
#[derive(Debug, Deserialize)]
struct Branch {
    commit: Tip,
    protected: bool,
    #[serde(default)]
    protection: Option<Protection>,
}

#[derive(Debug, Deserialize)]
struct Tip {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct Protection {
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    required_status_checks: Option<RequiredChecks>,
}

#[derive(Debug, Deserialize)]
struct RequiredChecks {
    /// Nothing here means that they are enforced.
    #[serde(default)]
    enforcement_level: Option<String>,
    contexts: Vec<String>,
    #[serde(default)]
    checks: Vec<RequiredCheck>,
}

#[derive(Debug, Deserialize)]
struct RequiredCheck {
    context: String,
}

/// A rule of a ruleset that holds for a branch; only one type is of interest here.
#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Value,
}

#[derive(Debug, Deserialize)]
struct RuleChecks {
    required_status_checks: Vec<RequiredCheck>,
}

/// The checks that a branch's protection demands.
fn of_protection(what: &str, branch: Branch) -> Result<Vec<String>, HostError> {
    if !branch.protected {
        return Ok(Vec::new());
    }
    let Some(protection) = branch.protection else {
        let reason = "the branch is protected, and the answer does not say how; is the token allowed to read it?";
        return Err(malformed(what, reason));
    };
    let Some(required) = protection.required_status_checks else {
        // Where a ruleset alone protects it, the rules say so.
        return match protection.enabled {
            Some(false) => Ok(Vec::new()),
            Some(true) | None => {
                Err(malformed(what, "its protection does not say which checks it requires"))
            }
        };
    };
    if required.enforcement_level.as_deref() == Some("off") {
        return Ok(Vec::new());
    }
    let named = required.checks.into_iter().map(|check| check.context);
    Ok(required.contexts.into_iter().chain(named).collect())
}

/// The checks that the rulesets of a branch demand.
fn of_rules(what: &str, rules: Vec<Rule>) -> Result<Vec<String>, HostError> {
    let mut required = Vec::new();
    for rule in rules.into_iter().filter(|rule| rule.kind == "required_status_checks") {
        let checks: RuleChecks = serde_json::from_value(rule.parameters)
            .map_err(|error| malformed(what, format!("a rule about checks: {error}")))?;
        required.extend(checks.required_status_checks.into_iter().map(|check| check.context));
    }
    Ok(required)
}

impl GithubHost {
    async fn branch(&self, name: &BranchName) -> Result<Branch, HostError> {
        let call = self.call(&endpoints::BRANCH).with("branch", name);
        let answer = self.get(call).await;
        self.of_thing(answer, format!("branch `{name}`")).await
    }

    /// The commit at the tip of a branch.
    pub(super) async fn tip_of(&self, name: &BranchName) -> Result<CommitSha, HostError> {
        let branch = self.branch(name).await?;
        sha(&self.name(format_args!("branch `{name}`")), &branch.commit.sha)
    }

    /// The names of all checks that a branch demands, each once.
    pub(super) async fn demanded(&self, name: &BranchName) -> Result<Vec<String>, HostError> {
        let what = self.name(format_args!("what `{name}` demands before a merge,"));
        let mut required = of_protection(&what, self.branch(name).await?)?;
        let rules = self.list(self.call(&endpoints::RULES).with("branch", name)).await?;
        required.extend(of_rules(&what, rules)?);
        let required: BTreeSet<String> = required.into_iter().collect();
        Ok(required.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "a table reads better so")]
    fn protection(protected: bool, protection: Value) -> Result<Vec<String>, HostError> {
        let branch =
            json!({"commit": {"sha": "x"}, "protected": protected, "protection": protection});
        of_protection("main", serde_json::from_value(branch).unwrap())
    }

    fn checks(level: &str, contexts: &[&str], checks: &[&str]) -> Value {
        let checks: Vec<Value> =
            checks.iter().map(|name| json!({"context": name, "app_id": null})).collect();
        json!({"enabled": true, "required_status_checks":
            {"enforcement_level": level, "contexts": contexts, "checks": checks}})
    }

    #[test]
    fn protection_demands_contexts_and_checks_unless_it_is_off() {
        for (is_protected, given, expected) in [
            (true, checks("non_admins", &["ci"], &["ci", "lint"]), vec!["ci", "ci", "lint"]),
            (true, checks("everyone", &["ci"], &[]), vec!["ci"]),
            (true, checks("some_new_level", &["ci"], &[]), vec!["ci"]),
            (true, checks("off", &["ci"], &[]), vec![]),
            (true, checks("everyone", &[], &[]), vec![]),
            (true, json!({"enabled": false}), vec![]),
            (false, json!({"enabled": false}), vec![]),
            (false, Value::Null, vec![]),
        ] {
            let found = protection(is_protected, given.clone()).unwrap();
            assert_eq!(found, expected, "{is_protected} {given}");
        }
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
    fn rulesets_demand_their_checks_and_other_rules_none() {
        let rule = |kind: &str, parameters: Value| -> Rule {
            serde_json::from_value(json!({"type": kind, "parameters": parameters})).unwrap()
        };
        let demands = |names: &[&str]| {
            let names: Vec<Value> = names.iter().map(|name| json!({"context": name})).collect();
            json!({"required_status_checks": names, "strict_required_status_checks_policy": true})
        };
        let rules = vec![
            rule("deletion", Value::Null),
            rule("required_status_checks", demands(&["ci", "lint"])),
            rule("pull_request", json!({"required_approving_review_count": 1})),
            rule("required_status_checks", demands(&["e2e"])),
        ];
        assert_eq!(of_rules("main", rules).unwrap(), ["ci", "lint", "e2e"]);
        for parameters in [Value::Null, json!({}), json!({"required_status_checks": [7]})] {
            let broken = vec![rule("required_status_checks", parameters)];
            let error = of_rules("main", broken).unwrap_err();
            assert!(matches!(error, HostError::Malformed { .. }));
        }
    }
}
