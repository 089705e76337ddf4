//! What holds for any file: no panic, no section lost, and writing and reading agree.

use proptest::prelude::*;

use super::*;

/// Pieces that files are made of, so that random texts come close to the grammar.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 .:*_`<>#~\\\\-]{0,12}",
        proptest::sample::select(vec![
            "STATUS:",
            "status: complete",
            "**DONE:**",
            "- Done: x",
            "## Summary",
            "NEXT_STEP",
            "BLOCKER_CODE: none",
            "UNBLOCK_NOTES: x",
            "```",
            "````md",
            "~~~",
            "- ",
            "  ",
            "\\",
            "\n",
            "\n",
            "\n",
            "\r\n",
            "none",
            "---",
            "> ",
            "1. ",
            "<a b>",
            "# Extra",
            "é",
            "\u{feff}",
            "\t",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse(&bytes));
    }

    #[test]
    fn writing_and_reading_agree(pieces in proptest::collection::vec(piece(), 0..40)) {
        let text = format!("STATUS: complete\nSUMMARY:\n{}", pieces.concat());
        if let Ok(result) = parse(text.as_bytes()) {
            let written = result.render();
            prop_assert_eq!(parse(written.as_bytes()), Ok(result), "{}", written);
        }
    }

    #[test]
    fn whatever_is_put_in_is_written_so_that_it_can_be_read(
        // A phrase in angle brackets is taken for a placeholder.
        summary in "[^<]{0,40}", item in "[^<]{0,40}", key in "\\PC{0,20}",
    ) {
        let mut result = AgentResult::new(ResultStatus::Blocked, BlockerCode::MissingContext);
        result.summary = summary;
        result.done = vec![item];
        result.unknown = vec![(key, "x".to_owned())];
        let once = parse(result.render().as_bytes());
        prop_assert!(once.is_ok(), "{}", result.render());
        let once = once.unwrap();
        prop_assert_eq!(once.unknown.len(), 1);
        prop_assert_eq!(parse(once.render().as_bytes()), Ok(once));
    }

    #[test]
    fn a_section_never_swallows_the_next_key(
        order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle(),
        decoration in proptest::collection::vec(0..7_usize, 12),
    ) {
        let keys = ["SUMMARY", "DONE", "BLOCKERS", "NEXT_STEP", "FILES_CHANGED", "TESTS_RUN",
            "DECISIONS", "RISKS", "ATTEMPTED_APPROACHES", "MANUAL_STEPS"];
        let mut text = "STATUS: complete\n".to_owned();
        for (at, style) in order.iter().zip(decoration) {
            let (key, lower) = (keys[*at], keys[*at].to_lowercase());
            let line = match style {
                0 => format!("{key}: v{at}\n"),
                1 => format!("{key}:\n\n- v{at}\n\n"),
                2 => format!("**{lower}:** v{at}\n"),
                3 => format!("## {}\nv{at}\n", lower.replace('_', " ")),
                4 => format!("- {lower}: v{at}\n"),
                5 => format!("{lower} :\nv{at}\n---\n"),
                _ => format!("* **{key}**: v{at}\n"),
            };
            text.push_str(&line);
        }
        let result = parse(text.as_bytes()).unwrap();
        let value = |at: usize| format!("v{at}");
        prop_assert_eq!(&result.summary, &value(0));
        prop_assert_eq!(&result.next_step, &value(3));
        for (at, items) in [(1, &result.done), (2, &result.blockers), (4, &result.files_changed),
            (5, &result.tests_run), (6, &result.decisions), (7, &result.risks),
            (8, &result.attempted_approaches), (9, &result.manual_steps)]
        {
            prop_assert_eq!(items, &vec![value(at)], "{}", text);
        }
    }
}
