//! What the scripted model does next: with the tools that a program offers, in the order of a task.

use serde_json::{Value, json};

use super::Scenario;

/// What it says at the end of a task.
const FINAL: &str = "Done: wrote hello.txt and .agent_result.md.";

/// What it says to a question for a brief.
const BRIEF: &str = "Here you are:\n```json\n{\"goal\": \"There is a greeting.\", \"success_criteria\": [\"hello.txt is there.\"]}\n```";

/// What it says when it calls no tool (any more). Small questions of a program's own come without tools.
pub(super) fn last_words(scenario: Scenario, has_tools: bool) -> &'static str {
    match scenario {
        Scenario::Answers => BRIEF,
        _ if has_tools => FINAL,
        _ => "{\"title\":\"mock\"}",
    }
}

const RESULT: &str = "STATUS: complete\nBLOCKER_CODE: none\nSUMMARY: Wrote hello.txt.\nDONE:\n- hello.txt\nTESTS_RUN:\n- sh test.sh: passed\n";

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Prompts of ours so far.
    pub(super) prompts: usize,
    /// Tools that have answered since the last of them.
    pub(super) done: usize,
}

impl Progress {
    /// A message of the user: ours when it speaks of the result file.
    pub(super) fn user(&mut self, message: &Value) {
        if message.to_string().contains(".agent_result.md") {
            self.prompts += 1;
            self.done = 0;
        }
    }

    /// So many tools have answered.
    pub(super) fn tools(&mut self, answers: usize) {
        self.done += answers;
    }
}

/// A tool that the model calls.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// The next call, or `None` when the task is finished. `request` is searched for the folder that the program works in.
pub(super) fn next(
    tools: &[&str],
    progress: Progress,
    scenario: Scenario,
    request: &Value,
) -> Option<Call> {
    if scenario == Scenario::Answers {
        return None;
    }
    let bad = "The work is finished.\n";
    let result = match scenario {
        Scenario::WorksWhenToldAgain if progress.prompts < 2 => bad,
        _ => RESULT,
    };
    let (path, content) = match (scenario, progress.done) {
        (Scenario::NeverEnds, n) => (format!("loop{n}.txt"), "x\n"),
        (_, 0) => ("hello.txt".to_owned(), "hello from the scripted model\n"),
        (_, 1) => (".agent_result.md".to_owned(), result),
        _ => return None,
    };
    let mut tools = tools.to_vec();
    if scenario == Scenario::Insists {
        let is_gemini = tools.contains(&"list_directory");
        tools.extend(if is_gemini {
            ["write_file", "run_shell_command"]
        } else {
            ["write", "bash"]
        });
    }
    let writes = writes(&tools, &path, content, request);
    let runs = runs(&tools, &path, content);
    if progress.done % 2 == 1 { runs.or(writes) } else { writes.or(runs) }
}

fn pick<'a>(tools: &[&str], names: &[&'a str]) -> Option<&'a str> {
    names.iter().copied().find(|name| tools.contains(name))
}

fn writes(tools: &[&str], path: &str, content: &str, request: &Value) -> Option<Call> {
    let name = pick(tools, &["Write", "write_file", "write"])?;
    let folder = folder(&request.to_string()).unwrap_or_else(|| ".".to_owned());
    let key = if name == "write" { "filePath" } else { "file_path" };
    let arguments = json!({key: format!("{folder}/{path}"), "content": content});
    Some(Call { name: name.to_owned(), arguments })
}

fn runs(tools: &[&str], path: &str, content: &str) -> Option<Call> {
    let names = ["Bash", "exec_command", "shell_command", "shell", "run_shell_command", "bash"];
    let name = pick(tools, &names)?;
    let command = format!("cat > {path} <<'EOF'\n{content}EOF");
    let arguments = match name {
        "exec_command" => json!({"cmd": command}),
        "shell" => json!({"command": ["bash", "-lc", command]}),
        "run_shell_command" => {
            json!({"command": command, "description": "write a file", "is_background": false})
        }
        _ => json!({"command": command, "description": "write a file"}),
    };
    Some(Call { name: name.to_owned(), arguments })
}

/// The folder that the program says it works in.
fn folder(request: &str) -> Option<String> {
    let labels = [
        "orking directory: ",
        "<cwd>",
        "working in the directory: ",
        "orkspace Directories:**\\n  - ",
        "orkspace Directories:\\n  - ",
        "orkspace directories:\\n  - ",
    ];
    labels.iter().find_map(|label| {
        let rest = request.split_once(label)?.1;
        let path: String =
            rest.chars().take_while(|c| !c.is_whitespace() && !"\\\"<".contains(*c)).collect();
        path.starts_with('/').then_some(path)
    })
}
