//! Every dialect against recorded runs of the real programs (`tests/data/agent-runs`), and what must not fool it.

use std::fs;
use std::path::Path;

use super::*;
use crate::agent::failure::{FailureClass, classify, classify_without_result};
use crate::sys::supervise::{RunEnd, RunOutcome};

struct Recording {
    name: String,
    kind: TranscriptKind,
    end: RunEnd,
    /// Class, reset, tokens and price, as the index writes them.
    expected: Vec<String>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/agent-runs");
    let index = fs::read_to_string(folder.join("index.tsv")).unwrap();
    let rows = index.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let output = |name: &str| fs::read(folder.join(cells[0]).join(name)).unwrap_or_default();
        Recording {
            name: cells[0].to_owned(),
            kind: cells[2].parse().unwrap(),
            end: cells[3].parse().map_or(RunEnd::Deadline, RunEnd::Exited),
            expected: cells[4..].iter().map(|cell| (*cell).to_owned()).collect(),
            stdout: output("stdout"),
            stderr: output("stderr"),
        }
    })
    .collect()
}

fn at_five() -> Timestamp {
    "2026-11-20T16:35:00Z".parse().unwrap()
}

pub(super) fn facts(kind: TranscriptKind, stdout: &[u8], stderr: &[u8]) -> TranscriptFacts {
    read_in(kind, stdout, stderr, at_five(), &TimeZone::UTC)
}

pub(super) fn class(end: RunEnd, facts: &TranscriptFacts) -> Option<FailureClass> {
    classify(&ended(end), facts)
}

fn ended(end: RunEnd) -> RunOutcome {
    RunOutcome {
        end,
        duration: std::time::Duration::from_millis(1),
        stdout_bytes: 0,
        stderr_bytes: 0,
        truncated: false,
        killed_survivors: 0,
        survivors: Vec::new(),
        reached: Vec::new(),
    }
}

fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[test]
fn recorded_runs_give_their_class_and_usage() {
    let recordings = recordings();
    assert!(recordings.len() > 70);
    let mut wrong = Vec::new();
    for run in recordings {
        let facts = facts(run.kind, &run.stdout, &run.stderr);
        // A recorded run has no result in our form.
        let class = classify_without_result(&ended(run.end), &facts);
        let reset = match class {
            Some(FailureClass::Quota { reset }) => reset,
            _ => None,
        };
        let found = [
            cell(class.map(FailureClass::as_str)),
            cell(reset),
            cell(facts.usage.map(|usage| usage.input_tokens)),
            cell(facts.usage.map(|usage| usage.output_tokens)),
            cell(facts.usage.and_then(|usage| usage.cost_usd_micros)),
        ];
        if found.as_slice() != run.expected {
            wrong.push(format!("{}: {}", run.name, found.join(" ")));
        }
        if run.name.contains("-ok") && run.kind != TranscriptKind::Plain {
            let said = facts.last_message.unwrap();
            assert_eq!(said, "Done: wrote hello.txt and .agent_result.md.", "{}", run.name);
            assert!(facts.session.is_some(), "{}", run.name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_transcript_that_was_cut_anywhere_never_tells_more_usage() {
    for run in recordings() {
        let mut before = (0, 0);
        for end in (0..=run.stdout.len()).step_by(61).chain([run.stdout.len()]) {
            let usage = facts(run.kind, &run.stdout[..end], &[]).usage.unwrap_or_default();
            let now = (usage.input_tokens, usage.output_tokens);
            assert!(now.0 >= before.0 && now.1 >= before.1, "{} at {end}", run.name);
            before = now;
        }
        for end in (0..=run.stderr.len()).step_by(61) {
            let _unused = facts(run.kind, &run.stdout, &run.stderr[..end]);
        }
    }
}

#[test]
fn no_dialect_minds_the_output_of_another() {
    let kinds = ["plain", "claude", "codex", "gemini", "opencode"];
    for run in recordings() {
        for kind in kinds {
            let _unused = facts(kind.parse().unwrap(), &run.stdout, &run.stderr);
            let _swapped = facts(kind.parse().unwrap(), &run.stderr, &run.stdout);
        }
    }
}

const LIMIT: &str = "You've hit your 5-hour limit · resets 6:32pm (UTC)";

#[test]
fn the_same_sentence_from_the_model_is_no_refusal() {
    let claude = format!(r#"{{"type":"result","is_error":false,"result":"{LIMIT}"}}"#);
    let codex = format!(
        "{{\"type\":\"item.completed\",\"item\":{{\"type\":\"agent_message\",\"text\":\"{LIMIT}\"}}}}\n\
         {{\"type\":\"turn.completed\",\"usage\":{{\"input_tokens\":1}}}}"
    );
    let gemini = format!(r#"{{"session_id":"s","response":"{LIMIT}","stats":{{}}}}"#);
    let opencode = format!(r#"{{"type":"text","sessionID":"s","part":{{"text":"{LIMIT}"}}}}"#);
    for (kind, stdout) in [
        (TranscriptKind::Claude, claude),
        (TranscriptKind::Codex, codex),
        (TranscriptKind::Gemini, gemini),
        (TranscriptKind::Opencode, opencode),
    ] {
        let facts = facts(kind, stdout.as_bytes(), b"");
        assert_eq!(facts.refusal, None, "{kind:?}");
        assert_eq!(facts.last_message.as_deref(), Some(LIMIT), "{kind:?}");
        assert_eq!(class(RunEnd::Exited(1), &facts), Some(FailureClass::Crash), "{kind:?}");
    }
}

#[test]
fn in_plain_output_the_last_lines_of_a_failed_run_count() {
    let said = |stdout: &str, stderr: &str, end: RunEnd| {
        class(end, &facts(TranscriptKind::Plain, stdout.as_bytes(), stderr.as_bytes()))
    };
    let reset = Some("2026-11-20T18:32:00Z".parse().unwrap());
    let quota = Some(FailureClass::Quota { reset });
    assert_eq!(said(LIMIT, "", RunEnd::Exited(1)), quota);
    assert_eq!(said("working\n", &format!("bot: 1\n{LIMIT}\n"), RunEnd::Exited(2)), quota);
    assert_eq!(said(LIMIT, "", RunEnd::Exited(0)), None);
    let early = format!("{LIMIT}\n{}", "now it works\n".repeat(9));
    assert_eq!(said(&early, "", RunEnd::Exited(1)), Some(FailureClass::Crash));
    for prose in [
        "I documented what happens when the rate limit is hit.",
        "- handles `Too Many Requests` by waiting",
        "The quota page now says so.",
    ] {
        assert_eq!(said(prose, "", RunEnd::Exited(1)), Some(FailureClass::Crash), "{prose}");
    }
}

#[test]
fn a_program_that_speaks_no_json_is_read_as_plain() {
    for kind in [TranscriptKind::Claude, TranscriptKind::Codex, TranscriptKind::Gemini] {
        let on_stdout = facts(kind, LIMIT.as_bytes(), b"");
        let reset = on_stdout.refusal.as_ref().unwrap().reset;
        let quota = Some(FailureClass::Quota { reset });
        assert!(reset.is_some());
        assert_eq!(class(RunEnd::Exited(1), &on_stdout), quota);
        assert_eq!(class(RunEnd::Exited(0), &on_stdout), None);
        assert_eq!(class(RunEnd::Exited(1), &facts(kind, b"", LIMIT.as_bytes())), quota);
    }
}

#[test]
fn claude_tells_the_reset_and_the_retry_in_fields() {
    let events = "\
{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\"resetsAt\":1795204800}}
{\"type\":\"assistant\",\"error\":\"rate_limit\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Limit\"}]}}
";
    let refused = facts(TranscriptKind::Claude, events.as_bytes(), b"").refusal.unwrap();
    assert_eq!(refused.cause, RefusalCause::Quota);
    assert_eq!(refused.reset, Some("2026-11-20T20:00:00Z".parse().unwrap()));
    let retry =
        r#"{"type":"system","subtype":"api_retry","error_status":529,"error":"overloaded"}"#;
    let waiting = facts(TranscriptKind::Claude, retry.as_bytes(), b"");
    assert_eq!(class(RunEnd::Stalled, &waiting), Some(FailureClass::Overloaded));
    let over = format!("{retry}\n{{\"type\":\"user\"}}\n");
    let over = facts(TranscriptKind::Claude, over.as_bytes(), b"");
    assert_eq!(class(RunEnd::Stalled, &over), Some(FailureClass::Stall));
}

#[test]
fn claude_that_was_interrupted_ends_with_zero_and_is_a_crash() {
    let event =
        r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":[]}"#;
    let facts = facts(TranscriptKind::Claude, event.as_bytes(), b"");
    assert_eq!(class(RunEnd::Exited(0), &facts), Some(FailureClass::Crash));
}

#[test]
fn what_the_provider_had_already_was_sent_whatever_the_program_counts() {
    let turn = r#"{"type":"turn.completed","usage":{"input_tokens":5,"cached_input_tokens":80,"output_tokens":7}}"#;
    let usage = facts(TranscriptKind::Codex, turn.as_bytes(), b"").usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.output_tokens), (80, 80, 7));
}

#[test]
fn delays_beside_the_message_are_read() {
    let stderr = r#"noise
{
  "error": { "type": "Error", "code": 429, "message": "{\"error\":{\"code\":429,\"message\":\"Quota\",\"details\":[{\"retryDelay\":\"34s\"}]}}" }
}"#;
    let gemini = facts(TranscriptKind::Gemini, b"", stderr.as_bytes()).refusal.unwrap();
    assert_eq!(gemini.reset, Some("2026-11-20T16:35:34Z".parse().unwrap()));
    let event = r#"{"type":"error","error":{"name":"APIError","data":{"message":"x","statusCode":429,"responseHeaders":{"retry-after":"60"}}}}"#;
    let opencode = facts(TranscriptKind::Opencode, event.as_bytes(), b"").refusal.unwrap();
    assert_eq!(opencode.reset, Some("2026-11-20T16:36:00Z".parse().unwrap()));
}

#[test]
fn a_refusal_is_one_clean_line() {
    let long = format!("API Error: 529 \u{1b}[31m\\n{}", "x ".repeat(400));
    let event = serde_json::json!({"type": "result", "is_error": true, "result": long});
    let refusal = facts(TranscriptKind::Claude, event.to_string().as_bytes(), b"").refusal.unwrap();
    assert_eq!(refusal.text.chars().count(), 300);
    assert!(!refusal.text.contains(['\n', '\u{1b}']));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(
        stdout in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        stderr in "[ -~\\n]{0,200}",
    ) {
        for kind in ["plain", "claude", "codex", "gemini", "opencode"] {
            let _unused = facts(kind.parse().unwrap(), &stdout, stderr.as_bytes());
        }
    }

    #[test]
    fn any_time_is_read(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "resets", "try again", "in", "at", "3pm", "25:99", "Nov", "31st", "Feb", "Monday", "2026", "(UTC)",
            "99999999999999h", "1.5", "days", "tomorrow", "99999999999999999999", "(Europe/Berlin)", "2:30am",
        ]), 0..8)
    ) {
        let text = words.join(" ");
        let moment = Moment { now: at_five(), zone: &TimeZone::UTC };
        if let Some(found) = reset::find(&text, moment) {
            proptest::prop_assert!(found > at_five());
        }
    }
}
