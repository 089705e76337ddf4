//! One more repository in texts of every kind: what stays, what is added where, and what is refused.

use super::*;

const ENTRY: &str = "- path: /srv/new\n  host: local\n  # ci_command: x\n";

fn added(text: &str) -> String {
    with_repository(text, ENTRY).unwrap()
}

#[test]
fn everything_else_stays_as_it_is_written() {
    let text = "# Mine.\nmerge_policy: auto   # we trust it\n\nrepos:\n  # the shop\n  - github_repo: acme/shop\n    task_prefix: shop\n    # base_branch: dev\n\n# Money.\nbudgets: {per_day_usd: 5}\n";
    assert_eq!(
        added(text),
        "# Mine.\nmerge_policy: auto   # we trust it\n\nrepos:\n  # the shop\n  - github_repo: acme/shop\n    task_prefix: shop\n    # base_branch: dev\n  - path: /srv/new\n    host: local\n    # ci_command: x\n\n# Money.\nbudgets: {per_day_usd: 5}\n"
    );
}

#[test]
fn each_way_to_write_a_list_gets_its_own() {
    let block = ENTRY;
    for (text, expected) in [
        ("", format!("repos:\n{block}")),
        ("# nothing yet\n", format!("# nothing yet\n\nrepos:\n{block}")),
        ("a: 1\n", format!("a: 1\n\nrepos:\n{block}")),
        ("a: 1", format!("a: 1\n\nrepos:\n{block}")),
        ("a: |+\n  x\n", format!("a: |+\n  x\nrepos:\n{block}")),
        ("---\na: 1\n...\n", format!("---\na: 1\n\nrepos:\n{block}...\n")),
        ("repos:\nb: 2\n", format!("repos:\n{block}b: 2\n")),
        ("repos: []  # none\nb: 2\n", format!("repos: # none\n{block}b: 2\n")),
        ("repos: ~\n", format!("repos:\n{block}")),
        ("repos:\n- repo: a/b\n", format!("repos:\n- repo: a/b\n{block}")),
        ("repos:\n- repo: a/b\n\n- repo: c/d\n", format!("repos:\n- repo: a/b\n\n- repo: c/d\n\n{block}")),
        (
            "repos: [{repo: a/b}]  # short\nb: [1]\n",
            "repos: [{repo: a/b}, {\"path\":\"/srv/new\",\"host\":\"local\"}]  # short\nb: [1]\n".to_owned(),
        ),
        (
            "repos: [\n  {repo: a/b, hold_labels: [x]},\n]\n",
            "repos: [\n  {repo: a/b, hold_labels: [x]}, {\"path\":\"/srv/new\",\"host\":\"local\"}]\n".to_owned(),
        ),
        ("\"repos\":\n-\n  repo: a/b\nb: 2\n", format!("\"repos\":\n-\n  repo: a/b\n{block}b: 2\n")),
    ] {
        assert_eq!(added(text), expected, "{text:?}");
    }
}

#[test]
fn text_blocks_are_not_mistaken_for_what_stands_around_them() {
    let text =
        "repos:\n- repo: a/b\n  ci_command: |\n    # no comment\n    - no item\n\n    sh x\nb: 2\n";
    assert_eq!(added(text), text.replace("b: 2\n", &format!("{ENTRY}b: 2\n")));
    let quoted = "repos:\n- repo: a/b\n  ci_command: \"one\n\n    two\"\nb: 2\n";
    assert_eq!(added(quoted), quoted.replace("b: 2\n", &format!("{ENTRY}b: 2\n")));
}

#[test]
fn line_ends_of_other_systems_stay() {
    let text = "a: 1\r\nrepos:\r\n- repo: a/b\r\n";
    assert_eq!(added(text), format!("{text}{}", ENTRY.replace('\n', "\r\n")));
}

#[test]
fn what_cannot_be_proven_is_refused() {
    for text in [
        "a: &x\n- repo: a/b\nrepos: *x\n",
        "repos: {a: b}\n",
        "repos: text\n",
        "- repo: a/b\n",
        "just words\n",
        "a: [\n",
        "{repos: {}, a: 1}\n",
    ] {
        assert!(with_repository(text, ENTRY).is_err(), "{text:?}");
    }
}
