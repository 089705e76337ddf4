//! The verdict, row by row.

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{IssueNumber, PrNumber};

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

fn check(name: &str, outcome: CheckOutcome) -> Check {
    Check { name: name.to_owned(), outcome, summary: String::new(), log: None, log_excerpt: None }
}

/// A pull request that is to be merged: every test spoils one thing.
fn green() -> Snapshot {
    Snapshot {
        pull: PullRequest {
            number: PrNumber(7),
            title: "Add a cart".to_owned(),
            body: String::new(),
            state: PullState::Open,
            draft: false,
            head: "agent/web-42".parse().unwrap(),
            base: "main".parse().unwrap(),
            head_sha: sha('a'),
            same_repository: true,
            issue: Some(IssueNumber(42)),
            labels: Vec::new(),
            url: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
        },
        issue: Some(IssueState::Open),
        hold_labels: vec!["hold".to_owned()],
        labels: Vec::new(),
        our_head: Some(sha('a')),
        expected_base: "main".parse().unwrap(),
        mergeable: Mergeable::Clean,
        checks: Checks::Known(vec![check("ci", CheckOutcome::Passed)]),
        required: Some(vec!["ci".to_owned()]),
        diff: Some(Diff { paths: vec!["src/cart.rs".to_owned()], lines: 12 }),
        limits: DiffLimits {
            allowed_paths: Vec::new(),
            protected_paths: vec![".github/workflows/**".to_owned()],
            max_lines: 2000,
        },
        arming: Arming::Armed,
        rebases: (0, 5),
        repairs: (0, 3),
        repairs_allowed: true,
    }
}

fn word(change: impl FnOnce(&mut Snapshot)) -> &'static str {
    let mut snapshot = green();
    change(&mut snapshot);
    judge(&snapshot).word()
}

#[test]
fn green_and_armed_is_merged_at_exactly_the_judged_head() {
    assert_eq!(judge(&green()), Verdict::Merge { head: sha('a') });
}

#[test]
fn each_single_flaw_keeps_it_from_being_merged() {
    let set_check =
        |s: &mut Snapshot, outcome| s.checks = Checks::Known(vec![check("ci", outcome)]);
    assert_eq!(word(|s| s.pull.state = PullState::Merged { commit: None }), "merged");
    assert_eq!(word(|s| s.pull.state = PullState::Closed), "closed");
    assert_eq!(word(|s| s.pull.same_repository = false), "hands_off");
    assert_eq!(word(|s| s.our_head = None), "hands_off");
    assert_eq!(word(|s| s.our_head = Some(sha('b'))), "hands_off");
    assert_eq!(word(|s| s.expected_base = "develop".parse().unwrap()), "hands_off");
    assert_eq!(word(|s| s.issue = None), "wait");
    assert_eq!(word(|s| s.issue = Some(IssueState::Closed)), "withdrawn");
    assert_eq!(word(|s| s.labels = vec!["Hold".to_owned()]), "hold");
    assert_eq!(word(|s| s.mergeable = Mergeable::Unknown), "wait");
    assert_eq!(word(|s| s.mergeable = Mergeable::Conflict), "rebase");
    assert_eq!(word(|s| (s.mergeable, s.rebases) = (Mergeable::Conflict, (5, 5))), "escalate");
    assert_eq!(word(|s| s.checks = Checks::Missing), "hold");
    assert_eq!(word(|s| s.checks = Checks::Known(Vec::new())), "hold");
    assert_eq!(word(|s| s.checks = Checks::Unknown { reason: "503".to_owned() }), "wait");
    assert_eq!(word(|s| set_check(s, CheckOutcome::Pending)), "wait");
    assert_eq!(word(|s| set_check(s, CheckOutcome::Neutral)), "wait");
    assert_eq!(word(|s| set_check(s, CheckOutcome::Failed)), "repair");
    assert_eq!(
        word(|s| {
            set_check(s, CheckOutcome::Failed);
            s.repairs = (3, 3);
        }),
        "escalate"
    );
    assert_eq!(word(|s| s.required = None), "wait");
    assert_eq!(word(|s| s.required = Some(Vec::new())), "hold");
    assert_eq!(word(|s| s.required = Some(vec!["ci".to_owned(), "lint".to_owned()])), "wait");
    assert_eq!(word(|s| s.pull.draft = true), "hold");
    assert_eq!(word(|s| s.diff = None), "wait");
    assert_eq!(word(|s| s.diff = Some(Diff::default())), "hold");
    assert_eq!(word(|s| s.limits.max_lines = 11), "hold");
    assert_eq!(word(|s| s.limits.protected_paths = vec!["src/**".to_owned()]), "hold");
    assert_eq!(word(|s| s.limits.protected_paths = vec!["src/{".to_owned()]), "hold");
    assert_eq!(word(|s| s.limits.allowed_paths = vec!["docs/**".to_owned()]), "hold");
    assert_eq!(word(|s| s.arming = Arming::Manual("manual".to_owned())), "hold");
}

#[test]
fn a_failing_check_that_nobody_requires_still_blocks() {
    let snapshot = Snapshot {
        checks: Checks::Known(vec![
            check("ci", CheckOutcome::Passed),
            check("spelling", CheckOutcome::Failed),
        ]),
        ..green()
    };
    assert_eq!(judge(&snapshot), Verdict::Repair(vec![check("spelling", CheckOutcome::Failed)]));
}

#[test]
fn a_conflict_outranks_green_checks_and_red_ones() {
    for outcome in [CheckOutcome::Passed, CheckOutcome::Failed] {
        let checks = Checks::Known(vec![check("ci", outcome)]);
        let snapshot = Snapshot { mergeable: Mergeable::Conflict, checks, ..green() };
        assert_eq!(judge(&snapshot), Verdict::Rebase);
    }
}

#[test]
fn checks_that_ran_unrequired_are_not_called_missing() {
    let snapshot = Snapshot { required: Some(Vec::new()), ..green() };
    let Verdict::Hold(reason) = judge(&snapshot) else { panic!("it must hold") };
    assert!(reason.contains("`main` requires no check"), "{reason}");
}

#[test]
fn the_reason_names_what_a_person_can_change() {
    let mut snapshot = green();
    snapshot.limits.max_lines = 11;
    let expected = "it changes 12 lines, and `max_diff_lines` is 11";
    assert_eq!(judge(&snapshot), Verdict::Hold(expected.to_owned()));
}

fn outcomes() -> impl Strategy<Value = CheckOutcome> {
    prop_oneof![
        Just(CheckOutcome::Passed),
        Just(CheckOutcome::Neutral),
        Just(CheckOutcome::Failed),
        Just(CheckOutcome::Pending),
    ]
}

proptest! {
    /// Only a complete, green world is merged, whatever else is combined.
    #[test]
    fn a_merge_needs_every_condition(
        checks in proptest::collection::vec(outcomes(), 0..4),
        mergeable in prop_oneof![Just(Mergeable::Clean), Just(Mergeable::Conflict), Just(Mergeable::Unknown)],
        open in any::<bool>(), draft in any::<bool>(), armed in any::<bool>(), ours in any::<bool>(),
        boundary in any::<bool>(), diff in any::<bool>(), held in any::<bool>(),
    ) {
        let mut snapshot = green();
        snapshot.checks = Checks::Known(
            checks.iter().enumerate().map(|(n, o)| check(&format!("check-{n}"), *o)).collect());
        snapshot.required = boundary.then(|| (0..checks.len()).map(|n| format!("check-{n}")).collect());
        snapshot.mergeable = mergeable;
        snapshot.issue = Some(if open { IssueState::Open } else { IssueState::Closed });
        snapshot.pull.draft = draft;
        if !armed { snapshot.arming = Arming::Manual(String::new()); }
        if !ours { snapshot.our_head = Some(sha('b')); }
        if !diff { snapshot.diff = None; }
        if held { snapshot.labels = vec!["hold".to_owned()]; }
        let all = !checks.is_empty()
            && checks.iter().all(|o| *o == CheckOutcome::Passed)
            && mergeable == Mergeable::Clean
            && open && !draft && armed && ours && boundary && diff && !held;
        prop_assert_eq!(matches!(judge(&snapshot), Verdict::Merge { .. }), all);
    }
}
