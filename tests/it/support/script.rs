//! Scripted agents: shell scripts built from steps, so that a test reads as what its agent does.

/// A scripted agent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    lines: Vec<String>,
}

/// The text of a result file.
fn result(status: &str, code: &str, summary: &str) -> String {
    format!(
        "STATUS: {status}\nBLOCKER_CODE: {code}\nSUMMARY: {summary}\nDONE:\n- {summary}\nNEXT_STEP: go on\nTESTS_RUN:\n- sh test.sh: passed\n"
    )
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Any line of shell.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// The lines of another script.
    pub(crate) fn lines_of(mut self, other: Self) -> Self {
        self.lines.extend(other.lines);
        self
    }

    /// Writes a file.
    pub(crate) fn writes(self, path: &str, text: &str) -> Self {
        self.line(&format!("mkdir -p \"$(dirname {path})\""))
            .line(&format!("cat > {path} <<'TEXT'\n{text}\nTEXT"))
    }

    /// Leaves a result file.
    pub(crate) fn reports(self, status: &str, code: &str, summary: &str) -> Self {
        let text = result(status, code, summary);
        self.line(&format!("cat > .agent_result.md <<'RESULT'\n{text}RESULT"))
    }

    /// Writes a file of its own for each task and says that it is complete: what most tests need.
    pub(crate) fn works() -> Self {
        Self::new()
            .line("echo \"$AGENTOS_TASK_ID\" > \"work-$AGENTOS_TASK_ID.txt\"")
            .reports("complete", "none", "Did it.")
    }

    /// The script's text. It reads its prompt to the end first, as a real agent does.
    pub(crate) fn render(self) -> String {
        format!("#!/bin/sh\nprompt=$(cat)\n{}\n", self.lines.join("\n"))
    }
}
