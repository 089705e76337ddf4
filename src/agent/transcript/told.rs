//! An agent's output as lines for people who watch: what it says, which tools it uses, what went wrong. A growing output is taken piece by
//! piece. What stands in no dialect is shown as it is. Lines come whole: a secret is found in a whole line, so that whoever shows one cuts it
//! behind the redactor.

use serde_json::Value;

use super::json::text;
use crate::agent::table::TranscriptKind;
use crate::text::clean;

/// A line that is still open and longer than this is shown in parts.
const MOST_OPEN: usize = 1 << 20;

/// Words of a tool's input that say best what it is about.
const TELLING: [&str; 9] = [
    "command",
    "file_path",
    "filePath",
    "path",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
];

/// A reader of one output as it grows.
#[derive(Debug)]
pub struct Teller {
    kind: TranscriptKind,
    open: Vec<u8>,
}

impl Teller {
    /// Begins with an output of a dialect.
    pub fn new(kind: TranscriptKind) -> Self {
        Self { kind, open: Vec::new() }
    }

    /// Takes what was written since, and gives the lines that are whole by now.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.open.extend_from_slice(bytes);
        let whole = match self.open.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if self.open.len() > MOST_OPEN => self.open.len(),
            None => return Vec::new(),
        };
        let rest = self.open.split_off(whole);
        let lines = std::mem::replace(&mut self.open, rest);
        self.tell(&lines)
    }

    /// Gives what is left when nothing more will come.
    pub fn end(&mut self) -> Vec<String> {
        let rest = std::mem::take(&mut self.open);
        self.tell(&rest)
    }

    fn tell(&self, bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        text.lines().flat_map(|line| lines_of(self.kind, line)).collect()
    }
}

/// What one line of an output tells.
fn lines_of(kind: TranscriptKind, line: &str) -> Vec<String> {
    let event =
        line.trim_start().starts_with('{').then(|| serde_json::from_str::<Value>(line).ok());
    let told = match (kind, event.flatten()) {
        (TranscriptKind::Plain, _) | (_, None) => vec![line.to_owned()],
        (TranscriptKind::Claude, Some(event)) => claude(&event),
        (TranscriptKind::Codex, Some(event)) => codex(&event),
        (TranscriptKind::Gemini, Some(event)) => gemini(&event),
        (TranscriptKind::Opencode, Some(event)) => opencode(&event),
    };
    let lines = told.iter().flat_map(|text| text.lines());
    lines.map(plain).filter(|line| !line.is_empty()).collect()
}

/// On one line, without what steers a terminal.
fn plain(text: &str) -> String {
    clean::one_line(text, usize::MAX)
}

/// A tool and what it is about.
fn tool(name: &str, input: &Value) -> String {
    let telling = TELLING.iter().find_map(|key| text(input, &format!("/{key}")));
    let shown = match (telling, input) {
        (Some(words), _) => words.to_owned(),
        (None, Value::Null) => String::new(),
        (None, Value::String(words)) => words.clone(),
        (None, other) => other.to_string(),
    };
    plain(&format!("→ {name} {shown}"))
}

fn failed(words: &str) -> String {
    plain(&format!("✗ {words}"))
}

fn claude(event: &Value) -> Vec<String> {
    let blocks =
        || event.pointer("/message/content").and_then(Value::as_array).into_iter().flatten();
    match text(event, "/type").unwrap_or_default() {
        "system" if text(event, "/subtype") == Some("api_retry") => {
            vec![failed(&format!(
                "the provider refused ({}), it tries again",
                text(event, "/error").unwrap_or("error")
            ))]
        }
        "assistant" => blocks()
            .filter_map(|block| match text(block, "/type")? {
                "text" => text(block, "/text").map(str::to_owned),
                "tool_use" => {
                    let input = block.get("input").unwrap_or(&Value::Null);
                    Some(tool(text(block, "/name").unwrap_or("tool"), input))
                }
                _ => None,
            })
            .collect(),
        "user" => blocks()
            .filter(|block| block.get("is_error") == Some(&Value::Bool(true)))
            .map(|block| failed(text(block, "/content").unwrap_or("a tool failed")))
            .collect(),
        "result" if event.get("is_error") == Some(&Value::Bool(true)) => {
            vec![failed(
                text(event, "/result").or_else(|| text(event, "/subtype")).unwrap_or("it failed"),
            )]
        }
        _ => Vec::new(),
    }
}

fn codex(event: &Value) -> Vec<String> {
    let item = event.get("item").unwrap_or(&Value::Null);
    let kind = text(item, "/type").or_else(|| text(item, "/item_type")).unwrap_or_default();
    let words = |pointer: &str| text(item, pointer).map(str::to_owned).into_iter().collect();
    match (text(event, "/type").unwrap_or_default(), kind) {
        ("item.started", "command_execution") => {
            vec![tool("shell", item.get("command").unwrap_or(&Value::Null))]
        }
        ("item.started", "mcp_tool_call" | "web_search") => vec![tool(kind, item)],
        ("item.completed", "agent_message" | "assistant_message" | "reasoning") => words("/text"),
        ("item.completed", "file_change") => {
            let changes = item.get("changes").and_then(Value::as_array).into_iter().flatten();
            changes
                .filter_map(|change| text(change, "/path"))
                .map(|path| format!("→ change {path}"))
                .collect()
        }
        ("item.completed", "command_execution") => {
            let code = item.get("exit_code").and_then(Value::as_i64).filter(|code| *code != 0);
            code.map(|code| failed(&format!("exit {code}"))).into_iter().collect()
        }
        ("item.completed", "error") => words("/message"),
        ("error", _) => text(event, "/message").map(failed).into_iter().collect(),
        ("turn.failed", _) => text(event, "/error/message").map(failed).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn gemini(event: &Value) -> Vec<String> {
    let one = |line: Option<String>| line.into_iter().collect();
    match text(event, "/type").unwrap_or_default() {
        "message" if text(event, "/role") == Some("assistant") => {
            one(text(event, "/content").map(str::to_owned))
        }
        "tool_use" => {
            let input = event.get("parameters").unwrap_or(&Value::Null);
            vec![tool(text(event, "/tool_name").unwrap_or("tool"), input)]
        }
        "tool_result" if text(event, "/status") == Some("error") => {
            vec![failed(
                text(event, "/error/message")
                    .or_else(|| text(event, "/output"))
                    .unwrap_or("a tool failed"),
            )]
        }
        "error" => one(text(event, "/message").map(failed)),
        "result" if text(event, "/status") == Some("error") => {
            vec![failed(text(event, "/error/message").unwrap_or("it failed"))]
        }
        _ => Vec::new(),
    }
}

fn opencode(event: &Value) -> Vec<String> {
    let part = event.get("part").unwrap_or(&Value::Null);
    match text(event, "/type").unwrap_or_default() {
        "text" => text(part, "/text").map(str::to_owned).into_iter().collect(),
        "tool_use" => {
            let input = part.pointer("/state/input").unwrap_or(&Value::Null);
            let mut lines = vec![tool(text(part, "/tool").unwrap_or("tool"), input)];
            lines.extend(text(part, "/state/error").map(failed));
            lines
        }
        "error" => {
            let words = ["/error/data/message", "/error/message", "/error/name"];
            words.iter().find_map(|at| text(event, at)).map(failed).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: TranscriptKind, run: &str) -> String {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/agent-runs/");
        let bytes = std::fs::read(format!("{dir}{run}/stdout")).unwrap();
        let mut teller = Teller::new(kind);
        // In pieces, as it grows.
        let mut lines: Vec<String> =
            bytes.chunks(37).flat_map(|piece| teller.take(piece)).collect();
        lines.extend(teller.end());
        lines.join("\n")
    }

    #[test]
    fn the_real_programs_are_told_in_a_few_lines() {
        insta::assert_snapshot!(told(TranscriptKind::Claude, "claude-ok-streamed"), @"
        → Write /repo/hello.txt
        → Bash cat > .agent_result.md <<'EOF' status: success summary: wrote hello.txt EOF
        Done: wrote hello.txt and .agent_result.md.
        ");
        insta::assert_snapshot!(told(TranscriptKind::Codex, "codex-ok"), @r#"
        Model metadata for `gpt-mock` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
        → shell /bin/bash -lc "cat > hello.txt <<'EOF' hello from the mock model EOF"
        → shell /bin/bash -lc "cat > .agent_result.md <<'EOF' status: success summary: wrote hello.txt EOF"
        Done: wrote hello.txt and .agent_result.md.
        "#);
        insta::assert_snapshot!(told(TranscriptKind::Gemini, "gemini-ok-streamed"), @"
        → write_file /repo/hello.txt
        → run_shell_command cat > .agent_result.md <<'EOF' status: success summary: wrote hello.txt EOF
        Done: wrote hello.txt and .agent_result.md.
        ");
        insta::assert_snapshot!(told(TranscriptKind::Opencode, "opencode-ok"), @"
        → write /repo/hello.txt
        → bash cat > .agent_result.md <<'EOF' status: success summary: wrote hello.txt EOF
        Done: wrote hello.txt and .agent_result.md.
        ");
    }

    #[test]
    fn failures_are_told_too() {
        insta::assert_snapshot!(told(TranscriptKind::Claude, "claude-500"), @"✗ API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (127.0.0.1:18080).");
        insta::assert_snapshot!(told(TranscriptKind::Codex, "codex-429"), @"
        Model metadata for `gpt-mock` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
        ✗ Reconnecting... 1/1 (exceeded retry limit, last status: 429 Too Many Requests)
        ✗ exceeded retry limit, last status: 429 Too Many Requests
        ✗ exceeded retry limit, last status: 429 Too Many Requests
        ");
        insta::assert_snapshot!(told(TranscriptKind::Opencode, "opencode-401"), @"✗ Incorrect API key provided: sk-scn-***. You can find your API key at the provider's site.");
    }

    #[test]
    fn lines_come_when_they_are_whole_and_without_what_steers_a_terminal() {
        let mut teller = Teller::new(TranscriptKind::Plain);
        assert_eq!(teller.take(b"one\ntw"), ["one"]);
        assert_eq!(teller.take("o\u{1b}[2J\u{7}\n\n".as_bytes()), ["two"]);
        assert_eq!(teller.take(b"\xff last"), Vec::<String>::new());
        assert_eq!(teller.end(), ["\u{fffd} last"]);
        assert_eq!(teller.end(), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_an_end_is_not_kept_for_ever() {
        let mut teller = Teller::new(TranscriptKind::Plain);
        let lines = teller.take(&vec![b'x'; MOST_OPEN + 1]);
        assert_eq!((lines.len(), lines[0].len()), (1, MOST_OPEN + 1));
        assert_eq!(teller.end(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_event_of_the_dialect_is_shown_as_it_is() {
        let mut teller = Teller::new(TranscriptKind::Claude);
        assert_eq!(
            teller.take(b"npm warn\n{broken\n{\"type\":\"unheard\"}\n"),
            ["npm warn", "{broken"]
        );
    }
}
