//! The verdict: single decisions that a table does not show.

use super::*;
use crate::domain::ids::IssueNumber;
use crate::domain::pull::{CheckOutcome, PullState, ReviewState};

pub(super) fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

pub(super) fn check(name: &str, outcome: CheckOutcome) -> Check {
    Check {
        name: name.to_owned(),
        outcome,
        summary: "failure".to_owned(),
        log: None,
        log_excerpt: None,
        job: Some(1),
        apps: vec![15368],
    }
}

pub(super) fn review(by: &str, state: ReviewState) -> Review {
    Review { by: by.to_owned(), is_person: true, has_say: true, state, head: Some(sha('a')) }
}

/// A pull request that is to be merged: every test spoils one thing.
pub(super) fn green() -> Snapshot {
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
        issue_gone: None,
        hold_labels: vec!["hold".to_owned()],
        labels: Vec::new(),
        our_head: Some(sha('a')),
        expected_base: "main".parse().unwrap(),
        mergeable: Mergeable::Clean,
        word: HostWord::Clean,
        checks: Checks::Known(vec![check("ci", CheckOutcome::Passed)]),
        boundary: Some(Boundary {
            required: vec![RequiredCheck::by_anybody("ci")],
            accepts_skipped: true,
            ..Boundary::default()
        }),
        diff: Some(Diff {
            paths: vec!["src/cart.rs".to_owned()],
            lines: 12,
            binary: None,
            weakened: None,
        }),
        limits: DiffLimits {
            allowed_paths: Vec::new(),
            protected_paths: vec!["LICENSE".to_owned()],
            max_lines: 2000,
            memory_only: false,
        },
        arming: Arming::Armed,
        reviews: Some(Vec::new()),
        behind: Some(false),
        tested_result: false,
        ahead: None,
        updates: (0, 20),
        rebases: (0, 5),
        repairs: (0, 3),
        repairs_allowed: true,
        base_checks: Some(Checks::Missing),
        has_rerun: false,
        approved_head: None,
        objection: None,
        now: jiff::Timestamp::UNIX_EPOCH,
        head_since: Some(jiff::Timestamp::UNIX_EPOCH),
        patience: Some(SignedDuration::from_hours(24)),
    }
}

fn of(change: impl FnOnce(&mut Snapshot)) -> Verdict {
    let mut snapshot = green();
    change(&mut snapshot);
    judge(&snapshot)
}

pub(super) fn failed(name: &str) -> Check {
    check(name, CheckOutcome::Failed)
}

#[test]
fn green_and_armed_is_merged_at_exactly_the_judged_head() {
    assert_eq!(judge(&green()), Verdict::Merge { head: sha('a') });
}

#[test]
fn every_verdict_has_its_own_word_but_what_goes_to_a_person() {
    let text = String::new;
    for (verdict, word) in [
        (Verdict::Merged { commit: None }, "merged"),
        (Verdict::ClosedByPerson, "closed"),
        (Verdict::Withdrawn(text()), "withdrawn"),
        (Verdict::HandsOff(text()), "hands_off"),
        (Verdict::Hold(text()), "hold"),
        (Verdict::Wait(text()), "wait"),
        (Verdict::Rebase, "rebase"),
        (Verdict::Update, "update"),
        (Verdict::ConflictGivenUp(text()), "escalate"),
        (Verdict::RepairsGivenUp(Vec::new()), "escalate"),
        (Verdict::Repair(Vec::new()), "repair"),
        (Verdict::Rerun(Vec::new()), "rerun"),
        (Verdict::Merge { head: sha('a') }, "merge"),
    ] {
        assert_eq!(verdict.word(), word);
    }
}

#[test]
fn a_merge_that_happened_keeps_its_commit() {
    let state = PullState::Merged { commit: Some(sha('c')) };
    let verdict = of(|s| s.pull.state = state);
    assert_eq!(verdict, Verdict::Merged { commit: Some(sha('c')) });
}

#[test]
fn a_conflict_outranks_green_checks_and_red_ones() {
    for outcome in [CheckOutcome::Passed, CheckOutcome::Failed] {
        let verdict = of(|s| {
            s.checks = Checks::Known(vec![check("ci", outcome)]);
            s.mergeable = Mergeable::Conflict;
        });
        assert_eq!(verdict, Verdict::Rebase);
    }
}

#[test]
fn only_what_does_not_fail_on_the_base_too_is_repaired() {
    let red = vec![failed("ci"), failed("lint")];
    let verdict = of(|s| {
        s.checks = Checks::Known(red.clone());
        s.base_checks =
            Some(Checks::Known(vec![failed("ci"), check("lint", CheckOutcome::Passed)]));
    });
    assert_eq!(verdict, Verdict::Repair(vec![failed("lint")]));
    let verdict = of(|s| {
        s.checks = Checks::Known(red.clone());
        s.base_checks = Some(Checks::Known(vec![failed("ci")]));
        s.repairs = (3, 3);
    });
    assert_eq!(verdict, Verdict::RepairsGivenUp(vec![failed("lint")]));
}

#[test]
fn all_red_jobs_are_run_again_together_or_none() {
    let infrastructure = |name: &str| Check { summary: "timed_out".to_owned(), ..failed(name) };
    let both = vec![failed("ci"), infrastructure("e2e")];
    let base = Some(Checks::Known(vec![failed("ci")]));
    let verdict = of(|s| {
        (s.checks, s.base_checks) = (Checks::Known(both.clone()), base.clone());
    });
    assert_eq!(verdict, Verdict::Rerun(both.clone()));
    let own = vec![failed("ci"), infrastructure("e2e"), failed("lint")];
    let verdict = of(|s| (s.checks, s.base_checks) = (Checks::Known(own), base.clone()));
    assert_eq!(verdict, Verdict::Repair(vec![infrastructure("e2e"), failed("lint")]));
    let without_job = Check { job: None, ..infrastructure("e2e") };
    let mixed = vec![failed("ci"), without_job.clone()];
    let verdict = of(|s| (s.checks, s.base_checks) = (Checks::Known(mixed), base));
    assert_eq!(verdict, Verdict::Repair(vec![without_job]));
}

#[test]
fn the_last_word_of_each_reviewer_counts() {
    use ReviewState::{Approved, ChangesRequested, Commented, Dismissed};
    for (states, approves, objects) in [
        (vec![Approved], true, false),
        (vec![ChangesRequested], false, true),
        (vec![ChangesRequested, Approved], true, false),
        (vec![Approved, ChangesRequested], false, true),
        (vec![Approved, Commented], true, false),
        (vec![ChangesRequested, Commented], false, true),
        (vec![Approved, Dismissed], false, false),
        (vec![ChangesRequested, Dismissed], false, true),
        (vec![Dismissed], false, false),
        (vec![Commented], false, false),
    ] {
        let given: Vec<Review> = states.iter().map(|state| review("ann", *state)).collect();
        let without_demand = of(|s| s.reviews = Some(given.clone()));
        assert_eq!(without_demand.word() == "hold", objects, "{states:?}");
        let demanded = of(|s| {
            s.reviews = Some(given.clone());
            s.boundary.as_mut().unwrap().approvals = 1;
        });
        assert_eq!(demanded.word() == "merge", approves, "{states:?}");
    }
}

#[test]
fn approvals_are_counted_by_person_and_only_of_those_with_a_say() {
    let demanding = |reviews: Vec<Review>, of_head: bool| {
        of(|s| {
            s.reviews = Some(reviews);
            let boundary = s.boundary.as_mut().unwrap();
            (boundary.approvals, boundary.approvals_of_head) = (2, of_head);
        })
        .word()
    };
    let approval = |by: &str| review(by, ReviewState::Approved);
    let stale = Review { head: Some(sha('b')), ..approval("ben") };
    let outsider = Review { has_say: false, ..approval("eve") };
    assert_eq!(demanding(vec![approval("ann"), approval("ben")], false), "merge");
    assert_eq!(demanding(vec![approval("ann"), approval("ann")], false), "hold");
    assert_eq!(demanding(vec![approval("ann"), outsider], false), "hold");
    assert_eq!(demanding(vec![approval("ann"), stale.clone()], false), "merge");
    assert_eq!(demanding(vec![approval("ann"), stale], true), "hold");
    let three = vec![approval("ann"), approval("ben"), approval("cat")];
    assert_eq!(demanding(three, true), "merge");
}

#[test]
fn an_approval_by_a_person_lifts_the_limits_of_diffs_and_nothing_else() {
    let approved = |change: &dyn Fn(&mut Snapshot)| {
        of(|s| {
            s.approved_head = Some(sha('a'));
            change(s);
        })
        .word()
    };
    let diff = |s: &mut Snapshot| s.diff.clone().unwrap();
    assert_eq!(approved(&|s| s.limits.max_lines = 1), "merge");
    assert_eq!(approved(&|s| s.limits.protected_paths = vec!["src/**".to_owned()]), "merge");
    assert_eq!(approved(&|s| s.limits.allowed_paths = vec!["docs/**".to_owned()]), "merge");
    let weakened = Some("it deletes a test".to_owned());
    assert_eq!(
        approved(&|s| s.diff = Some(Diff { weakened: weakened.clone(), ..diff(s) })),
        "merge"
    );
    let binary = Some("logo.png".to_owned());
    assert_eq!(approved(&|s| s.diff = Some(Diff { binary: binary.clone(), ..diff(s) })), "merge");
    let paths = vec![".github/workflows/ci.yml".to_owned()];
    assert_eq!(approved(&|s| s.diff = Some(Diff { paths: paths.clone(), ..diff(s) })), "merge");
    assert_eq!(approved(&|s| s.diff = Some(Diff::default())), "hold");
    assert_eq!(approved(&|s| s.diff = None), "wait");
    assert_eq!(approved(&|s| s.checks = Checks::Known(vec![failed("ci")])), "repair");
    assert_eq!(approved(&|s| s.checks = Checks::Missing), "hold");
    assert_eq!(approved(&|s| s.base_checks = Some(Checks::Known(vec![failed("ci")]))), "hold");
    assert_eq!(approved(&|s| s.labels = vec!["hold".to_owned()]), "hold");
    assert_eq!(approved(&|s| s.pull.draft = true), "hold");
    assert_eq!(approved(&|s| s.arming = Arming::Manual("no".to_owned())), "hold");
    let objection = || Some(vec![review("ann", ReviewState::ChangesRequested)]);
    assert_eq!(approved(&|s| s.reviews = objection()), "hold");
}

#[test]
fn a_silent_check_is_waited_for_to_the_last_second_of_the_patience() {
    let at = |seconds: i64| {
        of(|s| {
            s.boundary.as_mut().unwrap().required.push(RequiredCheck::by_anybody("lint"));
            s.head_since = Some(Timestamp::from_second(1000).unwrap());
            s.now = Timestamp::from_second(1000 + seconds).unwrap();
        })
        .word()
    };
    let patience = 24 * 60 * 60;
    assert_eq!((at(0), at(patience - 1), at(patience)), ("wait", "wait", "hold"));
}

#[test]
fn memory_is_judged_like_everything_else_but_for_its_limits() {
    let memory = |change: &dyn Fn(&mut Snapshot)| {
        of(|s| {
            s.limits = DiffLimits::of_memory();
            s.diff = Some(Diff { paths: vec!["CODEBASE.md".to_owned()], ..Diff::default() });
            change(s);
        })
        .word()
    };
    assert_eq!(memory(&|_| {}), "merge");
    let objection = || Some(vec![review("ann", ReviewState::ChangesRequested)]);
    assert_eq!(memory(&|s| s.reviews = objection()), "hold");
    assert_eq!(memory(&|s| s.boundary.as_mut().unwrap().approvals = 1), "hold");
    assert_eq!(memory(&|s| s.base_checks = Some(Checks::Known(vec![failed("ci")]))), "hold");
    assert_eq!(memory(&|s| s.checks = Checks::Known(vec![failed("ci")])), "repair");
    assert_eq!(memory(&|s| s.pull.draft = true), "hold");
    assert_eq!(memory(&|s| s.word = HostWord::Blocked), "hold");
    assert_eq!(memory(&|s| s.arming = Arming::Manual("no".to_owned())), "hold");
}

#[test]
fn a_size_at_the_limit_is_within_it() {
    assert_eq!(of(|s| s.limits.max_lines = 12).word(), "merge");
    assert_eq!(of(|s| s.limits.max_lines = 11).word(), "hold");
}

#[test]
fn what_costs_less_to_read_decides_first() {
    let nothing_more = |s: &mut Snapshot| {
        (s.boundary, s.diff, s.reviews, s.behind, s.base_checks) = (None, None, None, None, None);
    };
    let mut bare = green();
    nothing_more(&mut bare);
    assert_eq!(by_checks(&bare), None, "only now the base is worth a question");
    bare.labels = vec!["hold".to_owned()];
    assert_eq!(by_checks(&bare), Some(judge(&bare)));
    let mut green_so_far = green();
    (green_so_far.reviews, green_so_far.base_checks) = (None, None);
    assert_eq!(by_change(&green_so_far), None, "only now people are worth a question");
    green_so_far.pull.draft = true;
    assert_eq!(by_change(&green_so_far), Some(judge(&green_so_far)));
}

#[test]
fn what_waits_because_it_cannot_be_read_is_known_by_its_reason() {
    let reason = |change: fn(&mut Snapshot)| match of(change) {
        Verdict::Wait(reason) => reason,
        other => panic!("{other:?}"),
    };
    let unreadable: [fn(&mut Snapshot); 7] = [
        |s| s.issue = None,
        |s| s.mergeable = Mergeable::Unknown,
        |s| s.checks = Checks::Unknown { reason: "403".to_owned() },
        |s| s.boundary = None,
        |s| s.diff = None,
        |s| s.reviews = None,
        |s| s.base_checks = None,
    ];
    for change in unreadable {
        let reason = reason(change);
        assert!(crate::domain::alarm::could_not_look(&reason), "{reason}");
    }
    let pending = reason(|s| s.checks = Checks::Known(vec![check("ci", CheckOutcome::Pending)]));
    assert!(!crate::domain::alarm::could_not_look(&pending), "{pending}");
}

#[test]
fn only_what_waits_for_something_is_a_reason_not_to_act() {
    let why = |verdict: Verdict| verdict.standstill();
    assert_eq!(why(Verdict::HandsOff("x".to_owned())), Some(Standstill::HandsOff));
    assert_eq!(why(Verdict::Hold("x".to_owned())), Some(Standstill::Held));
    assert_eq!(why(Verdict::Wait("x".to_owned())), Some(Standstill::Waits));
    assert_eq!(why(Verdict::Merge { head: sha('a') }), None);
    assert_eq!(why(Verdict::Rebase), None);
}
