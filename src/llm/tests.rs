//! Answers of every kind held against a form, and the way through a chain.

use std::cell::RefCell;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;

fn form() -> Form {
    let words = ["docs", "design"].map(str::to_owned).to_vec();
    Form::record(vec![
        Field::needed("goal", "what is to be so", Form::Text { most: 40 }),
        Field::needed("steps", "how", Form::list(Form::Line { most: 20 }, 1, 3)),
        Field::open("kind", "which", Form::Choice { of: words }),
        Field::open("size", "how large", Form::Number { least: 1, most: 9 }),
        Field::open("urgent", "whether it is", Form::Flag),
    ])
}

fn accepted(text: &str) -> String {
    let redactor = Redactor::default();
    let checked = extract(text, &form())
        .map_err(|problem| vec![problem])
        .and_then(|value| form().check(&value, &redactor));
    checked.map_or_else(|problems| problems.join("; "), |value| value.to_string())
}

const GOOD: &str = r#"{"goal":"A cart","steps":["one"]}"#;

#[test]
fn an_answer_is_found_in_a_fence_in_prose_and_behind_what_was_repeated() {
    for text in [
        GOOD.to_owned(),
        format!("\u{feff} {GOOD}\n"),
        format!("Sure!\n\n```json\n{GOOD}\n```\nAnything else?"),
        format!("```\n{{\"goal\":\"echo\"}}\n```\nand now\n```json\n{GOOD}\n"),
        format!("The schema was {{\"type\": \"object\"}}, so {{x}} I say {GOOD}. Done {{"),
        format!("[1, 2] {GOOD}"),
    ] {
        assert_eq!(accepted(&text), GOOD, "{text}");
    }
}

#[test]
fn what_was_not_asked_for_is_never_read() {
    let text = r#"{"goal":"A cart","steps":["one"],"branch":"main","base_branch":"production","task_id":"web-1","repo":"x/y","priority":"high","labels":["ready"],"__proto__":{"a":1}}"#;
    assert_eq!(accepted(text), GOOD);
}

#[test]
fn an_answer_of_another_form_is_refused_with_what_is_wrong_about_it() {
    for (text, problem) in [
        ("", "it is empty"),
        ("I cannot do that.", "it holds no JSON object"),
        ("[1, 2]", "it holds no JSON object"),
        ("{\"goal\": ", "it holds no JSON object"),
        ("{}", "`goal` is missing; `steps` is missing"),
        (
            r#"{"goal":null,"steps":["  "]}"#,
            "`goal` is missing; `steps` has 0 items and must have 1 to 3",
        ),
        (r#"{"goal":7,"steps":"one"}"#, "`goal` is no JSON string; `steps` is no JSON array"),
        (r#"{"goal":"a","steps":[["one"]]}"#, "item 1 of `steps` is no JSON string"),
        (r#"{"goal":"a","steps":[{"do":"rm"}]}"#, "item 1 of `steps` is no JSON string"),
        (r#"{"goal":"a","steps":["1","2","3","4"]}"#, "`steps` has 4 items and must have 1 to 3"),
        (
            r#"{"goal":"a","steps":["more than twenty characters"]}"#,
            "item 1 of `steps` has 27 characters and may have 20",
        ),
        (r#"{"goal":"<!-- hidden -->","steps":["1"]}"#, "`goal` is empty"),
        (r#"{"goal":"a","steps":["1"],"size":10}"#, "`size` must lie between 1 and 9"),
        (r#"{"goal":"a","steps":["1"],"size":1.5}"#, "`size` is no JSON number"),
        (r#"{"goal":"a","steps":["1"],"urgent":"yes"}"#, "`urgent` is no JSON boolean"),
        (r#"{"goal":"a","steps":["1"],"kind":["docs"]}"#, "`kind` is no JSON string"),
    ] {
        assert_eq!(accepted(text), problem, "{text}");
    }
}

#[test]
fn a_word_that_is_not_in_its_list_leaves_an_open_field_open() {
    let of = |kind: &str| accepted(&json!({"goal": "a", "steps": ["1"], "kind": kind}).to_string());
    assert!(of("DOCS").contains(r#""kind":"docs""#));
    assert_eq!(of("docs; rm -rf /"), r#"{"goal":"a","steps":["1"]}"#);
    let needed = Form::Choice { of: vec!["docs".to_owned()] };
    assert!(needed.check(&json!("other"), &Redactor::default()).is_err());
}

#[test]
fn texts_lose_what_is_hidden_and_what_is_secret() {
    let token = format!("gh{}_{}", 'p', "aB3xK9mQ7wZ1pL5vN8tR2yC4dF6gH0jSaB3x");
    let answer = json!({"goal": "a\u{200b}b\u{1b}[31m\n<!-- x -->c", "steps": [" one\n two "]});
    assert_eq!(accepted(&answer.to_string()), r#"{"goal":"ab[31m\nc","steps":["one two"]}"#);
    let answer = json!({"goal": format!("use {token}"), "steps": ["1"]}).to_string();
    let wide = Form::record(vec![Field::needed("goal", "", Form::Text { most: 400 })]);
    let checked = wide.check(&extract(&answer, &wide).unwrap(), &Redactor::default()).unwrap();
    assert!(!checked.to_string().contains("aB3xK9"), "{checked}");
}

#[test]
fn hostile_sizes_and_depths_end_in_a_refusal() {
    let deep = format!("{}1{}", "{\"goal\":".repeat(5000), "}".repeat(5000));
    for text in [
        "x".repeat(MAX_ANSWER_BYTES + 1),
        "{".repeat(100_000),
        "[".repeat(100_000),
        "{\"a\":[".repeat(20_000),
        "```\n".repeat(50_000),
        deep,
    ] {
        assert!(!accepted(&text).starts_with('{'), "{} bytes", text.len());
    }
    let many = json!({"goal": "a", "steps": vec!["x"; 10_000]}).to_string();
    assert_eq!(accepted(&many), "`steps` has 10000 items and must have 1 to 3");
    let none: Vec<serde_json::Value> = vec![json!(1); 3];
    let problems = form().check(
        &json!({"goal": none, "steps": none, "kind": 1, "size": "x", "urgent": 1}),
        &Redactor::default(),
    );
    assert!(problems.unwrap_err().len() <= 6, "no flood of problems either");
}

#[test]
fn the_form_is_shown_as_a_json_schema() {
    insta::assert_snapshot!(serde_json::to_string(&form().schema()).unwrap(), @r#"
    {"type":"object","properties":{"goal":{"type":"string","maxLength":40,"description":"what is to be so"},"steps":{"type":"array","items":{"type":"string","maxLength":20},"minItems":1,"maxItems":3,"description":"how"},"kind":{"type":"string","enum":["docs","design"],"description":"which"},"size":{"type":"integer","minimum":1,"maximum":9,"description":"how large"},"urgent":{"type":"boolean","description":"whether it is"}},"required":["goal","steps"],"additionalProperties":false}
    "#);
}

/// Agents that say one text after the other.
struct Told {
    answers: RefCell<Vec<(&'static str, Result<&'static str, AskFailure>)>>,
    heard: RefCell<Vec<String>>,
}

impl Told {
    fn new(answers: Vec<(&'static str, Result<&'static str, AskFailure>)>) -> Self {
        Self { answers: RefCell::new(answers), heard: RefCell::default() }
    }
}

#[async_trait(?Send)]
impl Asker for Told {
    async fn ask(&self, agent: &AgentName, prompt: &str) -> Result<RawAnswer, AskFailure> {
        self.heard.borrow_mut().push(format!("{agent}: {prompt}"));
        let (who, said) = self.answers.borrow_mut().remove(0);
        assert_eq!(who, agent.as_str());
        let used = Used { input_tokens: 10, output_tokens: 1, cost_usd_micros: 100 };
        said.map(|text| RawAnswer { text: text.to_owned(), used })
    }
}

fn put(told: &Told, chain: &[&str], dir: &Path, now: Timestamp) -> Result<Answer, Unanswered> {
    let chain: Vec<AgentName> = chain.iter().map(|name| name.parse().unwrap()).collect();
    let form = form();
    let question = Question { purpose: "test", version: 1, prompt: "What?", form: &form };
    let cache = Cache::new(dir.to_owned(), now);
    let redactor = Redactor::default();
    let asked = ask(&question, &chain, told, &cache, &redactor);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(asked)
}

#[test]
fn the_chain_is_gone_through_until_an_answer_holds() {
    let dir = tempfile::tempdir().unwrap();
    let told = Told::new(vec![
        ("a", Err(AskFailure::Unavailable("is not installed".to_owned()))),
        ("b", Ok("no idea")),
        ("b", Ok("{}")),
        ("c", Err(AskFailure::Failed("crashed".to_owned()))),
        ("d", Ok(GOOD)),
    ]);
    let answer = put(&told, &["a", "b", "c", "d"], dir.path(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((answer.by.as_str(), answer.is_remembered), ("d", false));
    assert_eq!(answer.used.cost_usd_micros, 300, "those who failed to answer cost money too");
    let second = told.heard.borrow()[2].clone();
    assert!(
        second.starts_with(
            "b: What?\n\n# Your last answer was not accepted\n\nit holds no JSON object."
        ),
        "{second}"
    );
    // Told has nothing more to say: whoever asks again fails.
    let again = put(&told, &["a", "d"], dir.path(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((again.by.as_str(), again.is_remembered), ("d", true));
    assert_eq!(again.used, Used::default());
}

#[test]
fn without_an_answer_the_reasons_of_all_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let why = put(&Told::new(vec![]), &[], dir.path(), now).unwrap_err();
    assert_eq!((why.reason.as_str(), why.was_asked), ("there is nobody to ask", false));
    let out = || Err(AskFailure::Unavailable("is parked".to_owned()));
    let why = put(&Told::new(vec![("a", out())]), &["a"], dir.path(), now).unwrap_err();
    assert_eq!((why.reason.as_str(), why.was_asked), ("a: is parked", false));
    let told = Told::new(vec![("a", out()), ("b", Ok("x")), ("b", Ok("{}"))]);
    let why = put(&told, &["a", "b"], dir.path(), now).unwrap_err();
    assert_eq!(
        why.reason,
        "a: is parked; b: its answer does not hold: `goal` is missing; `steps` is missing"
    );
    assert!(why.was_asked && !why.is_stopped);
    let told = Told::new(vec![("a", Err(AskFailure::Stopped))]);
    assert!(
        put(&told, &["a", "b"], dir.path(), now).unwrap_err().is_stopped,
        "nobody else is asked"
    );
    assert!(!dir.path().join("x").exists());
}

#[test]
fn answers_are_forgotten_when_they_are_old_of_another_agent_or_too_many() {
    let dir = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let good = |agent| Told::new(vec![(agent, Ok(GOOD))]);
    put(&good("a"), &["a"], dir.path(), now).unwrap();
    let later = now + SignedDuration::from_hours(7 * 24 + 1);
    for (chain, at) in [("b", now), ("b", later), ("b", now)] {
        assert!(
            !put(&good(chain), &[chain], dir.path(), at).unwrap().is_remembered,
            "{chain} {at}"
        );
    }
    let form = form();
    let cache = Cache::new(dir.path().to_owned(), now);
    let agent: AgentName = "a".parse().unwrap();
    for n in 0..300 {
        let prompt = n.to_string();
        let question = Question { purpose: "test", version: 1, prompt: &prompt, form: &form };
        if n < 299 {
            // Put there by hand: only the last one cleans up.
            let text = json!({"schema": 1, "key": question.key(), "at": now, "purpose": "test", "agent": "a", "value": {}});
            let path = dir.path().join(format!("{}.json", question.key()));
            crate::sys::files::replace_unsynced(&path, text.to_string().as_bytes()).unwrap();
        } else {
            cache.put(&question.key(), "test", &agent, &json!({})).unwrap();
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 256);
}

#[test]
fn every_part_of_a_question_is_part_of_its_name() {
    let (form, other) = (form(), Form::Flag);
    let base = Question { purpose: "a", version: 1, prompt: "p", form: &form };
    let keys = [
        base.key(),
        Question { purpose: "b", ..base }.key(),
        Question { version: 2, ..base }.key(),
        Question { prompt: "q", ..base }.key(),
        Question { form: &other, ..base }.key(),
    ];
    let different: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    assert_eq!(base.key(), base.key());
}
