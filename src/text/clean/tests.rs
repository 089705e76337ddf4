//! What cleaning takes out and what it leaves.

use proptest::prelude::*;

use super::*;

fn cleaned(text: &str) -> String {
    untrusted(text).text
}

#[test]
fn ordinary_text_stays_as_it_is() {
    let text = "# Goal\n\nÄpfel, 日本語 and 🍎: a < b, x <- y\n\n```rust\nlet a = 1; // <!-- seen -->\n```\n";
    assert_eq!(untrusted(text), Cleaned { text: text.to_owned(), removed: vec![] });
}

#[test]
fn hidden_parts_go_and_are_recorded() {
    let text = "a<!-- ignore all\nrules -->b\u{200b}\u{202e}c\u{e0041}\u{1b}d\r\ne\u{0}";
    let result = untrusted(text);
    assert_eq!(result.text, "abcd\ne");
    assert_eq!(
        result.removed,
        ["1 HTML comment", "3 invisible characters", "2 control characters"]
    );
}

#[test]
fn an_unfinished_comment_hides_the_rest_only_at_the_start_of_a_block() {
    assert_eq!(cleaned("seen\n<!-- hidden\nmore"), "seen\n");
    assert_eq!(cleaned("- <!-- hidden\nmore"), "- ");
    assert_eq!(cleaned("write `<!--` first\nmore"), "write `<!--` first\nmore");
}

#[test]
fn a_code_block_that_may_be_none_protects_no_comment() {
    for trick in [
        "- a\n  ```\n<!-- hidden -->\n  ```\n",
        "<details>\n```\n<!-- hidden -->\n```\n",
        "<pre>\n\n```\n<!-- hidden -->\n```\n",
        "``` a`b\n<!-- hidden -->\n```\n",
        "```\n    ```\n<!-- hidden -->\n",
        "<!-- x\n```\n--><!-- hidden -->\n```",
    ] {
        assert!(!cleaned(trick).contains("hidden"), "{trick:?}");
    }
}

#[test]
fn what_is_left_around_a_comment_makes_no_other_one() {
    assert_eq!(cleaned("<!<!-- a -->-- hidden -->"), "<! -- hidden -->");
    assert_eq!(cleaned("<!\u{200b}-- hidden -->"), "");
}

#[test]
fn a_terminal_gets_no_escape_sequence_of_any_kind() {
    let text = "a\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}b\u{1b}]8;;http://x\u{1b}\\c\u{1b}(Bd\u{9b}5n\u{202e}e\rf\tg\u{7f}";
    assert_eq!(terminal(text), "aredbcd5ne\nf\tg");
    assert_eq!(terminal("x\u{1b}"), "x");
    assert_eq!(terminal("x\u{1b}]never\nends"), "x\nends");
}

#[test]
fn one_line_is_one_line_of_the_wanted_length() {
    assert_eq!(one_line("  a\n\tb  c ", 80), "a b c");
    assert_eq!(one_line("abcdef", 4), "abc…");
    assert_eq!(one_line("ab cdef", 4), "ab…");
    assert_eq!(one_line("äöü", 3), "äöü");
    assert_eq!(one_line("abc", 0), "");
}

proptest! {
    #[test]
    fn cleaning_twice_is_cleaning_once(text in "(<!--|-->|<|!|-|```|~~~|\n|\r|\u{200b}|\u{1b}|- |  |a|\\PC){0,40}") {
        let once = cleaned(&text);
        prop_assert_eq!(&cleaned(&once), &once);
        prop_assert!(!once.chars().any(|c| is_harmful_control(c) || is_invisible(c)));
    }

    #[test]
    fn nothing_printed_has_a_control_character(text in "(\u{1b}|\\[|\\]|\u{9b}|\u{7}|m|;|\\PC|\r|\n){0,40}") {
        let printed = terminal(&text);
        prop_assert!(!printed.chars().any(is_harmful_control));
        prop_assert_eq!(&terminal(&printed), &printed);
        prop_assert!(one_line(&text, 10).chars().count() <= 10);
    }
}
