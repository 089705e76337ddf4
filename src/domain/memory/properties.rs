//! Whatever is remembered, edited and raced for: nothing is lost, nothing is there twice, what people wrote stays, bounds hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{applied, entry, has, known};
use super::*;

/// What happens to a memory.
#[derive(Debug, Clone)]
enum Event {
    /// A task was merged, told in words of its own.
    Merged(u64, String),
    /// A task was given up.
    GivenUp(u64, String),
    /// A person writes a line at the end of the file.
    Appended(u64),
    /// A person writes a line at its beginning.
    Prepended(u64),
    /// The last batch comes once more, from another process that lost the race and builds it anew.
    Again,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let words = "(## Recent Changes|```|~~~|<!-- agentos:memory web-3 -->|- |### x|\\PC){0,12}";
    let event = prop_oneof![
        4 => (1..30_u64, words).prop_map(|(n, words)| Event::Merged(n, words)),
        2 => (1..30_u64, words).prop_map(|(n, words)| Event::GivenUp(n, words)),
        1 => (0..9_u64).prop_map(Event::Appended),
        1 => (0..9_u64).prop_map(Event::Prepended),
        1 => Just(Event::Again),
    ];
    proptest::collection::vec(event, 1..40)
}

/// The lines of a person, in their order.
fn by_hand(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("Hand-written")).collect()
}

/// How often each marker of ours stands in the files.
fn marked(tree: &BTreeMap<String, String>) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for marker in tree.values().flat_map(|text| marker::find_all(text)) {
        *counts.entry((marker.kind, marker.key)).or_default() += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_entry_is_lost_or_doubled_and_hand_written_text_stays(
        begin in prop_oneof![
            Just(String::new()),
            Just("# Ours\r\n\r\nHand-written begin".to_owned()),
            Just("Hand-written\n\n## Known Issues\n\n- Hand-written\n\n## Recent Changes\n\n## Later\n".to_owned()),
        ],
        events in events(),
    ) {
        let bounds = Bounds { entries: 4, known_issues: 3, bytes: 4000, least_entries: 2 };
        let mut tree = BTreeMap::from([(FILE.to_owned(), begin)]);
        let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
        let mut last: Vec<Change> = Vec::new();
        for (at, event) in events.into_iter().enumerate() {
            let before = tree[FILE].clone();
            match event {
                Event::Merged(n, words) => {
                    let summary = words.clone();
                    let entry = Entry { summary, decisions: vec![words], ..entry(n) };
                    // Now and then a whole batch that waited.
                    if n % 3 > 0 {
                        last.clear();
                    }
                    last.push(Change::Entry(entry));
                }
                Event::GivenUp(n, why) => {
                    last.push(Change::KnownIssue(KnownIssue { why, ..known(n) }));
                }
                Event::Appended(n) => {
                    let text = format!("{before}\nHand-written {n}-{at}\n");
                    tree.insert(FILE.to_owned(), text);
                    continue;
                }
                Event::Prepended(n) => {
                    let text = format!("Hand-written {n}-{at}\n{before}");
                    tree.insert(FILE.to_owned(), text);
                    continue;
                }
                Event::Again => {}
            }
            let lines = by_hand(&before).into_iter().map(str::to_owned).collect::<Vec<_>>();
            applied(&mut tree, &last, &bounds);
            for change in &last {
                prop_assert!(has(&tree, change), "{change:?} is lost");
                let kind = if change.is_known_issue() { KNOWN_ISSUE } else { ENTRY };
                let key = change.key().trim_end_matches(".known-issue").to_owned();
                wanted.insert((kind.to_owned(), key));
            }
            let counts = marked(&tree);
            prop_assert_eq!(counts.keys().cloned().collect::<BTreeSet<_>>(), wanted.clone());
            prop_assert!(counts.values().all(|count| *count == 1), "{:?}", counts);
            // A line that a person wrote into an entry goes with it; every other one stays where it was.
            let mut left = by_hand(&tree[FILE]).into_iter().map(str::to_owned).collect::<Vec<_>>();
            let archived: Vec<String> = tree
                .iter()
                .filter(|(path, _)| path.starts_with(ARCHIVE))
                .flat_map(|(_, text)| by_hand(text).into_iter().map(str::to_owned))
                .collect();
            prop_assert!(left.iter().all(|line| lines.contains(line)));
            left.extend(archived);
            prop_assert!(lines.iter().all(|line| left.contains(line)), "{lines:?} {left:?}");
            prop_assert!(layout::entries(&tree[FILE]).len() <= bounds.entries);
            prop_assert!(layout::known_lines(&tree[FILE]).len() <= bounds.known_issues);
        }
    }
}
