//! YAML in and out: places, limits, and texts that other readers misread.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Sample {
    merge_policy: Option<String>,
    max_open_prs: Option<u32>,
    telegram_bot_token: Option<u32>,
    nested: Option<Vec<Sample>>,
}

fn fails(text: &str) -> YamlError {
    parse::<Sample>(text, &Place { file: "config.yaml", first_line: 1 }).unwrap_err()
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
    let error = fails("merge_policy: auto\nnested:\n  - max_open_pr: 3\n");
    assert_eq!(
        error.to_string(),
        "config.yaml:3:5: nested[0]: unknown key `max_open_pr`\n2 | nested:\n3 |   - max_open_pr: 3\n  |     ^"
    );
    assert_eq!(error.hint.as_deref(), Some("did you mean `max_open_prs`?"));
}

#[test]
fn lines_are_those_of_the_file_also_in_front_matter() {
    let place = Place { file: "x.md", first_line: 2 };
    let error = parse::<Sample>("max_open_prs: many\n", &place).unwrap_err();
    assert_eq!(error.line, Some(2));
    assert!(error.to_string().starts_with(
        "x.md:2:15: max_open_prs: found string \"many\", expected a whole number\n2 |"
    ));
    assert!(!parse::<Sample>("a: {b: [1}\n", &place).unwrap_err().message.contains("line"));
}

#[test]
fn a_key_given_twice_is_refused_at_any_depth_with_its_place() {
    assert_eq!(fails("merge_policy: a\nmerge_policy: b\n").line, Some(2));
    let error =
        parse::<Value>("a:\n  - {x: 1, x: 2}\n", &Place { file: "f", first_line: 1 }).unwrap_err();
    assert_eq!((error.line, error.column), (Some(2), Some(12)));
    assert!(error.message.contains("the key `x` is given twice"), "{error}");
}

#[test]
fn what_could_exhaust_us_is_refused() {
    let refused =
        |text: &str| parse::<Value>(text, &Place { file: "f", first_line: 1 }).unwrap_err().message;
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
    }
    assert!(
        refused(&bomb).contains("nodes") || refused(&bomb).contains("limit"),
        "{}",
        refused(&bomb)
    );
    assert!(refused(&"- ".repeat(100)).contains("levels"));
    assert!(refused(&"[a: ".repeat(100_000)).contains("brackets"));
    assert!(refused(&format!("a: {}", "x".repeat(5 * 1024 * 1024))).contains("bytes"));
}

#[test]
fn control_characters_and_second_documents_are_refused_where_they_stand() {
    for text in ["a: 1\nb: x\0y\n", "a: 1\nb: x\u{1b}\n", "a: 1\n---\nb: 2\n"] {
        let error = parse::<Value>(text, &Place { file: "f", first_line: 1 }).unwrap_err();
        assert_eq!(error.line, Some(2), "{error}");
    }
}

#[test]
fn the_value_of_a_secret_is_not_shown() {
    let error = fails("telegram_bot_token: hunter2\n");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(error.to_string().contains("telegram_bot_token: [secret]"));
    assert!(
        !fails("telegram_bot_token: hunter2\nmax_open_pr: 1\n").to_string().contains("hunter2")
    );
}

#[test]
fn keys_are_found_with_their_lines() {
    let text = "\u{feff}# c\na: 1\nrepos:\n  - key: x\n    merge_policy: auto\n  - key: y\nb:\n  c: {d: 1}\n";
    assert_eq!(key_line(text, &["a"]), Some(2));
    assert_eq!(key_line(text, &["repos", "0", "merge_policy"]), Some(5));
    assert_eq!(key_line(text, &["repos", "1"]), Some(6));
    assert_eq!(key_line(text, &["b", "c", "d"]), Some(8));
    for path in [&["z"][..], &[], &["a", "b"], &["repos", "7"], &["repos", "x"]] {
        assert_eq!(key_line(text, path), None);
    }
    assert_eq!(key_line("a: [", &["b"]), None);
}

#[test]
fn what_other_readers_misread_is_quoted() {
    let nasty = [
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "N",
        "~",
        "null",
        "true",
        "",
        " x",
        "x ",
        "=",
        "<<",
        "2001-01-01",
        "12:30:45",
        "1_000",
        "0x1F",
        "0o7",
        "010",
        "1e3",
        ".5",
        ".inf",
        "-",
        "- a",
        "#a",
        "a #b",
        "a: b",
        "a:",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "\"a",
        "'a",
        "[a",
        "{a",
        "|",
        ">",
        "?",
        "? a",
        "---",
        "...",
        "a\tb",
        "a\u{85}b",
        "\u{feff}",
    ];
    for text in nasty {
        let yaml = render(&text).unwrap();
        assert!(yaml.starts_with('"'), "{text:?} became {yaml:?}");
    }
    assert_eq!(render(&"agent/web-42").unwrap(), "agent/web-42\n");
    assert_eq!(
        render(&"https://github.com/a/b/issues/4").unwrap(),
        "https://github.com/a/b/issues/4\n"
    );
    assert_eq!(render(&1e300).unwrap(), "1.0e+300\n");
}

#[test]
fn a_document_reads_well() {
    let value: Value = serde_yaml::from_str(
        "{a: 1, list: [x, {b: 2, c: []}, [1, 2]], text: \"one\\ntwo\\n\", none: ~, map: {k: {}}, tag: !T {x: 1}}",
    )
    .unwrap();
    assert_eq!(
        render(&value).unwrap(),
        "a: 1\nlist:\n  - x\n  - b: 2\n    c: []\n  - - 1\n    - 2\ntext: |\n  one\n  two\nnone: null\nmap:\n  k: {}\n\
         tag: !T\n  x: 1\n"
    );
    assert_eq!(render(&Value::Null).unwrap(), "null\n");
    assert!(render(&BTreeMap::from([(vec![1], 2)])).is_err());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "(yes|no|-|:| |#|\n|\r|\t|'|\"|\\\\|[0-9]|_|a|\u{85}|\u{2028}|\u{7f}|\0|---|\\PC){0,12}",
        "[a-z \n]{0,30}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e20..1e20).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Sequence),
            proptest::collection::btree_map(any_text(), inner, 0..5).prop_map(|map| {
                Value::Mapping(
                    map.into_iter().map(|(key, value)| (Value::from(key), value)).collect(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_rendered_is_read_back_the_same(value in any_value()) {
        let text = render(&value).unwrap();
        prop_assert!(!text.lines().any(|line| line.trim_end() == "---"));
        let back: Value = parse(&text, &Place { file: "f", first_line: 1 }).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(back, value, "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(a|:| |\n|- |\\[|\\{|\\]|\\}|,|&a|\\*a|!t|\"|'|\\||>|\t|#|\\?|%|\\PC){0,40}") {
        let _read = parse::<Value>(&text, &Place { file: "f", first_line: 1 });
        let _read = parse::<Sample>(&text, &Place { file: "f", first_line: 7 });
        let _line = key_line(&text, &["a", "0"]);
    }
}
