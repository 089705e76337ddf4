//! The truth table that `docs/merge.md` publishes, row by row: what is unlike a pull request that is merged, and what follows from it.

use super::tests::{check, failed, green, review, sha};
use super::*;
use crate::domain::pull::{CheckOutcome, PullState, ReviewState};

/// Condition, state, the change of a world that is to be merged, and the word of the verdict.
type Row = (&'static str, &'static str, fn(&mut Snapshot), &'static str);

fn known(s: &mut Snapshot, checks: Vec<Check>) {
    s.checks = Checks::Known(checks);
}

fn on_base(s: &mut Snapshot, checks: Vec<Check>) {
    s.base_checks = Some(Checks::Known(checks));
}

fn boundary(s: &mut Snapshot) -> &mut Boundary {
    s.boundary.as_mut().unwrap()
}

fn diff(s: &mut Snapshot) -> &mut Diff {
    s.diff.as_mut().unwrap()
}

/// So many hours after the head was made.
fn after_hours(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn refused(times: u32) -> Objection {
    let again = |before: Option<Objection>, _| {
        let now = Timestamp::UNIX_EPOCH;
        Some(Objection::of_host(sha('a'), "a rule is not met", now, before.as_ref()))
    };
    (0..times).fold(None, again).unwrap()
}

fn timed_out() -> Check {
    Check { summary: "timed_out".to_owned(), ..failed("ci") }
}

#[rustfmt::skip]
const STANDING: &[Row] = &[
    ("nothing", "everything below is as it should be", |_| {}, "merge"),
    ("pull request", "merged", |s| s.pull.state = PullState::Merged { commit: None }, "merged"),
    ("pull request", "closed without a merge", |s| s.pull.state = PullState::Closed, "closed"),
    ("head", "in another repository", |s| s.pull.same_repository = false, "hands_off"),
    ("head", "no commit of ours is recorded", |s| s.our_head = None, "hands_off"),
    ("head", "not the commit that we pushed last", |s| s.our_head = Some(sha('b')), "hands_off"),
    ("base", "changed by a person", |s| s.expected_base = "develop".parse().unwrap(), "hands_off"),
    ("issue", "cannot be read", |s| s.issue = None, "wait"),
    ("issue", "closed", |s| s.issue = Some(IssueState::Closed), "withdrawn"),
    ("issue", "deleted or moved to another repository, as the host says", |s| (s.issue, s.issue_gone) = (None, Some("issue 42 of acme/web does not exist any more".to_owned())), "withdrawn"),
    ("label", "one of `hold_labels`, in any letter case", |s| s.labels = vec!["Hold".to_owned()], "hold"),
    ("merges cleanly", "not known yet", |s| s.mergeable = Mergeable::Unknown, "wait"),
    ("merges cleanly", "its branch is gone", |s| s.mergeable = Mergeable::HeadGone, "hold"),
    ("merges cleanly", "its branch is gone, and the host wrote down an older head", |s| (s.mergeable, s.our_head) = (Mergeable::HeadGone, Some(sha('b'))), "hold"),
    ("merges cleanly", "its base is gone, under another name or for good", |s| s.mergeable = Mergeable::BaseGone, "hold"),
    ("merges cleanly", "no", |s| s.mergeable = Mergeable::Conflict, "rebase"),
    ("merges cleanly", "no, and `max_rebases` are used up", |s| (s.mergeable, s.rebases) = (Mergeable::Conflict, (5, 5)), "escalate"),
    ("merges cleanly", "no, and `automation_mode` allows no repair", |s| (s.mergeable, s.repairs_allowed) = (Mergeable::Conflict, false), "hold"),
];

#[rustfmt::skip]
const CHECKS: &[Row] = &[
    ("checks", "cannot be read", |s| s.checks = Checks::Unknown { reason: "503".to_owned() }, "wait"),
    ("checks", "there are none", |s| s.checks = Checks::Missing, "hold"),
    ("checks", "an empty list", |s| known(s, Vec::new()), "hold"),
    ("checks", "one is queued, waiting, running, or ended in a word that is not known", |s| known(s, vec![check("ci", CheckOutcome::Passed), check("e2e", CheckOutcome::Pending)]), "wait"),
    ("checks", "a required one is pending", |s| known(s, vec![check("ci", CheckOutcome::Pending)]), "wait"),
    ("checks", "one that nobody requires is skipped or neutral", |s| known(s, vec![check("ci", CheckOutcome::Passed), check("e2e", CheckOutcome::Neutral)]), "merge"),
    ("red", "failure", |s| known(s, vec![failed("ci")]), "repair"),
    ("red", "failure of one that nobody requires", |s| known(s, vec![check("ci", CheckOutcome::Passed), failed("lint")]), "repair"),
    ("red", "failure, others still run", |s| known(s, vec![failed("ci"), check("e2e", CheckOutcome::Pending)]), "repair"),
    ("red", "failure, `ci_max_retries` are used up", |s| { known(s, vec![failed("ci")]); s.repairs = (3, 3); }, "escalate"),
    ("red", "failure, `automation_mode` allows no repair", |s| { known(s, vec![failed("ci")]); s.repairs_allowed = false; }, "hold"),
    ("red", "the command of the check could not be started", |s| known(s, vec![Check { job: None, summary: "the command `make` could not be started".to_owned(), ..failed("ci") }]), "hold"),
    ("red", "looks like infrastructure, for the first time", |s| known(s, vec![timed_out()]), "rerun"),
    ("red", "looks like infrastructure, others still run", |s| known(s, vec![timed_out(), check("e2e", CheckOutcome::Pending)]), "wait"),
    ("red", "looks like infrastructure, after it was run once more", |s| { known(s, vec![timed_out()]); s.has_rerun = true; }, "repair"),
    ("red", "looks like infrastructure, and is no job that can be run again", |s| known(s, vec![Check { job: None, ..timed_out() }]), "repair"),
    ("red", "red on the base as well, for the first time", |s| { known(s, vec![failed("ci")]); on_base(s, vec![failed("ci")]); }, "rerun"),
    ("red", "red on the base as well, after it was run once more", |s| { known(s, vec![failed("ci")]); on_base(s, vec![failed("ci")]); s.has_rerun = true; }, "hold"),
    ("red", "red on the base as well, and no job that can be run again", |s| { known(s, vec![Check { job: None, ..failed("ci") }]); on_base(s, vec![failed("ci")]); }, "hold"),
    ("red", "another one is red on the base", |s| { known(s, vec![failed("ci")]); on_base(s, vec![failed("lint")]); }, "repair"),
    ("red", "pending on the base", |s| { known(s, vec![failed("ci")]); on_base(s, vec![check("ci", CheckOutcome::Pending)]); }, "repair"),
    ("red", "the checks of the base cannot be read", |s| { known(s, vec![failed("ci")]); s.base_checks = None; }, "repair"),
];

#[rustfmt::skip]
const OBJECTIONS: &[Row] = &[
    ("objection", "a person closed an earlier pull request with this very head", |s| s.objection = Some(Objection::of_closing(sha('a'), PrNumber(7))), "hold"),
    ("objection", "the host refused to merge this head within the last five minutes, for the first time", |s| s.objection = Some(refused(1)), "wait"),
    ("objection", "the host refused to merge this head within the last hour, again", |s| s.objection = Some(refused(2)), "hold"),
    ("objection", "the host refused to merge this head longer ago", |s| { s.objection = Some(refused(2)); s.now = after_hours(1); }, "merge"),
    ("objection", "to another head", |s| s.objection = Some(Objection::of_closing(sha('b'), PrNumber(7))), "merge"),
    ("objection", "of any kind, and a check is red", |s| { s.objection = Some(refused(2)); known(s, vec![failed("ci")]); }, "repair"),
];

#[rustfmt::skip]
const DEMANDS: &[Row] = &[
    ("demands of the base", "cannot be read", |s| s.boundary = None, "wait"),
    ("demands of the base", "no required check", |s| boundary(s).required.clear(), "hold"),
    ("required check", "has not reported", |s| boundary(s).required.push(RequiredCheck::by_anybody("lint")), "wait"),
    ("required check", "has not reported for longer than `alert_after_hours`, as after a rename", |s| { boundary(s).required.push(RequiredCheck::by_anybody("lint")); s.now = after_hours(24); }, "hold"),
    ("required check", "has not reported for long, and `alert_after_hours` is 0", |s| { boundary(s).required.push(RequiredCheck::by_anybody("lint")); (s.now, s.patience) = (after_hours(900), None); }, "wait"),
    ("required check", "has not reported, and the age of the head cannot be read", |s| { boundary(s).required.push(RequiredCheck::by_anybody("lint")); (s.now, s.head_since) = (after_hours(900), None); }, "wait"),
    ("required check", "reported by the app from which it must come", |s| boundary(s).required = vec![RequiredCheck { name: "ci".to_owned(), app: Some(15368) }], "merge"),
    ("required check", "reported by another app", |s| boundary(s).required = vec![RequiredCheck { name: "ci".to_owned(), app: Some(9) }], "wait"),
    ("required check", "reported by another app, for longer than `alert_after_hours`", |s| { boundary(s).required = vec![RequiredCheck { name: "ci".to_owned(), app: Some(9) }]; s.now = after_hours(24); }, "hold"),
    ("required check", "skipped or neutral beside one that passed, where that counts (GitHub)", |s| { boundary(s).required.push(RequiredCheck::by_anybody("e2e")); known(s, vec![check("ci", CheckOutcome::Passed), check("e2e", CheckOutcome::Neutral)]); }, "merge"),
    ("required check", "skipped or neutral, where that does not count", |s| { boundary(s).accepts_skipped = false; known(s, vec![check("ci", CheckOutcome::Neutral)]); }, "hold"),
    ("required check", "all skipped or neutral", |s| known(s, vec![check("ci", CheckOutcome::Neutral)]), "hold"),
    ("demands of the base", "a merge queue, signatures, deployments, a lock, or a rule that is not known", |s| boundary(s).obstacles.push("its merge queue, which agentos does not enter".to_owned()), "hold"),
];

#[rustfmt::skip]
const CHANGE: &[Row] = &[
    ("pull request", "draft", |s| s.pull.draft = true, "hold"),
    ("change", "cannot be computed", |s| s.diff = None, "wait"),
    ("change", "empty", |s| diff(s).paths.clear(), "hold"),
    ("change", "larger than `max_diff_lines`", |s| s.limits.max_lines = 11, "hold"),
    ("change", "of a binary file, which is neither removed nor only renamed", |s| diff(s).binary = Some("assets/logo.png".to_owned()), "hold"),
    ("change", "in `protected_paths`", |s| s.limits.protected_paths = vec!["src/**".to_owned()], "hold"),
    ("change", "a pattern that cannot be read", |s| s.limits.protected_paths = vec!["src/{".to_owned()], "hold"),
    ("change", "of a file that says what CI runs", |s| diff(s).paths.push(".github/workflows/ci.yml".to_owned()), "hold"),
    ("change", "outside `allowed_paths`", |s| s.limits.allowed_paths = vec!["docs/**".to_owned()], "hold"),
    ("change", "inside `allowed_paths`", |s| s.limits.allowed_paths = vec!["src/**".to_owned()], "merge"),
    ("change", "weakens tests", |s| diff(s).weakened = Some("it deletes the test file `tests/cart.rs`".to_owned()), "hold"),
    ("change", "beyond one of these limits, and a person approved this head", |s| { s.limits.max_lines = 11; s.approved_head = Some(sha('a')); }, "merge"),
    ("change", "beyond one of these limits, and a person approved another head", |s| { s.limits.max_lines = 11; s.approved_head = Some(sha('b')); }, "hold"),
    ("change", "of something else than memory, in the pull request that carries memory", |s| s.limits = DiffLimits::of_memory(), "hold"),
    ("change", "of memory alone, in the pull request that carries memory", |s| { s.limits = DiffLimits::of_memory(); (diff(s).paths, diff(s).lines) = (vec!["CODEBASE.md".to_owned(), "CODEBASE.archive/2026.md".to_owned()], 90_000); }, "merge"),
    ("policy", "`manual`, disarmed, or not armed yet", |s| { s.arming = Arming::Manual("automatic merges are disarmed: a person merges it".to_owned()) }, "hold"),
];

#[rustfmt::skip]
const PEOPLE: &[Row] = &[
    ("reviews", "cannot be read", |s| s.reviews = None, "wait"),
    ("reviews", "a person requests changes", |s| s.reviews = Some(vec![review("ann", ReviewState::ChangesRequested)]), "hold"),
    ("reviews", "a person requested changes and approved since", |s| { s.reviews = Some(vec![review("ann", ReviewState::ChangesRequested), review("ann", ReviewState::Approved)]) }, "merge"),
    ("reviews", "a program requests changes", |s| { s.reviews = Some(vec![Review { is_person: false, ..review("bot", ReviewState::ChangesRequested) }]) }, "merge"),
    ("reviews", "comments", |s| s.reviews = Some(vec![review("ann", ReviewState::Commented)]), "merge"),
    ("reviews", "fewer approvals than demanded", |s| boundary(s).approvals = 1, "hold"),
    ("reviews", "as many approvals as demanded", |s| { boundary(s).approvals = 1; s.reviews = Some(vec![review("ann", ReviewState::Approved)]); }, "merge"),
    ("reviews", "the approval of somebody without a say", |s| { boundary(s).approvals = 1; s.reviews = Some(vec![Review { has_say: false, ..review("eve", ReviewState::Approved) }]); }, "hold"),
    ("reviews", "the approval of an older head, where that does not count", |s| { (boundary(s).approvals, boundary(s).approvals_of_head) = (1, true); s.reviews = Some(vec![Review { head: Some(sha('b')), ..review("ann", ReviewState::Approved) }]); }, "hold"),
];

#[rustfmt::skip]
const BASE: &[Row] = &[
    ("checks of the base", "cannot be read", |s| s.base_checks = None, "wait"),
    ("checks of the base", "unknown", |s| s.base_checks = Some(Checks::Unknown { reason: "503".to_owned() }), "wait"),
    ("checks of the base", "none", |s| s.base_checks = Some(Checks::Missing), "merge"),
    ("checks of the base", "a required one is red", |s| on_base(s, vec![failed("ci")]), "hold"),
    ("checks of the base", "one is red that is not required", |s| on_base(s, vec![failed("lint")]), "merge"),
    ("checks of the base", "a required one is pending", |s| on_base(s, vec![check("ci", CheckOutcome::Pending)]), "merge"),
    ("up to date", "behind, and nobody minds", |s| s.behind = Some(true), "merge"),
    ("up to date", "behind, and the base demands it", |s| (boundary(s).up_to_date, s.behind) = (true, Some(true)), "update"),
    ("up to date", "behind, and `merge_tested_result`", |s| (s.tested_result, s.behind) = (true, Some(true)), "update"),
    ("up to date", "the host says `behind`", |s| s.word = HostWord::Behind, "update"),
    ("up to date", "behind, and another one is being brought up to date", |s| (s.word, s.ahead) = (HostWord::Behind, Some(PrNumber(3))), "wait"),
    ("up to date", "behind, and all updates are used up", |s| (s.word, s.updates) = (HostWord::Behind, (20, 20)), "hold"),
    ("up to date", "behind, and `max_rebases` are used up", |s| (s.word, s.rebases) = (HostWord::Behind, (5, 5)), "hold"),
    ("up to date", "demanded, and cannot be computed", |s| (boundary(s).up_to_date, s.behind) = (true, None), "wait"),
    ("up to date", "cannot be computed, and nobody minds", |s| s.behind = None, "merge"),
    ("word of the host", "`clean`, `has_hooks`", |s| s.word = HostWord::Clean, "merge"),
    ("word of the host", "`blocked`", |s| s.word = HostWord::Blocked, "hold"),
    ("word of the host", "`unstable`", |s| s.word = HostWord::Unstable, "wait"),
    ("word of the host", "`draft`", |s| s.word = HostWord::Draft, "hold"),
    ("word of the host", "`dirty`, though it merges cleanly", |s| s.word = HostWord::Dirty, "wait"),
    ("word of the host", "`unknown`, none, or a new word", |s| s.word = HostWord::Unknown, "wait"),
];

const PARTS: [&[Row]; 7] = [STANDING, CHECKS, OBJECTIONS, DEMANDS, CHANGE, PEOPLE, BASE];

/// What people read as the reason.
fn reason(verdict: &Verdict) -> String {
    match verdict {
        Verdict::HandsOff(reason)
        | Verdict::Hold(reason)
        | Verdict::Wait(reason)
        | Verdict::Withdrawn(reason)
        | Verdict::ConflictGivenUp(reason) => reason.clone(),
        Verdict::Repair(checks) | Verdict::Rerun(checks) | Verdict::RepairsGivenUp(checks) => {
            let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
            format!("red: {}", names.join(", "))
        }
        _ => String::new(),
    }
}

fn rows() -> impl Iterator<Item = (&'static Row, Verdict)> {
    PARTS.into_iter().flatten().map(|row| {
        let mut snapshot = green();
        row.2(&mut snapshot);
        (row, judge(&snapshot))
    })
}

#[test]
fn every_row_of_the_truth_table_is_so() {
    for ((condition, state, _, word), verdict) in rows() {
        assert_eq!(verdict.word(), *word, "{condition}: {state}: {verdict:?}");
    }
}

#[test]
fn the_published_truth_table_is_this_one() {
    let document = include_str!("../../../docs/merge.md");
    let published: Vec<&str> = document
        .lines()
        .skip_while(|line| !line.starts_with("| condition |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    let expected: Vec<String> = rows()
        .map(|((condition, state, _, word), verdict)| {
            let reason = reason(&verdict);
            format!("| {condition} | {state} | {word} | {reason} |").replace("|  |", "| |")
        })
        .collect();
    let table = expected.join("\n");
    assert_eq!(published, expected, "the table of docs/merge.md has to be\n\n{table}\n");
}

#[test]
fn no_row_stands_twice() {
    let mut seen: Vec<(&str, &str)> = rows().map(|(row, _)| (row.0, row.1)).collect();
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all);
}
