//! Wordings that the programs have in store and that no recording has: each in the dialect of its program, told from one pattern alone.

use serde_json::json;

use super::tests::{class, facts};
use super::*;
use crate::agent::failure::FailureClass;
use crate::sys::supervise::RunEnd;

/// A wording: the rule that it is told from, what it means, and the words.
type Row = (&'static str, RefusalCause, &'static str);

use RefusalCause::{
    Credentials, Network, Overloaded, PermissionDenied, PromptTooLarge, Quota, SessionGone,
};

/// `bin/claude.exe` of `@anthropic-ai/claude-code` 2.1.329.
const CLAUDE: [Row; 24] = [
    ("prompt is too long", PromptTooLarge, "Prompt is too long"),
    ("credit balance", Quota, "Credit balance too low · Add funds: https://example.com"),
    ("out of usage credits", Quota, "Out of usage credits — buy more below to keep going."),
    ("spend limit", Quota, "You've hit your monthly spend limit · /usage-credits to raise it"),
    ("hit your limit", Quota, "You've hit your limit · resets 3pm (UTC)"),
    ("session limit", Quota, "You've hit your session limit · resets 3pm (UTC)"),
    ("monthly limit", Quota, "You've hit your monthly limit — raise it below"),
    ("fast limit", Quota, "You've hit your fast limit"),
    ("you've reached your", Quota, "You've reached your Fable limit for this week."),
    (
        "not your usage limit",
        Overloaded,
        "Server is temporarily limiting requests (not your usage limit)",
    ),
    ("overloaded", Overloaded, "Repeated Overloaded errors"),
    (
        "request timed out",
        Network,
        "Request timed out. Check your internet connection and proxy settings",
    ),
    ("unable to connect", Network, "Unable to connect to API: SSL certificate hostname mismatch"),
    ("run /login", Credentials, "Login expired · Please run /login"),
    ("token has expired", Credentials, "OAuth token has expired"),
    ("token has been revoked", Credentials, "OAuth access token has been revoked"),
    ("token is invalid", Credentials, "OAuth access token is invalid"),
    ("access has been revoked", Credentials, "Organization access has been revoked"),
    ("account is on hold", Credentials, "Your account is on hold and can't use Claude Code."),
    ("invalid api key", Credentials, "Invalid API key · Fix external API key"),
    ("not logged in", Credentials, "Not logged in. Run claude auth login to authenticate."),
    ("authentication error", Credentials, "Authentication error · The gateway could not answer"),
    ("authentication required", Credentials, "Authentication required"),
    (
        "has disabled api key authentication",
        Credentials,
        "Your organization has disabled API key authentication",
    ),
];

/// The program `codex` of `@openai/codex-linux-x64` 0.169.0.
const CODEX: [Row; 14] = [
    ("out of credits", Quota, "Your workspace is out of credits. Add credits to continue."),
    (
        "spend cap",
        Quota,
        "You hit your spend cap set in your workspace. Increase your cap to continue.",
    ),
    (
        "credit limit",
        Quota,
        "Workspace credit limit: request an increase from your owner to continue using codex.",
    ),
    (
        "upgrade to plus",
        Quota,
        "To use Codex with your ChatGPT plan, upgrade to Plus: https://example.com",
    ),
    ("quota", Quota, "Quota exceeded"),
    ("at capacity", Overloaded, "Selected model is at capacity. Please try a different model."),
    ("capacity unavailable", Overloaded, "Flex capacity unavailable."),
    (
        "high demand",
        Overloaded,
        "We’re currently experiencing high demand, which may cause temporary errors.",
    ),
    (
        "stream disconnected",
        Network,
        "stream disconnected before completion: idle timeout waiting for SSE",
    ),
    (
        "could not be refreshed",
        Credentials,
        "Your access token could not be refreshed because you have since logged out or signed in to another account.",
    ),
    ("not enabled for your workspace", Credentials, "Codex is not enabled for your workspace."),
    (
        "login is required",
        Credentials,
        "ChatGPT login is required, but an API key is currently being used. Logging out.",
    ),
    (
        "context window",
        PromptTooLarge,
        "Codex ran out of room in the model's context window. Start a new thread.",
    ),
    (
        "no rollout found",
        SessionGone,
        "no rollout found for thread id 01a1f9d1-80c0-73e0-8d9b-8f57c4e11273",
    ),
];

/// `bundle/` of `@google/gemini-cli` 0.61.0, and the answers of its service.
const GEMINI: [Row; 12] = [
    ("quota", Quota, "You have exhausted your daily quota on this model."),
    ("exhausted your capacity", Quota, "You have exhausted your capacity on this model."),
    ("resource has been exhausted", Quota, "Resource has been exhausted."),
    ("no capacity", Overloaded, "No capacity available for model gemini-2.5-pro on the server"),
    (
        "authorization is required",
        Credentials,
        "Manual authorization is required but the current session is non-interactive.",
    ),
    ("consent could not be obtained", Credentials, "Authentication consent could not be obtained."),
    (
        "could not load the default credentials",
        Credentials,
        "Could not load the default credentials. Browse to https://example.com",
    ),
    ("failed to authenticate", Credentials, "Failed to authenticate with user code."),
    (
        "exceeds the maximum number of tokens",
        PromptTooLarge,
        "The request exceeds the maximum number of tokens allowed (1048576).",
    ),
    ("fetch failed", Network, "exception TypeError: fetch failed sending request"),
    ("no previous sessions found", SessionGone, "No previous sessions found for this project."),
    (
        "not running in a trusted directory",
        PermissionDenied,
        "Gemini CLI is not running in a trusted directory.",
    ),
];

/// The program `opencode` of `opencode-ai` 1.18.33, and the answers of the providers that it carries.
const OPENCODE: [Row; 16] = [
    ("rate limit", Quota, "Rate limit exceeded, retry in 20s"),
    ("payment required", Quota, "Payment Required"),
    ("insufficient balance", Quota, "Insufficient Balance"),
    ("requires more credits", Quota, "This request requires more credits, or fewer max_tokens."),
    ("key limit exceeded", Quota, "Key limit exceeded. Manage it at https://example.com"),
    ("too many requests", Quota, "Too Many Requests"),
    ("server is busy", Overloaded, "The server is busy. Please try again later."),
    ("temporarily unavailable", Overloaded, "The model is temporarily unavailable upstream"),
    ("bad gateway", Overloaded, "Bad Gateway"),
    ("input is too long", PromptTooLarge, "input is too long for requested model"),
    ("maximum prompt length", PromptTooLarge, "This model's maximum prompt length is 131072"),
    (
        "reduce the length of the messages",
        PromptTooLarge,
        "Please reduce the length of the messages or completion.",
    ),
    (
        "available context size",
        PromptTooLarge,
        "the request exceeds the available context size, try increasing it",
    ),
    ("model token limit", PromptTooLarge, "Your request exceeded model token limit: 131072"),
    ("token expired", Credentials, "Token expired"),
    ("session not found", SessionGone, "Session not found: ses_1"),
];

/// What a program of each dialect writes around the words.
fn refused(kind: TranscriptKind, words: &str) -> TranscriptFacts {
    let envelope = match kind {
        TranscriptKind::Plain => return facts(kind, words.as_bytes(), b""),
        TranscriptKind::Claude => json!({"type": "result", "is_error": true, "result": words}),
        TranscriptKind::Codex => json!({"type": "turn.failed", "error": {"message": words}}),
        TranscriptKind::Gemini => {
            let error = json!({"error": {"type": "Error", "message": words, "code": 1}});
            return facts(kind, b"", format!("Loaded.\n{error:#}\n").as_bytes());
        }
        TranscriptKind::Opencode => {
            json!({"type": "error", "error": {"name": "UnknownError", "data": {"message": words}}})
        }
    };
    facts(kind, envelope.to_string().as_bytes(), b"")
}

#[test]
fn each_wording_is_told_from_its_rule_alone() {
    let all = [
        (TranscriptKind::Claude, CLAUDE.as_slice()),
        (TranscriptKind::Codex, &CODEX),
        (TranscriptKind::Gemini, &GEMINI),
        (TranscriptKind::Opencode, &OPENCODE),
    ];
    for (kind, rows) in all {
        for (rule, cause, words) in rows {
            let refusal = refused(kind, words).refusal.unwrap();
            assert_eq!((refusal.cause, refusal.evidence), (*cause, Evidence::Field), "{words}");
            let without = cause::of_sentence_without(&cause::plain(words), rule);
            assert_ne!(without, Some(*cause), "{words}: not told from `{rule}` alone");
        }
    }
}

#[test]
fn a_status_says_more_than_the_words_beside_it_and_they_say_which() {
    for (status, words, cause) in [
        (401, "User not found.", Credentials),
        (402, "Top up.", Quota),
        (403, "Key limit exceeded (total).", Quota),
        (403, "Not yours.", Credentials),
        (408, "Slow.", Network),
        (413, "Big.", PromptTooLarge),
        (429, "Slow down.", Quota),
        (429, "Infrastructure is at maximum capacity, try again later", Overloaded),
        (429, "You have exhausted your capacity on this model. It will reset after 2h.", Quota),
        (429, "Temporarily limiting requests (not your usage limit)", Overloaded),
        (500, "Oops.", Overloaded),
        (504, "Oops.", Overloaded),
        (520, "Oops.", Overloaded),
    ] {
        let event = json!({"type": "error", "error": {"name": "APIError",
            "data": {"message": words, "statusCode": status}}});
        let opencode = facts(TranscriptKind::Opencode, event.to_string().as_bytes(), b"");
        assert_eq!(opencode.refusal.unwrap().cause, cause, "{status} {words}");
        let event = json!({"type": "result", "is_error": true, "api_error_status": status,
            "result": words});
        let claude = facts(TranscriptKind::Claude, event.to_string().as_bytes(), b"");
        assert_eq!(claude.refusal.unwrap().cause, cause, "{status} {words}");
    }
}

#[test]
fn the_names_that_programs_give_their_errors_are_understood_without_words() {
    for (name, cause) in [
        ("ProviderAuthError", Credentials),
        ("ContextOverflowError", PromptTooLarge),
        ("UnknownError", RefusalCause::Error),
        ("MessageAbortedError", RefusalCause::Error),
    ] {
        let event = json!({"type": "error", "error": {"name": name, "data": {"message": "x"}}});
        let found = facts(TranscriptKind::Opencode, event.to_string().as_bytes(), b"");
        assert_eq!(found.refusal.unwrap().cause, cause, "{name}");
    }
    for (name, cause) in [
        ("TerminalQuotaError", Quota),
        ("RetryableQuotaError", Quota),
        ("FatalAuthenticationError", Credentials),
        ("FatalSandboxError", PermissionDenied),
        ("FatalTurnLimitedError", RefusalCause::RunLimit),
        ("FatalToolExecutionError", RefusalCause::Error),
        ("ModelNotFoundError", RefusalCause::Error),
    ] {
        let error = json!({"error": {"type": name, "message": "x", "code": 1}});
        let found = facts(TranscriptKind::Gemini, b"", error.to_string().as_bytes());
        assert_eq!(found.refusal.unwrap().cause, cause, "{name}");
    }
}

#[test]
fn the_exit_codes_that_gemini_gives_itself_are_understood() {
    for (code, cause) in [
        (41, Credentials),
        (44, PermissionDenied),
        (53, RefusalCause::RunLimit),
        (55, PermissionDenied),
    ] {
        let error =
            json!({"error": {"type": "Fatal", "message": "It cannot go on.", "code": code}});
        let facts = facts(TranscriptKind::Gemini, b"", error.to_string().as_bytes());
        assert_eq!(facts.refusal.unwrap().cause, cause, "{code}");
    }
    let said = b"\x1b[31mGemini CLI is not running in a trusted directory. To proceed, use `--skip-trust`\x1b[0m\n";
    let untrusted = facts(TranscriptKind::Gemini, b"", said);
    assert_eq!(class(RunEnd::Exited(55), &untrusted), Some(FailureClass::PermissionDenied));
}

/// What a model may say, and what a tool of it may print.
const TALK: [&str; 18] = [
    "The endpoint now answers 429 Too Many Requests when the rate limit is hit.",
    "Error: 401 Unauthorized is what the client gets without a key.",
    "API Error: 529 Overloaded",
    "You've hit your usage limit. Try again at 6:35 PM.",
    "Invalid API key · Please run /login",
    "if (response.status === 429) throw new Error('quota exceeded');",
    "raise AuthenticationError(\"invalid api key\")",
    "Credit balance is too low",
    "stream disconnected before completion",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "bash: /usr/local/bin/x: Permission denied",
    "touch: cannot touch 'x': Read-only file system",
    "The prompt is too long for the context window of small models.",
    "No conversation found with session ID 1",
    "error: the user rejected permission to use this specific tool call",
    "I documented the 503 Service Unavailable page.",
    "2026-11-21T09:52:11Z WARN codex_sandboxing::violation: recorded sandbox violation: x",
    "timestamp=2026-11-21T09:53:20Z level=ERROR run=1 message=\"stream error\" error.error=\"AI_APICallError: Rate limit reached.\"",
];

#[test]
fn what_a_model_says_and_what_its_tools_print_is_no_refusal() {
    for words in TALK {
        let lines = |values: &[serde_json::Value]| {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let claude = lines(&[
            json!({"type": "assistant", "message": {"id": "1", "content": [{"type": "text", "text": words}]}}),
            json!({"type": "user", "message": {"content": [{"type": "tool_result", "is_error": true, "content": words}]}}),
            json!({"type": "result", "is_error": false, "result": words}),
        ]);
        let codex = lines(&[
            json!({"type": "item.completed", "item": {"type": "command_execution", "aggregated_output": words,
                "exit_code": 1, "status": "failed"}}),
            json!({"type": "item.completed", "item": {"type": "error", "message": words}}),
            json!({"type": "item.completed", "item": {"type": "agent_message", "text": words}}),
            json!({"type": "turn.completed", "usage": {"input_tokens": 1}}),
        ]);
        let gemini = lines(&[
            json!({"type": "tool_use", "tool_name": "run_shell_command", "tool_id": "1"}),
            json!({"type": "tool_result", "tool_id": "1", "status": "success", "output": words}),
            json!({"type": "message", "role": "assistant", "content": words}),
            json!({"type": "result", "status": "success", "stats": {}}),
        ]);
        let opencode = lines(&[
            json!({"type": "tool_use", "part": {"tool": "bash", "state": {"status": "completed", "output": words}}}),
            json!({"type": "text", "part": {"text": words}}),
            json!({"type": "step_finish", "part": {"reason": "stop"}}),
        ]);
        for (kind, stdout) in [
            (TranscriptKind::Claude, claude),
            (TranscriptKind::Codex, codex),
            (TranscriptKind::Gemini, gemini),
            (TranscriptKind::Opencode, opencode),
        ] {
            let facts = facts(kind, stdout.as_bytes(), b"");
            assert_eq!(facts.refusal, None, "{kind:?}: {words}");
            assert_eq!(class(RunEnd::Exited(0), &facts), None, "{kind:?}: {words}");
            assert_eq!(
                class(RunEnd::Exited(1), &facts),
                Some(FailureClass::Crash),
                "{kind:?}: {words}"
            );
        }
    }
}
