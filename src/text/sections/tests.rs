//! Sections, lists, dependencies, fences and labels.

use proptest::prelude::*;

use super::*;

const KEYS: [&str; 6] = ["STATUS", "BLOCKER_CODE", "SUMMARY", "DONE", "NEXT_STEP", "RISKS"];

fn read(text: &str) -> Vec<(String, String)> {
    labelled(text, &KEYS).into_iter().map(|part| (part.key, part.value)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn sections_end_at_the_next_heading_of_their_level_or_above() {
    let text = "intro\r\n## Goal ##\r\n\r\nadd\r\n### deeper\r\nx\r\n##Not one\r\n  ## Context\r\n# Title\r\nlost\r\n## Empty";
    let found = level2(text);
    let titles: Vec<&str> = found.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles, ["Goal", "Context", "Empty"]);
    assert_eq!(found[0].body, "add\n### deeper\nx\n##Not one");
    assert_eq!(found[1].body, "");
}

#[test]
fn headings_and_dependencies_in_fenced_code_are_not_seen() {
    let text = "## Goal\n~~~\n## No\n```\nDepends on #1\n~~~\nDepends on #2\n````\n```\nBlocked by #3\n````\n";
    assert_eq!(level2(text).len(), 1);
    assert_eq!(dependency_lines(text), [2]);
}

#[test]
fn dependencies_are_read_in_the_forms_people_write() {
    let text = "Depends on #3\n- Blocked by: #4, #5 and #3\n  * [ ] **depends on** #6\nit Depends on #7\nDepends on acme#8\n\
                blocked by #0\nDepends on #99999999999999999999\nDepends on #9.";
    assert_eq!(dependency_lines(text), [3, 4, 5, 6, 9]);
}

#[test]
fn bullets_take_every_mark_and_keep_what_belongs_to_an_item() {
    let text = "- one\n  more\n* [x] two\n3. three\n   ```\n   - code\n   ```\n\nplain\n- none";
    assert_eq!(
        bullets(text),
        ["one\n  more", "two", "three\n   ```\n   - code\n   ```", "plain", "none"]
    );
    assert_eq!(bullets(" \n-\n"), Vec::<String>::new());
    assert_eq!(bullets("a\nb"), ["a", "b"]);
}

#[test]
fn a_fence_is_longer_than_any_in_the_text() {
    assert_eq!(fence("a", "text"), "```text\na\n```");
    assert_eq!(fence("a\n````\nb\n", "x`\ny"), "`````xy\na\n````\nb\n`````");
}

#[test]
fn a_result_is_read_in_its_plain_form() {
    let text = "STATUS: complete\n\nBLOCKER_CODE:\nnone\nSUMMARY: did it\nand more\nDONE:\n- a\n- b\nRISKS:\n";
    let expected = [
        ("STATUS", "complete"),
        ("BLOCKER_CODE", "none"),
        ("SUMMARY", "did it\nand more"),
        ("DONE", "- a\n- b"),
        ("RISKS", ""),
    ];
    assert_eq!(read(text), pairs(&expected));
}

#[test]
fn decoration_case_and_line_ends_do_not_matter() {
    for text in [
        "\u{feff}**Status:** complete\r\n**next step**: go\r\n",
        "## STATUS: complete\n## Next Step\ngo",
        "## Status\ncomplete\n\n### NEXT-STEP ###\n\ngo\n",
        "- STATUS: complete\n- next_step: go",
        "* **Status**: complete\n* **Next_Step:** go\n",
        "1. status: complete\n2. next step: go",
        "**STATUS: complete**\n__NEXT_STEP:__ go",
        "`STATUS`: complete\n \"next_step\": go",
        "Here it is:\n\n```yaml\nSTATUS: complete\nNEXT_STEP: go\n```\nBye.\n",
        "~~~\n\nSTATUS: complete\nNEXT_STEP: go\n",
    ] {
        assert_eq!(read(text), pairs(&[("STATUS", "complete"), ("NEXT_STEP", "go")]), "{text:?}");
    }
}

#[test]
fn fenced_code_in_a_value_hides_keys_also_inside_of_a_fence_around_the_whole() {
    let text = "STATUS: partial\nDONE:\n```\nRISKS: x\n```\nRISKS: y";
    assert_eq!(
        read(text),
        pairs(&[("STATUS", "partial"), ("DONE", "```\nRISKS: x\n```"), ("RISKS", "y")])
    );
    let text = "```\nSTATUS: partial\nDONE:\n```sh\nRISKS: x\n```\nRISKS: y\n```\nbye";
    assert_eq!(
        read(text),
        pairs(&[("STATUS", "partial"), ("DONE", "```sh\nRISKS: x\n```"), ("RISKS", "y")])
    );
}

#[test]
fn unknown_keys_are_kept_only_in_capitals() {
    let parts =
        labelled("STATUS: complete\nUNBLOCK_NOTES: ask\nhttp: x\nC: y\nDONE:\n- NOTE: z", &KEYS);
    let found: Vec<(&str, bool, &str)> =
        parts.iter().map(|p| (p.key.as_str(), p.known, p.value.as_str())).collect();
    let expected = [
        ("STATUS", true, "complete"),
        ("UNBLOCK_NOTES", false, "ask\nhttp: x\nC: y"),
        ("DONE", true, "- NOTE: z"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_indented_list_is_a_list() {
    let parts = read("- DONE:\n  - a\n    more\n  - b\n- RISKS: none");
    assert_eq!(parts, pairs(&[("DONE", "- a\n  more\n- b"), ("RISKS", "none")]));
}

#[test]
fn a_finding_that_looks_like_a_key_stays_in_its_list() {
    let text = "STATUS: complete\nDONE:\n- Status: page updated\n- risks: reviewed\nRISKS: none";
    assert_eq!(
        read(text),
        pairs(&[
            ("STATUS", "complete"),
            ("DONE", "- Status: page updated\n- risks: reviewed"),
            ("RISKS", "none")
        ])
    );
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "(STATUS|DONE|:|\\*\\*|#|##| |-|```|~~~|\n|\r|\u{feff}|Depends on #|1|`|\\PC){0,50}") {
        let _read = (level2(&text), bullets(&text), dependency_lines(&text), labelled(&text, &KEYS), fence(&text, &text));
    }

    #[test]
    fn a_section_never_swallows_the_next(
        bodies in proptest::collection::vec("([a-z#]{0,3}[a-z ]{0,9}\n|```\n## x\n```\n|- y\n){0,4}", 1..6)
    ) {
        let titled: Vec<String> =
            bodies.iter().enumerate().map(|(i, body)| format!("## T{i}\n{}", body.replace("## ", ""))).collect();
        prop_assert!(level2(&titled.concat()).len() >= bodies.len());
        let text: Vec<String> = KEYS.iter().zip(&bodies).map(|(key, body)| format!("{key}:\n{body}")).collect();
        let read = labelled(&text.concat(), &KEYS);
        prop_assert_eq!(read.len(), KEYS.len().min(bodies.len()));
    }

    #[test]
    fn fenced_text_is_one_block_of_code(text in "(`|~|\n|\r|a| ){0,40}") {
        let fenced = format!("{}\n## After\n", fence(&text, "text"));
        prop_assert_eq!(level2(&fenced).len(), 1);
    }

    #[test]
    fn reading_what_was_read_and_written_again_changes_nothing(text in "(STATUS: |DONE:|RISKS|: |\n|- |\n```\nRISKS: b\n```\n|a|b ){0,40}") {
        let write = |parts: &[Labelled]| -> String {
            // On the key's line, since below it the first line of a value may itself read as a key.
            parts.iter().map(|part| [&part.key, ": ", &part.value, "
"].concat()).collect()
        };
        let once = labelled(&text, &KEYS);
        let twice = labelled(&write(&once), &KEYS);
        prop_assert_eq!(twice, once);
    }
}
