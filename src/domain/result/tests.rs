//! What the reader takes, what it refuses, and how a result is written.

use super::*;

fn read(text: &str) -> AgentResult {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n---\n{text}"))
}

fn refusal(text: &str) -> String {
    match parse(text.as_bytes()) {
        Err(violation) => violation.reason,
        Ok(result) => panic!("it was read: {result:?}"),
    }
}

const FULL: &str = "\
STATUS: partial
BLOCKER_CODE: test_failure
SUMMARY: The cart exists.
It cannot be emptied yet.
DONE:
- cart model
- cart page
BLOCKERS: one test fails
NEXT_STEP: empty the cart
FILES_CHANGED:
- src/cart.rs
TESTS_RUN:
- cargo test: 41 passed, 1 failed
DECISIONS:
- prices are integers
RISKS:
- none
ATTEMPTED_APPROACHES:
1. a global cart
2. a cart per visit
MANUAL_STEPS:
N/A
";

#[test]
fn a_whole_result_is_read_section_by_section() {
    let result = read(FULL);
    assert_eq!(result.status, ResultStatus::Partial);
    assert_eq!(result.blocker, BlockerCode::TestFailure);
    assert_eq!(result.summary, "The cart exists.\nIt cannot be emptied yet.");
    assert_eq!(result.done, ["cart model", "cart page"]);
    assert_eq!(result.blockers, ["one test fails"]);
    assert_eq!(result.next_step, "empty the cart");
    assert_eq!(result.files_changed, ["src/cart.rs"]);
    assert_eq!(result.tests_run, ["cargo test: 41 passed, 1 failed"]);
    assert_eq!(result.decisions, ["prices are integers"]);
    assert!(result.risks.is_empty());
    assert_eq!(result.attempted_approaches, ["a global cart", "a cart per visit"]);
    assert!(result.manual_steps.is_empty());
    assert!(result.unknown.is_empty());
}

#[test]
fn a_status_is_its_first_word_however_it_is_decorated() {
    for text in [
        "STATUS: complete",
        "STATUS: Complete ✅",
        "STATUS: ✅ COMPLETE",
        "STATUS: complete.",
        "STATUS: complete (all criteria met)",
        "STATUS:complete",
        "STATUS : complete",
        "STATUS：complete",
        "STATUS:\n\ncomplete\n",
        "STATUS:\n- complete",
        "STATUS:\n```\ncomplete\n```",
        "STATUS: **complete**",
        "STATUS: `complete`",
        "status: complete",
        "Status: complete",
        "**STATUS:** complete",
        "**STATUS**: complete",
        "**STATUS: complete**",
        "__STATUS__: complete",
        "**Status**\ncomplete",
        "## STATUS\ncomplete",
        "## Status: complete",
        "#STATUS: complete",
        "##**Status:** complete",
        "#STATUS\ncomplete",
        "### **STATUS**\n\n**complete**",
        "- STATUS: complete",
        "* **Status:** complete",
        "1. STATUS: complete",
        "# Agent result\n\nHere it is.\n\nSTATUS: complete",
        "\u{feff}STATUS: complete",
        "STATUS: complete\r\nSUMMARY: x\r\n",
        "STATUS: complete\rSUMMARY: x\r",
        "\u{feff}```markdown\nSTATUS: complete\n```\n",
        "~~~\nSTATUS: complete\n~~~",
        "```\nSTATUS: complete\n",
        "My result:\n\n```\nSTATUS: complete\n```\nBye.",
    ] {
        assert_eq!(read(text).status, ResultStatus::Complete, "{text:?}");
    }
    assert_eq!(read("STATUS: \u{0}com\u{7}plete").status, ResultStatus::Complete);
}

#[test]
fn a_fence_around_the_file_may_hold_fences() {
    let text = "```markdown\nSTATUS: complete\nTESTS_RUN:\n```bash\ncargo test\n```\nDONE: a\n```";
    let result = read(text);
    assert_eq!((result.status, result.done), (ResultStatus::Complete, vec!["a".to_owned()]));
    assert_eq!(result.tests_run, ["cargo test"]);
}

#[test]
fn sections_may_come_in_any_order_and_more_than_once() {
    let result = read("DONE:\n- b\nSTATUS: complete\nSUMMARY: s\nDONE:\n- a\nSTATUS: complete\n");
    assert_eq!(result.done, ["b", "a"]);
    assert_eq!(result.summary, "s");
}

#[test]
fn invalid_utf8_is_replaced() {
    let result = parse(b"STATUS: complete\nSUMMARY: caf\xe9\n").unwrap();
    assert_eq!(result.summary, "caf\u{fffd}");
}

#[test]
fn a_key_in_a_code_block_or_quotation_is_text() {
    let result = read("STATUS: complete\nDONE:\n```\nSTATUS: blocked\n```\n> STATUS: blocked\n");
    assert_eq!(result.status, ResultStatus::Complete);
    assert_eq!(result.done, ["STATUS: blocked", "> STATUS: blocked"]);
}

#[test]
fn a_fence_that_is_never_closed_hides_nothing() {
    let result = read("STATUS: complete\nTESTS_RUN:\n```\ncargo test\nDONE: a\n");
    assert_eq!(result.tests_run, ["cargo test"]);
    assert_eq!(result.done, ["a"]);
}

#[test]
fn an_item_that_looks_like_a_key_stays_an_item_where_the_key_itself_is_there() {
    let text = "STATUS: complete\nDONE:\n- Status: page added\n- Tests run: all\nTESTS_RUN:\n- x\n";
    let result = read(text);
    assert_eq!(result.done, ["Status: page added", "Tests run: all"]);
    assert_eq!(result.tests_run, ["x"]);
    let listed = read("- Status: complete\n- Done: a\n- Next step: b\n");
    assert_eq!((listed.done, listed.next_step), (vec!["a".to_owned()], "b".to_owned()));
}

#[test]
fn a_line_that_goes_on_belongs_to_its_item() {
    let result = read("STATUS: complete\nDONE:\n- one\n  and more\n- two\n");
    assert_eq!(result.done, ["one and more", "two"]);
}

#[test]
fn sections_that_the_contract_does_not_know_are_kept() {
    let result = read(
        "STATUS: complete\nUNBLOCK_NOTES:\n- blocking_cause: x\nDONE: a\nNOTE: no key\n## Open questions\nWhy?\n",
    );
    assert_eq!(result.done, ["a", "NOTE: no key"]);
    let expected = [("UNBLOCK_NOTES", "blocking_cause: x"), ("OPEN_QUESTIONS", "Why?")];
    assert_eq!(result.unknown, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[test]
fn smaller_headings_stay_in_their_section() {
    let result = read("## STATUS\ncomplete\n## DONE\n### Backend\n- a\n## Extra\nb\n");
    assert_eq!(result.done, ["### Backend", "a"]);
    assert_eq!(result.unknown, [("EXTRA".to_owned(), "b".to_owned())]);
}

#[test]
fn complete_with_a_code_is_partial_with_that_code() {
    let result = read("STATUS: complete\nBLOCKER_CODE: Test-Failure (3 of 40)\n");
    assert_eq!((result.status, result.blocker), (ResultStatus::Partial, BlockerCode::TestFailure));
}

#[test]
fn codes_are_read_with_what_stands_around_them() {
    for (text, code) in [
        ("missing context", BlockerCode::MissingContext),
        ("**MISSING_CONTEXT**", BlockerCode::MissingContext),
        ("- `missing_context`", BlockerCode::MissingContext),
        ("missing_context - which currency?", BlockerCode::MissingContext),
        ("timeout while the tests ran", BlockerCode::Timeout),
        ("quota_limited until six", BlockerCode::QuotaLimited),
    ] {
        let result = read(&format!("STATUS: blocked\nBLOCKER_CODE: {text}\n"));
        assert_eq!(result.blocker, code, "{text}");
    }
    for none in ["none", "None.", "- none", "", "n/a", "(none)"] {
        let result = read(&format!("STATUS: complete\nBLOCKER_CODE: {none}\n"));
        assert_eq!(result.blocker, BlockerCode::None, "{none}");
    }
}

#[test]
fn what_is_no_result_says_why() {
    insta::assert_snapshot!(refusal(" \n\u{feff}\n"), @"the file is empty");
    insta::assert_snapshot!(
        refusal("SUMMARY: all done"),
        @"there is no STATUS; expected `complete`, `partial` or `blocked`"
    );
    insta::assert_snapshot!(
        refusal("STATUS: **done** \u{1b}[1m"),
        @"STATUS is `done** [1m`, which is no status; expected `complete`, `partial` or `blocked`"
    );
    insta::assert_snapshot!(
        refusal("STATUS: complete\nSTATUS: partial"),
        @"STATUS is given twice, as `complete` and as `partial`; keep one"
    );
    insta::assert_snapshot!(
        refusal("STATUS: partial"),
        @"STATUS is `partial` but there is no BLOCKER_CODE; say what is in the way"
    );
    insta::assert_snapshot!(
        refusal("STATUS: blocked\nBLOCKER_CODE: none"),
        @"STATUS is `blocked` but BLOCKER_CODE is `none`; say what is in the way"
    );
    let unknown = refusal("STATUS: blocked\nBLOCKER_CODE: worker_crash");
    assert!(
        unknown.starts_with(
            "BLOCKER_CODE is `worker_crash`, which is no code; expected one of none, missing"
        ),
        "{unknown}"
    );
    assert!(refusal("STATUS: complete\nBLOCKER_CODE: worker_crash").contains("worker_crash"));
    assert!(refusal(&"x".repeat(MAX_BYTES + 1)).contains("at most 1048576"));
}

#[test]
fn a_template_that_comes_back_is_no_result() {
    let halves = [
        template(),
        format!("```\n{TEMPLATE}```\n"),
        TEMPLATE.replacen("<one word: complete, partial or blocked>", "complete", 1),
        "STATUS: complete | partial | blocked\nSUMMARY: ...\n".to_owned(),
        "STATUS: complete|partial|blocked".to_owned(),
        "STATUS: complete, partial or blocked".to_owned(),
        "STATUS: <your status>".to_owned(),
        "STATUS: complete\nSUMMARY: <what you did>\n".to_owned(),
        "STATUS: partial\nBLOCKER_CODE: none | timeout | test_failure".to_owned(),
    ];
    for text in halves {
        let reason =
            refusal(&text.replace("<none, or the code that says what is in the way>", "none"));
        assert!(reason.contains("template"), "{reason}\n{text}");
    }
    // What is left of it beside real words is only dropped.
    let filled = TEMPLATE
        .replace("<one word: complete, partial or blocked>", "partial, blocked by the tests")
        .replace("<none, or the code that says what is in the way>", "test_failure")
        .replace("<what the state of the work is now, in one to three sentences>", "Half of it.")
        .replace("<one finished thing on each line>", "a");
    let mut expected = AgentResult::new(ResultStatus::Partial, BlockerCode::TestFailure);
    expected.summary = "Half of it.".to_owned();
    expected.done = vec!["a".to_owned()];
    assert_eq!(read(&filled), expected);
}

#[test]
fn no_change_needs_a_reason_and_evidence() {
    let reason = |text: &str| {
        read(&format!("STATUS: complete\n{text}")).no_change_reason().map(str::to_owned)
    };
    let why = Some("the cart is there".to_owned());
    assert_eq!(reason("DONE:\n- no-change: the cart is there\nTESTS_RUN:\n- cargo test"), why);
    assert_eq!(reason("DONE:\n- **No-change**: the cart is there\nTESTS_RUN: make"), why);
    assert_eq!(reason("DONE:\n- no-change: the cart is there\n- done in 1a2b3c4"), why);
    let sha = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(reason(&format!("SUMMARY: see {sha}\nDONE: no-change: the cart is there")), why);
    for unproven in [
        "DONE: no-change: the cart is there",
        "DONE: no-change: the cart is there\nTESTS_RUN: none",
        "DONE: no-change: the cart is there\nTESTS_RUN:\n- not run",
        "DONE: no-change: the cart is defaced since 20261120",
        "DONE: no-change:\nTESTS_RUN: make",
        "DONE: nothing to change\nTESTS_RUN: make",
        "SUMMARY: no-change: x\nTESTS_RUN: make",
    ] {
        assert_eq!(reason(unproven), None, "{unproven}");
    }
}

#[test]
fn a_result_is_written_in_the_order_of_the_contract() {
    insta::assert_snapshot!(read(FULL).render(), @r"
    STATUS: partial
    BLOCKER_CODE: test_failure
    SUMMARY:
    The cart exists.
    It cannot be emptied yet.
    DONE:
    - cart model
    - cart page
    BLOCKERS:
    - one test fails
    NEXT_STEP: empty the cart
    FILES_CHANGED:
    - src/cart.rs
    TESTS_RUN:
    - cargo test: 41 passed, 1 failed
    DECISIONS:
    - prices are integers
    RISKS:
    - none
    ATTEMPTED_APPROACHES:
    - a global cart
    - a cart per visit
    MANUAL_STEPS:
    - none
    ");
}

#[test]
fn text_that_looks_like_a_key_survives_being_written() {
    let mut result = AgentResult::new(ResultStatus::Complete, BlockerCode::None);
    result.summary =
        "a\nSTATUS: blocked\n## Heading\n```\nDONE: in code\n```\n```open\n\\DONE: x".to_owned();
    result.done = ["STATUS: blocked", "- nested", "# x", "```sh", "\\\\server", "12. x"]
        .map(str::to_owned)
        .to_vec();
    result.next_step = "Done: nothing".to_owned();
    result.unknown = vec![("NOTE".to_owned(), "NEXT_STEP: x\n# y".to_owned())];
    assert_eq!(read(&result.render()), result, "{}", result.render());
}

#[test]
fn a_megabyte_of_fences_is_read_in_time() {
    let mut text = "STATUS: complete\n".to_owned();
    text.push_str(&"```a\n~~~~b\n".repeat(90_000));
    assert_eq!(read(&text).status, ResultStatus::Complete);
}
