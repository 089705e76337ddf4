//! What the checks of the head say, and whether those that the base demands are among them.

use super::{Boundary, RequiredCheck, Snapshot, Verdict};
use crate::domain::ci;
use crate::domain::pull::{Check, CheckOutcome, Checks};

const NO_CHECKS: &str = "it has no checks, and nothing is merged unchecked without a person";

/// The checks by themselves.
pub(super) fn of(snapshot: &Snapshot) -> Option<Verdict> {
    let checks = match &snapshot.checks {
        Checks::Unknown { reason } => {
            return Some(Verdict::Wait(format!("its checks cannot be read: {reason}")));
        }
        Checks::Missing => return Some(Verdict::Hold(NO_CHECKS.to_owned())),
        Checks::Known(checks) if checks.is_empty() => {
            return Some(Verdict::Hold(NO_CHECKS.to_owned()));
        }
        Checks::Known(checks) => checks,
    };
    let with = |outcome| checks.iter().filter(move |check| check.outcome == outcome);
    let failed: Vec<&Check> = with(CheckOutcome::Failed).collect();
    let pending = with(CheckOutcome::Pending).next();
    if !failed.is_empty() {
        return Some(on_red(snapshot, &failed, pending));
    }
    pending.map(|check| Verdict::Wait(format!("the check `{}` is pending", check.name)))
}

/// The checks against the demands of the base. Asked only where none is red or pending.
pub(super) fn demanded(snapshot: &Snapshot) -> Option<Verdict> {
    let base = &snapshot.pull.base;
    let Some(boundary) = &snapshot.boundary else {
        let reason = format!("what `{base}` demands before a merge cannot be read");
        return Some(Verdict::Wait(reason));
    };
    if boundary.required.is_empty() {
        return Some(Verdict::Hold(format!(
            "`{base}` requires no check: protect it and require at least one, or merge by hand"
        )));
    }
    if let Some(verdict) = boundary.required.iter().find_map(|one| unmet(snapshot, boundary, one)) {
        return Some(verdict);
    }
    let has_passed = |one: &RequiredCheck| {
        of_name(snapshot, &one.name).is_some_and(|check| check.outcome == CheckOutcome::Passed)
    };
    if !boundary.required.iter().any(has_passed) {
        let reason = "every required check was skipped or is neutral: nothing has tested it";
        return Some(Verdict::Hold(reason.to_owned()));
    }
    let obstacle = boundary.obstacles.first()?;
    Some(Verdict::Hold(format!("`{base}` demands {obstacle}: a person merges it")))
}

fn of_name<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s Check> {
    let Checks::Known(checks) = &snapshot.checks else { return None };
    checks.iter().find(|check| check.name == name)
}

fn unmet(snapshot: &Snapshot, boundary: &Boundary, one: &RequiredCheck) -> Option<Verdict> {
    let name = &one.name;
    let Some(check) = of_name(snapshot, name) else {
        return Some(silent(snapshot, format!("the required check `{name}` has not reported")));
    };
    if let Some(app) = one.app.filter(|app| !check.apps.contains(app)) {
        let reason = format!(
            "the required check `{name}` has not been reported by the app {app}, from which it must come"
        );
        return Some(silent(snapshot, reason));
    }
    match check.outcome {
        CheckOutcome::Passed => None,
        CheckOutcome::Neutral if boundary.accepts_skipped => None,
        CheckOutcome::Neutral => Some(Verdict::Hold(format!(
            "the required check `{name}` was skipped or is neutral, which does not count here"
        ))),
        CheckOutcome::Pending | CheckOutcome::Failed => {
            Some(Verdict::Wait(format!("the required check `{name}` did not succeed")))
        }
    }
}

/// What follows from a check that says nothing: it is waited for, but not for ever. One that was renamed, or whose workflow does not run
/// here, comes never.
fn silent(snapshot: &Snapshot, reason: String) -> Verdict {
    let age = snapshot.head_since.map(|since| snapshot.now.duration_since(since));
    match (age, snapshot.patience) {
        (Some(age), Some(patience)) if age >= patience => Verdict::Hold(format!(
            "{reason}, for longer than `alert_after_hours`: see whether it still runs for this branch"
        )),
        _ => Verdict::Wait(reason),
    }
}

/// The names in one line.
fn named(checks: &[&Check]) -> String {
    let names: Vec<String> = checks.iter().map(|check| format!("`{}`", check.name)).collect();
    names.join(", ")
}

fn owned(checks: &[&Check]) -> Vec<Check> {
    checks.iter().map(|check| (*check).clone()).collect()
}

/// What follows from red checks: jobs that fail on the base as well, or by infrastructure, are run once more; what still fails there
/// is no fault of the change; all else is repaired.
fn on_red(snapshot: &Snapshot, failed: &[&Check], pending: Option<&Check>) -> Verdict {
    if let Some(check) = failed.iter().find(|check| check.could_not_start()) {
        // A command that is not there is mended by a person and not by an agent.
        return Verdict::Hold(format!(
            "`{}`: {}; mend `ci_command` or the machine, then remove this result from the board's `checks/`",
            check.name, check.summary
        ));
    }
    if !snapshot.repairs_allowed {
        let names: Vec<&str> = failed.iter().map(|check| check.name.as_str()).collect();
        return Verdict::Hold(format!("red: {}; repairs are off here", names.join(", ")));
    }
    let (alike, own): (Vec<&Check>, Vec<&Check>) =
        failed.iter().partition(|check| fails_on_base(snapshot, &check.name));
    let is_worth_a_rerun = failed.iter().all(|check| check.job.is_some())
        && own.iter().all(|check| ci::is_infrastructure(check));
    if is_worth_a_rerun && !snapshot.has_rerun {
        // Jobs of a run can be run again only when the whole run has ended.
        return pending.map_or_else(
            || Verdict::Rerun(owned(failed)),
            |pending| {
                Verdict::Wait(format!(
                    "{} is red and is run once more when `{}` has ended",
                    named(failed),
                    pending.name
                ))
            },
        );
    }
    if own.is_empty() {
        return Verdict::Hold(format!(
            "{} is red on `{}` as well, so that it is not this change that has to be mended",
            named(&alike),
            snapshot.pull.base
        ));
    }
    let (used, most) = snapshot.repairs;
    if used >= most { Verdict::RepairsGivenUp(owned(&own)) } else { Verdict::Repair(owned(&own)) }
}

/// Whether a check of this name is red on the base too. What cannot be read there is no excuse.
fn fails_on_base(snapshot: &Snapshot, name: &str) -> bool {
    matches!(&snapshot.base_checks, Some(Checks::Known(checks))
        if checks.iter().any(|check| check.name == name && check.outcome == CheckOutcome::Failed))
}
