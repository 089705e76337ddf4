//! How well and how soon alike issues are told from others.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// The pairs by which comparison and threshold were chosen, and those that had no part in that.
const SETS: [(&str, &str); 2] = [
    ("calibration", include_str!("../../tests/data/duplicates/calibration.tsv")),
    ("held-out", include_str!("../../tests/data/duplicates/held-out.tsv")),
];

/// The threshold of seed 000.
const THRESHOLD: f64 = 0.75;

#[derive(Default)]
struct Judged {
    found: u32,
    missed: u32,
    invented: u32,
    apart: u32,
    wrong: Vec<String>,
}

fn judged(pairs: &str) -> Judged {
    let mut judged = Judged::default();
    for line in pairs.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let text = |at: usize| cells.get(at).copied().unwrap_or_default();
        let (one, other) = (Known::new((), text(1), text(3)), Known::new((), text(2), text(4)));
        let alike = one.likeness(&other);
        let mut note = |what: &str| {
            let with = if text(3).is_empty() { "" } else { ", with their texts" };
            judged.wrong.push(format!("{what} | {alike:.2} | {} | {}{with}", text(1), text(2)));
        };
        match (text(0), alike >= THRESHOLD) {
            ("same", true) => judged.found += 1,
            ("other", false) => judged.apart += 1,
            ("same", false) => {
                judged.missed += 1;
                note("missed");
            }
            ("other", true) => {
                judged.invented += 1;
                note("invented");
            }
            _ => panic!("{line}"),
        }
    }
    judged
}

/// The tables of `docs/duplicates.md`.
fn published() -> String {
    let mut text = String::from(
        "| pairs | same | found | missed | other | kept apart | invented | precision | recall |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut wrong = String::from(
        "| pairs | what | likeness | one title | the other |\n|---|---|---|---|---|\n",
    );
    for (name, pairs) in SETS {
        let Judged { found, missed, invented, apart, wrong: pairs } = judged(pairs);
        let share = |of: u32| f64::from(found) / f64::from(of);
        writeln!(
            text,
            "| {name} | {} | {found} | {missed} | {} | {apart} | {invented} | {:.3} | {:.3} |",
            found + missed,
            apart + invented,
            share(found + invented),
            share(found + missed),
        )
        .unwrap();
        for pair in pairs {
            writeln!(wrong, "| {name} | {pair} |").unwrap();
        }
    }
    format!("{text}\n{wrong}")
}

#[test]
fn the_document_says_how_many_of_the_labelled_pairs_are_mistaken() {
    let document = include_str!("../../docs/duplicates.md");
    let published = published();
    assert!(document.contains(&published), "docs/duplicates.md has to say\n\n{published}");
}

#[test]
fn no_pair_is_in_both_sets() {
    let of = |pairs: &str| -> std::collections::BTreeSet<String> {
        let lines = pairs.lines().filter(|line| !line.starts_with('#'));
        lines
            .flat_map(|line| {
                line.split('\t').skip(1).take(2).map(ToOwned::to_owned).collect::<Vec<_>>()
            })
            .collect()
    };
    let [(_, one), (_, other)] = SETS;
    assert_eq!(of(one).intersection(&of(other)).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_text_tells_alike_titles_apart_and_never_makes_others_alike() {
    let one = Known::new(1, "Fix the failing test", "The cart panics on an empty list of items.");
    let other = Known::new(2, "Fix the failing tests", "Upload of images over 5 MB times out.");
    let again = Known::new(3, "Fix a failing test", "The cart panics on an empty list of items.");
    assert!(one.likeness(&other) < one.likeness(&again));
    let far = Known::new(4, "Add dark mode", "The cart panics on an empty list of items.");
    assert!(one.likeness(&far) < 0.5);
    assert_eq!(nearest(&one, [&other, &again], 0.75).map(|(which, _)| *which), Some(3));
    assert_eq!(nearest(&one, [&far], 0.75), None);
}

#[test]
fn markers_do_not_count() {
    let one = Known::new((), "Same", "<!-- agentos:origin a -->\ntext");
    let other = Known::new((), "Same!", "text<!-- open");
    assert!(one.likeness(&other) >= 0.75);
}

const VERBS: &str = "Add Fix Remove Document Test Rename Investigate Replace Cache Validate Export Import Show Hide Translate Log Retry Sort Limit Split Merge Simplify Restore Archive Encrypt Compress Paginate Preview Schedule Mirror";

const THINGS: &str = "search filter invoice login export cache cart coupon webhook dashboard footer checkout avatar newsletter session upload receipt refund voucher catalogue wishlist address payment shipment banner review rating notification backup migration password sitemap calendar currency discount subscription tooltip changelog screenshot thumbnail comment attachment category tag language region warehouse supplier barcode label";

const PLACES: &str = "for guests|on the landing page|in the public API|of the mobile app|after sign-up|before the first order|in src/cart.rs|in src/billing/tax.py|when the network is down|on Safari|for customers abroad|during a deploy|with an empty list|in the weekly report|behind a flag|under load|for administrators|in the onboarding mail|on small screens|at midnight|without JavaScript|in German|of archived projects|for large files|on staging|with two tabs open|in the nightly job|after a refund|for partners|in the sidebar";

const REASONS: &str = "Customers ask for it every week.|It broke with the last release.|Nobody dares to touch it.|Support answers this by hand today.|The numbers of the last quarter depend on it.|An audit asked for it.";

/// Issues of a backlog as it grows: forms and words recur, some issues are filed twice in other words, most have a text.
fn backlog(issues: usize) -> Vec<Known<usize>> {
    let verbs: Vec<&str> = VERBS.split(' ').collect();
    let things: Vec<&str> = THINGS.split(' ').collect();
    let places: Vec<&str> = PLACES.split('|').collect();
    let reasons: Vec<&str> = REASONS.split('|').collect();
    let mut seed = 7_usize;
    let mut any = |below: usize| {
        // A generator of Lehmer's: the same backlog at each run.
        seed = seed * 48_271 % 2_147_483_647;
        seed % below
    };
    let mut pick = |from: &[&'static str]| from[any(from.len())];
    let mut known = Vec::new();
    let mut last = (String::new(), String::new());
    for n in 0..issues {
        if n % 25 == 24 {
            last.0 = last.0.replace(" the ", " ").replace("Add", "add a");
        } else {
            let (verb, thing, other, place) =
                (pick(&verbs), pick(&things), pick(&things), pick(&places));
            let (reason, why) = (pick(&reasons), pick(&reasons));
            last.0 = match n % 3 {
                0 => format!("{verb} the {thing} {place}"),
                1 => format!("{verb} the {other} of the {thing} {place}"),
                _ => format!("{verb} {thing} and {other} {place}"),
            };
            last.1 = format!(
                "{reason} Open the {thing} {place}, look at the {other} number {n}, and compare both with what the customer saw. {why}"
            );
        }
        known.push(Known::new(n, &last.0, if n % 5 == 0 { "" } else { &last.1 }));
    }
    known
}

#[test]
fn the_quick_way_finds_the_same_pairs_as_the_plain_one() {
    let issues = backlog(80);
    for threshold in [0.6, 0.75, 0.9] {
        let mut plain = Vec::new();
        for (at, one) in issues.iter().enumerate() {
            for other in &issues[at + 1..] {
                let alike = one.likeness(other);
                if alike >= threshold {
                    plain.push((&one.which, &other.which, alike));
                }
            }
        }
        assert!(!plain.is_empty(), "nothing is alike at {threshold}");
        assert_eq!(pairs(&issues, threshold), plain);
    }
}

proptest! {
    #[test]
    fn the_nearest_is_the_first_of_the_most_alike(
        titles in proptest::collection::vec("(add|fix|test|the|cart|list|src/a.rs| ){2,7}", 1..12),
        threshold in 0.0_f64..1.0
    ) {
        let known: Vec<Known<usize>> =
            titles.iter().enumerate().map(|(n, title)| Known::new(n, title, "")).collect();
        let (one, others) = known.split_first().unwrap();
        let mut plain: Option<(usize, f64)> = None;
        for other in others {
            let alike = one.likeness(other);
            if alike >= threshold && plain.is_none_or(|(_, most)| alike > most) {
                plain = Some((other.which, alike));
            }
        }
        prop_assert_eq!(nearest(one, others, threshold).map(|(which, alike)| (*which, alike)), plain);
    }
}

/// `cargo test --release --lib five_thousand -- --ignored --nocapture`; `bench/run.sh` does it.
#[test]
#[ignore = "a measurement: only optimised code says how long it takes"]
fn five_thousand_issues_are_compared_within_a_second() {
    let began = std::time::Instant::now();
    let issues = backlog(5000);
    let prepared = began.elapsed();
    let alike = pairs(&issues, THRESHOLD).len();
    let all = began.elapsed();
    println!(
        "5,000 issues: prepared in {prepared:.0?}, all 12,497,500 pairs compared in {all:.0?}, {alike} alike"
    );
    assert!(all.as_secs_f64() < 1.0, "{all:?}");
}
