//! Branch protection and rules of rulesets as GitHub sends them, and what each demands of a merge.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::malformed;
use crate::domain::merge::{Boundary, RequiredCheck};
use crate::host::HostError;
use crate::text::clean;

/// Most characters of the name of a rule in a message.
const MAX_RULE_CHARS: usize = 60;

/// A branch.
#[derive(Debug, Deserialize)]
pub(super) struct Branch {
    pub(super) commit: Tip,
    protected: bool,
    #[serde(default)]
    protection: Option<Protection>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tip {
    pub(super) sha: String,
}

/// What whoever may write sees of a protection; the rest of it only administrators see. The host's own word on a merge covers that.
#[derive(Debug, Deserialize)]
struct Protection {
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    required_status_checks: Option<RequiredChecks>,
    #[serde(default)]
    required_signatures: Option<Switch>,
    #[serde(default)]
    lock_branch: Option<Switch>,
    #[serde(default)]
    required_pull_request_reviews: Option<ProtectionReviews>,
}

#[derive(Debug, Deserialize)]
struct Switch {
    #[serde(default)]
    enabled: bool,
}

#[derive(Debug, Default, Deserialize)]
struct ProtectionReviews {
    #[serde(default)]
    required_approving_review_count: Option<u32>,
    #[serde(default)]
    dismiss_stale_reviews: Option<bool>,
    #[serde(default)]
    require_code_owner_reviews: Option<bool>,
    #[serde(default)]
    require_last_push_approval: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct RequiredChecks {
    /// Nothing here means that they are enforced.
    #[serde(default)]
    enforcement_level: Option<String>,
    #[serde(default)]
    strict: Option<bool>,
    contexts: Vec<String>,
    #[serde(default)]
    checks: Vec<RequiredContext>,
}

#[derive(Debug, Deserialize)]
struct RequiredContext {
    context: String,
    /// In a protection. Nothing and `-1` both mean any app.
    #[serde(default)]
    app_id: Option<i64>,
    /// In a rule.
    #[serde(default)]
    integration_id: Option<i64>,
}

impl RequiredContext {
    fn into_domain(self) -> RequiredCheck {
        let app = self.app_id.or(self.integration_id).and_then(|app| u64::try_from(app).ok());
        RequiredCheck { name: self.context, app }
    }
}

/// A rule of a ruleset that holds for a branch.
#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Value,
}

#[derive(Debug, Deserialize)]
struct RuleChecks {
    required_status_checks: Vec<RequiredContext>,
    #[serde(default)]
    strict_required_status_checks_policy: bool,
}

#[derive(Debug, Deserialize)]
struct RulePulls {
    #[serde(default)]
    required_approving_review_count: u32,
    #[serde(default)]
    dismiss_stale_reviews_on_push: bool,
    #[serde(default)]
    require_code_owner_review: bool,
    #[serde(default)]
    require_last_push_approval: bool,
    /// Whether a merge has to wait until every conversation is resolved only GitHub's own word tells.
    #[serde(default)]
    required_reviewers: Vec<Value>,
    #[serde(default)]
    allowed_merge_methods: Option<Vec<String>>,
}

/// The demands of a branch's protection.
pub(super) fn of_protection(what: &str, branch: Branch) -> Result<Boundary, HostError> {
    // "Required status checks must have a successful, skipped, or neutral status": GitHub, About protected branches.
    let mut boundary = Boundary { accepts_skipped: true, ..Boundary::default() };
    if !branch.protected {
        return Ok(boundary);
    }
    let Some(protection) = branch.protection else {
        let reason = "the branch is protected, and the answer does not say how; is the token allowed to read it?";
        return Err(malformed(what, reason));
    };
    let is_on = |switch: &Option<Switch>| switch.as_ref().is_some_and(|switch| switch.enabled);
    if is_on(&protection.required_signatures) {
        boundary.obstacles.push(SIGNATURES.to_owned());
    }
    if is_on(&protection.lock_branch) {
        boundary.obstacles.push(LOCKED.to_owned());
    }
    if let Some(reviews) = protection.required_pull_request_reviews {
        let count = reviews.required_approving_review_count.unwrap_or(1);
        let is_personal = reviews.require_code_owner_reviews == Some(true)
            || reviews.require_last_push_approval == Some(true);
        approvals(&mut boundary, count, is_personal);
        boundary.approvals_of_head |= reviews.dismiss_stale_reviews == Some(true);
    }
    let Some(required) = protection.required_status_checks else {
        // Where a ruleset alone protects it, the rules say so.
        return match protection.enabled {
            Some(false) => Ok(boundary),
            Some(true) | None => {
                Err(malformed(what, "its protection does not say which checks it requires"))
            }
        };
    };
    if required.enforcement_level.as_deref() == Some("off") {
        return Ok(boundary);
    }
    boundary.up_to_date |= required.strict == Some(true);
    boundary.required.extend(required.contexts.into_iter().map(RequiredCheck::by_anybody));
    boundary.required.extend(required.checks.into_iter().map(RequiredContext::into_domain));
    Ok(boundary)
}

const SIGNATURES: &str = "signed commits, and ours are not signed";
const LOCKED: &str = "that nobody writes to it (it is locked)";

/// Of the approval of an owner of the code, of somebody who did not push last, or of a team, GitHub alone knows whether it is there; one
/// of this very head there must be at least.
fn approvals(boundary: &mut Boundary, count: u32, is_personal: bool) {
    boundary.approvals = boundary.approvals.max(count).max(u32::from(is_personal));
    boundary.approvals_of_head |= is_personal;
}

/// Adds the demands of the rulesets of a branch.
pub(super) fn of_rules(
    what: &str,
    rules: Vec<Rule>,
    boundary: &mut Boundary,
) -> Result<(), HostError> {
    rules.into_iter().try_for_each(|rule| of_rule(what, rule, boundary))
}

fn of_rule(what: &str, rule: Rule, boundary: &mut Boundary) -> Result<(), HostError> {
    let obstacle = match rule.kind.as_str() {
        "required_status_checks" => {
            let checks: RuleChecks = parameters(what, "checks", rule.parameters)?;
            boundary.up_to_date |= checks.strict_required_status_checks_policy;
            let named = checks.required_status_checks.into_iter().map(RequiredContext::into_domain);
            boundary.required.extend(named);
            return Ok(());
        }
        "pull_request" => {
            let pulls: RulePulls = parameters(what, "pull requests", rule.parameters)?;
            of_pulls(pulls, boundary);
            return Ok(());
        }
        // A squashed merge through a pull request keeps to these; those about files were checked when the head was pushed.
        "creation"
        | "deletion"
        | "non_fast_forward"
        | "required_linear_history"
        | "branch_name_pattern"
        | "tag_name_pattern"
        | "file_path_restriction"
        | "max_file_path_length"
        | "file_extension_restriction"
        | "max_file_size"
        | "copilot_code_review" => return Ok(()),
        "required_signatures" => SIGNATURES.to_owned(),
        "merge_queue" => "its merge queue, which agentos does not enter".to_owned(),
        "required_deployments" => "deployments before a merge, which are not looked at".to_owned(),
        "update" => "that nobody updates it without a bypass (restrict updates)".to_owned(),
        "workflows" => "workflows of another repository, which are not looked at".to_owned(),
        "code_scanning" => "results of code scanning, which are not looked at".to_owned(),
        other => {
            let name = clean::one_line(other, MAX_RULE_CHARS);
            format!("the rule `{name}`, of which it is not known how to keep to it")
        }
    };
    boundary.obstacles.push(obstacle);
    Ok(())
}

fn of_pulls(pulls: RulePulls, boundary: &mut Boundary) {
    let is_personal = pulls.require_code_owner_review
        || pulls.require_last_push_approval
        || !pulls.required_reviewers.is_empty();
    approvals(boundary, pulls.required_approving_review_count, is_personal);
    boundary.approvals_of_head |= pulls.dismiss_stale_reviews_on_push;
    let forbids = |methods: Vec<String>| !methods.iter().any(|method| method == "squash");
    if pulls.allowed_merge_methods.is_some_and(forbids) {
        boundary.obstacles.push("another way to merge than squashing".to_owned());
    }
}

fn parameters<T: DeserializeOwned>(
    what: &str,
    about: &str,
    parameters: Value,
) -> Result<T, HostError> {
    serde_json::from_value(parameters)
        .map_err(|error| malformed(what, format!("a rule about {about}: {error}")))
}

#[cfg(test)]
#[path = "boundary_wire_tests.rs"]
mod tests;
