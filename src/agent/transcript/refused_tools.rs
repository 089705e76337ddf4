//! Tools that were refused to a run which says that it went well.

use serde_json::{Value, json};

use super::tests::{class, facts};
use super::*;
use crate::agent::failure::FailureClass;
use crate::sys::supervise::RunEnd;

const DENIED: Option<FailureClass> = Some(FailureClass::PermissionDenied);

fn lines(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn codex_tells_in_its_log_that_its_sandbox_refused_a_tool() {
    let ends = |items: &[Value], stderr: &str| {
        let mut events = items.to_vec();
        events.push(json!({"type": "turn.completed", "usage": {"input_tokens": 1}}));
        let stdout = lines(&events);
        class(
            RunEnd::Exited(0),
            &facts(TranscriptKind::Codex, stdout.as_bytes(), stderr.as_bytes()),
        )
    };
    let item = |kind: &str, status: &str| json!({"type": "item.completed", "item": {"type": kind, "status": status}});
    let violation = "2026-11-21T09:50:11.066620Z  WARN codex_sandboxing::violation: recorded sandbox violation: resource=filesystem";
    let patch = "2026-11-21T09:52:11.107521Z ERROR codex_core::tools::router: error=patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings";
    for log in [violation, patch] {
        assert_eq!(ends(&[], log), DENIED, "{log}");
        assert_eq!(ends(&[item("command_execution", "completed")], log), DENIED, "{log}");
        assert_eq!(ends(&[item("file_change", "completed")], log), None, "{log}");
        assert_eq!(ends(&[], &format!("note: {log}")), None, "{log}");
    }
    assert_eq!(ends(&[item("command_execution", "declined")], ""), DENIED);
    assert_eq!(ends(&[item("command_execution", "failed")], ""), None);
    let other = "2026-11-21T09:52:11.107521Z ERROR codex_core::tools::router: error=Exit code: 1";
    assert_eq!(ends(&[], other), None);
}

#[test]
fn gemini_without_its_tools_is_refused_until_one_that_writes_works() {
    let ends = |tool: &str, error: &str, then: Option<&str>| {
        let mut events = vec![
            json!({"type": "tool_use", "tool_name": tool, "tool_id": "1"}),
            json!({"type": "tool_result", "tool_id": "1", "status": "error", "error": {"type": error}}),
        ];
        if let Some(status) = then {
            events.push(json!({"type": "tool_use", "tool_name": "replace", "tool_id": "2"}));
            events.push(json!({"type": "tool_result", "tool_id": "2", "status": status}));
        }
        events.push(json!({"type": "result", "status": "success", "stats": {}}));
        class(RunEnd::Exited(0), &facts(TranscriptKind::Gemini, lines(&events).as_bytes(), b""))
    };
    for error in ["tool_not_registered", "policy_violation", "sandbox_expansion_required"] {
        assert_eq!(ends("write_file", error, None), DENIED, "{error}");
        assert_eq!(ends("run_shell_command", error, Some("error")), DENIED, "{error}");
        assert_eq!(ends("write_file", error, Some("success")), None, "{error}");
        assert_eq!(ends("make_coffee", error, None), None, "{error}");
    }
    assert_eq!(ends("write_file", "edit_no_change", None), None);
}

#[test]
fn opencode_says_of_each_tool_why_it_was_refused() {
    let ends = |tool: &str, state: Value, reason: &str, then: bool| {
        let mut events = vec![
            json!({"type": "tool_use", "part": {"tool": tool, "state": state}}),
            json!({"type": "step_finish", "part": {"reason": reason}}),
        ];
        if then {
            let state = json!({"status": "completed", "input": {}});
            events.push(json!({"type": "tool_use", "part": {"tool": "edit", "state": state}}));
            events.push(json!({"type": "step_finish", "part": {"reason": "stop"}}));
        }
        class(RunEnd::Exited(0), &facts(TranscriptKind::Opencode, lines(&events).as_bytes(), b""))
    };
    let error = |words: &str| json!({"status": "error", "input": {}, "error": words});
    let rejected = error("The user rejected permission to use this specific tool call.");
    let rule = error(
        "The user has specified a rule which prevents you from using this specific tool call.",
    );
    let missing = json!({"status": "completed", "input": {"tool": "write",
        "error": "Model tried to call unavailable tool 'write'. Available tools: read."}});
    for (tool, state) in [("write", rejected), ("bash", rule), ("invalid", missing)] {
        // A rejection ends the run at once, in the middle of a step.
        assert_eq!(ends(tool, state.clone(), "tool-calls", false), DENIED, "{tool}");
        assert_eq!(ends(tool, state.clone(), "stop", false), DENIED, "{tool}");
        assert_eq!(ends(tool, state, "tool-calls", true), None, "{tool}");
    }
    assert_eq!(ends("read", error("The user rejected permission to use it."), "stop", false), None);
    assert_eq!(ends("bash", error("The command failed"), "stop", false), None);
}

const LOG: &str = "timestamp=2026-11-21T09:53:20.593Z level=ERROR run=45d9 message=\"stream error\" providerID=mock session.id=ses_1 \
    error.error=\"AI_APICallError: Rate limit reached. Please try again in 20s.\"\n";

#[test]
fn opencode_tells_in_its_log_what_it_waits_for() {
    let now = "2026-11-21T09:53:30Z".parse().unwrap();
    let waits = |stdout: &str, log: &str| {
        let kind = TranscriptKind::Opencode;
        read_in(kind, stdout.as_bytes(), log.as_bytes(), now, &TimeZone::UTC)
    };
    let reset = Some("2026-11-21T09:53:50Z".parse().unwrap());
    for end in [RunEnd::Stalled, RunEnd::Deadline, RunEnd::Signalled(9)] {
        assert_eq!(class(end, &waits("", LOG)), Some(FailureClass::Quota { reset }));
    }
    let busy =
        LOG.replace("Rate limit reached. Please try again in 20s.", "The server had an error");
    assert_eq!(class(RunEnd::Stalled, &waits("", &busy)), Some(FailureClass::Overloaded));
    let unknown = LOG.replace("Rate limit reached. Please try again in 20s.", "Purple");
    assert_eq!(class(RunEnd::Stalled, &waits("", &unknown)), Some(FailureClass::Stall));
    let before = r#"{"type":"step_start","timestamp":1795254700000}"#;
    assert!(waits(before, LOG).refusal.is_some());
    let after = r#"{"type":"step_start","timestamp":1795254900000}"#;
    assert_eq!(waits(after, LOG).refusal, None);
}
