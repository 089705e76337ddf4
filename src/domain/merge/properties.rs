//! Properties of the verdict over whole worlds, most of them nearly green.

use proptest::prelude::*;

use super::tests::{check, failed, green, review, sha};
use super::*;
use crate::domain::pull::{CheckOutcome, PullState, ReviewState};

fn outcomes() -> impl Strategy<Value = CheckOutcome> {
    prop_oneof![
        4 => Just(CheckOutcome::Passed),
        1 => Just(CheckOutcome::Neutral),
        1 => Just(CheckOutcome::Failed),
        1 => Just(CheckOutcome::Pending),
    ]
}

fn checks() -> impl Strategy<Value = Checks> {
    prop_oneof![
        1 => Just(Checks::Unknown { reason: "503".to_owned() }),
        1 => Just(Checks::Missing),
        6 => proptest::collection::vec(outcomes(), 0..4).prop_map(|outcomes| Checks::Known(
            outcomes.iter().enumerate().map(|(n, o)| check(&format!("check-{n}"), *o)).collect())),
    ]
}

fn boundaries() -> impl Strategy<Value = Option<Boundary>> {
    let required = proptest::collection::vec(
        (0..4u8, prop_oneof![4 => Just(None), 1 => Just(Some(15368)), 1 => Just(Some(9))]),
        0..3,
    );
    let boundary = (
        required,
        any::<bool>(),
        any::<bool>(),
        0..2u32,
        any::<bool>(),
        proptest::bool::weighted(0.1),
    )
        .prop_map(
            |(required, accepts_skipped, up_to_date, approvals, approvals_of_head, blocked)| {
                Boundary {
                    required: required
                        .into_iter()
                        .map(|(n, app)| RequiredCheck { name: format!("check-{n}"), app })
                        .collect(),
                    accepts_skipped,
                    up_to_date,
                    approvals,
                    approvals_of_head,
                    obstacles: if blocked { vec!["a merge queue".to_owned()] } else { Vec::new() },
                }
            },
        );
    proptest::option::weighted(0.9, boundary)
}

fn reviews() -> impl Strategy<Value = Option<Vec<Review>>> {
    let state = prop_oneof![
        4 => Just(ReviewState::Approved),
        1 => Just(ReviewState::ChangesRequested),
        1 => Just(ReviewState::Commented),
        1 => Just(ReviewState::Dismissed),
    ];
    let one = (0..2u8, state, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(by, state, is_person, has_say, of_head)| Review {
            by: format!("reviewer-{by}"),
            is_person,
            has_say,
            state,
            head: of_head.then(|| sha('a')),
        },
    );
    proptest::option::weighted(0.9, proptest::collection::vec(one, 0..3))
}

fn words() -> impl Strategy<Value = HostWord> {
    prop_oneof![
        6 => Just(HostWord::Clean), 1 => Just(HostWord::Behind), 1 => Just(HostWord::Blocked),
        1 => Just(HostWord::Unstable), 1 => Just(HostWord::Draft), 1 => Just(HostWord::Dirty),
        1 => Just(HostWord::Unknown),
    ]
}

fn mergeables() -> impl Strategy<Value = Mergeable> {
    prop_oneof![6 => Just(Mergeable::Clean), 1 => Just(Mergeable::Conflict), 1 => Just(Mergeable::Unknown)]
}

fn states() -> impl Strategy<Value = PullState> {
    prop_oneof![
        8 => Just(PullState::Open),
        1 => Just(PullState::Closed),
        1 => Just(PullState::Merged { commit: None }),
    ]
}

/// A coin that mostly shows the good side, so that whole worlds are green often enough.
fn rarely() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.06)
}

prop_compose! {
    fn standings()(
        state in states(), issue in prop_oneof![8 => Just(Some(IssueState::Open)), 1 => Just(Some(IssueState::Closed)), 1 => Just(None)],
        fork in rarely(), unrecorded in rarely(), foreign in rarely(), other_base in rarely(), held in rarely(),
        mergeable in mergeables(), draft in rarely(), checks in checks(),
    ) -> Snapshot {
        let mut s = green();
        (s.pull.state, s.issue, s.pull.same_repository, s.pull.draft) = (state, issue, !fork, draft);
        if foreign { s.our_head = Some(sha('b')); }
        if unrecorded { s.our_head = None; }
        if other_base { s.pull.base = "develop".parse().unwrap(); }
        if held { s.labels = vec!["HOLD".to_owned()]; }
        (s.mergeable, s.checks) = (mergeable, checks);
        s
    }
}

prop_compose! {
    fn worlds()(
        standing in standings(), boundary in boundaries(), reviews in reviews(), word in words(),
        base_checks in proptest::option::weighted(0.8, checks()), behind in proptest::option::weighted(0.8, rarely()),
        tested_result in any::<bool>(), ahead in any::<bool>(), used in (0..3u32, 0..3u32, 0..3u32),
        diff in proptest::option::weighted(0.9, (rarely(), rarely(), rarely(), rarely(), rarely())), armed in proptest::bool::weighted(0.9),
        repairs_allowed in any::<bool>(), has_rerun in any::<bool>(), approved in rarely(), objected in rarely(),
    ) -> Snapshot {
        let mut s = standing;
        (s.boundary, s.reviews, s.word, s.base_checks, s.behind) = (boundary, reviews, word, base_checks, behind);
        s.ahead = ahead.then_some(PrNumber(3));
        (s.tested_result, s.repairs_allowed, s.has_rerun) = (tested_result, repairs_allowed, has_rerun);
        (s.updates, s.rebases, s.repairs) = ((used.0, 2), (used.1, 2), (used.2, 2));
        s.diff = diff.map(|(empty, large, protected, binary, weakened)| Diff {
            paths: if empty { Vec::new() } else { vec![if protected { "LICENSE" } else { "src/cart.rs" }.to_owned()] },
            lines: if large { 2001 } else { 2000 },
            binary: binary.then(|| "logo.png".to_owned()),
            weakened: weakened.then(|| "it deletes a test".to_owned()),
        });
        if !armed { s.arming = Arming::Manual("manual".to_owned()); }
        if approved { s.approved_head = Some(sha('a')); }
        if objected { s.objection = Some(Objection::of_closing(sha('a'), PrNumber(1))); }
        s
    }
}

/// The conditions of a merge once more, all of them and nothing but them, as a person would say them.
fn may_be_merged(s: &Snapshot) -> bool {
    let (Checks::Known(checks), Some(boundary), Some(diff), Some(reviews)) =
        (&s.checks, &s.boundary, &s.diff, &s.reviews)
    else {
        return false;
    };
    let of = |name: &str| checks.iter().find(|check| check.name == name);
    let is_met = |one: &RequiredCheck| {
        of(&one.name).is_some_and(|check| {
            one.app.is_none_or(|app| check.apps.contains(&app))
                && (check.outcome == CheckOutcome::Passed || boundary.accepts_skipped)
        })
    };
    let passed = |one: &RequiredCheck| of(&one.name).unwrap().outcome == CheckOutcome::Passed;
    let is_required = |check: &Check| boundary.required.iter().any(|one| one.name == check.name);
    let red = |check: &Check| check.outcome == CheckOutcome::Failed;
    let base_is_fine = match &s.base_checks {
        None | Some(Checks::Unknown { .. }) => false,
        Some(Checks::Missing) => true,
        Some(Checks::Known(base)) => !base.iter().any(|check| red(check) && is_required(check)),
    };
    let is_within = diff.lines <= s.limits.max_lines
        && diff.binary.is_none()
        && diff.weakened.is_none()
        && !diff.paths.contains(&"LICENSE".to_owned());
    let is_tested = !(boundary.up_to_date || s.tested_result) || s.behind == Some(false);
    s.pull.state == PullState::Open
        && s.pull.same_repository
        && s.our_head.as_ref() == Some(&s.pull.head_sha)
        && s.pull.base == s.expected_base
        && s.issue == Some(IssueState::Open)
        && s.labels.is_empty()
        && s.mergeable == Mergeable::Clean
        && s.word == HostWord::Clean
        && !checks.iter().any(|check| red(check) || check.outcome == CheckOutcome::Pending)
        && !boundary.required.is_empty()
        && boundary.required.iter().all(is_met)
        && boundary.required.iter().any(passed)
        && boundary.obstacles.is_empty()
        && !s.pull.draft
        && !diff.paths.is_empty()
        && (is_within || s.approved_head.as_ref() == Some(&s.pull.head_sha))
        && s.arming == Arming::Armed
        && s.objection.is_none()
        && nobody_objects(s, boundary, reviews)
        && base_is_fine
        && is_tested
}

/// What the reviews have to say for that: no person objects, and as many approve as must.
fn nobody_objects(s: &Snapshot, boundary: &Boundary, reviews: &[Review]) -> bool {
    let last = |by: &str, with_dismissed: bool| {
        let mut words = reviews.iter().filter(|review| review.by == by).filter(|review| {
            review.state != ReviewState::Commented
                && (with_dismissed || review.state != ReviewState::Dismissed)
        });
        words.next_back().cloned()
    };
    let people = ["reviewer-0", "reviewer-1"];
    let objects = |by: &&str| {
        last(by, false).is_some_and(|r| r.state == ReviewState::ChangesRequested && r.is_person)
    };
    let approves = |by: &&str| {
        last(by, true).is_some_and(|r| {
            r.state == ReviewState::Approved
                && r.has_say
                && (!boundary.approvals_of_head || r.head == Some(s.pull.head_sha.clone()))
        })
    };
    !people.iter().any(objects)
        && people.iter().filter(|by| approves(by)).count() >= boundary.approvals as usize
}

/// Ways in which a world gets worse: something becomes unknown, fails, conflicts, is foreign or is held.
const WORSE: [fn(&mut Snapshot); 30] = [
    |s| s.pull.state = PullState::Closed,
    |s| s.pull.same_repository = false,
    |s| s.our_head = None,
    |s| s.our_head = Some(sha('f')),
    |s| s.expected_base = "elsewhere".parse().unwrap(),
    |s| s.issue = None,
    |s| s.issue = Some(IssueState::Closed),
    |s| s.labels = vec!["hold".to_owned()],
    |s| s.mergeable = Mergeable::Unknown,
    |s| s.mergeable = Mergeable::Conflict,
    |s| s.mergeable = Mergeable::HeadGone,
    |s| s.mergeable = Mergeable::BaseGone,
    |s| s.issue_gone = Some("issue 42 does not exist any more".to_owned()),
    |s| s.word = HostWord::Unknown,
    |s| s.word = HostWord::Blocked,
    |s| s.checks = Checks::Unknown { reason: "502".to_owned() },
    |s| s.checks = Checks::Missing,
    |s| {
        if let Checks::Known(checks) = &mut s.checks {
            checks.push(failed("another"));
        }
    },
    |s| {
        if let Checks::Known(checks) = &mut s.checks {
            checks.push(check("another", CheckOutcome::Pending));
        }
    },
    |s| s.boundary = None,
    |s| {
        if let Some(boundary) = &mut s.boundary {
            boundary.required.push(RequiredCheck::by_anybody("never reported"));
        }
    },
    |s| {
        if let Some(boundary) = &mut s.boundary {
            boundary.obstacles.push("a merge queue".to_owned());
        }
    },
    |s| s.pull.draft = true,
    |s| s.diff = None,
    |s| s.arming = Arming::Manual("disarmed".to_owned()),
    |s| s.reviews = None,
    |s| {
        if let Some(reviews) = &mut s.reviews {
            reviews.push(review("zoe", ReviewState::ChangesRequested));
        }
    },
    |s| s.base_checks = None,
    |s| s.base_checks = Some(Checks::Unknown { reason: "502".to_owned() }),
    |s| (s.tested_result, s.behind) = (true, Some(true)),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Only a complete, green world is merged, and each such world is.
    #[test]
    fn a_merge_needs_every_condition_and_no_other(world in worlds()) {
        let verdict = judge(&world);
        prop_assert_eq!(matches!(verdict, Verdict::Merge { .. }), may_be_merged(&world), "{:?}", verdict);
        if let Verdict::Merge { head } = verdict {
            prop_assert_eq!(head, sha('a'));
        }
    }

    /// Nothing that gets worse makes a merge of what was none, and each of these alone prevents one.
    #[test]
    fn what_gets_worse_is_never_merged(world in worlds(), which in 0..WORSE.len()) {
        let mut worse = world;
        WORSE[which](&mut worse);
        let verdict = judge(&worse);
        prop_assert!(!matches!(verdict, Verdict::Merge { .. }), "way {}: {:?}", which, verdict);
    }

    /// What is read only later is not looked at before.
    #[test]
    fn the_steps_rest_on_what_was_read_for_them(world in worlds()) {
        let mut first = world.clone();
        (first.boundary, first.diff, first.reviews, first.behind) = (None, None, None, None);
        prop_assert_eq!(by_checks(&first), by_checks(&world));
        let mut second = world.clone();
        (second.reviews, second.behind, second.base_checks) = (None, None, None);
        prop_assert_eq!(by_change(&second), by_change(&world));
        let step = by_checks(&world).or_else(|| by_change(&world));
        if let Some(verdict) = step {
            prop_assert_eq!(judge(&world), verdict);
        }
    }

    /// Repairs, reruns and rebases stay within their numbers.
    #[test]
    fn what_is_used_up_is_not_done_again(world in worlds()) {
        match judge(&world) {
            Verdict::Repair(_) => prop_assert!(world.repairs.0 < world.repairs.1 && world.repairs_allowed),
            Verdict::Rerun(_) => prop_assert!(!world.has_rerun && world.repairs_allowed),
            Verdict::Rebase => prop_assert!(world.rebases.0 < world.rebases.1 && world.repairs_allowed),
            Verdict::Update => {
                prop_assert!(world.rebases.0 < world.rebases.1 && world.updates.0 < world.updates.1);
                prop_assert_eq!(world.ahead, None);
            }
            _ => {}
        }
    }
}
