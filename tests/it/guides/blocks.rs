//! Fenced blocks of a Markdown document: commands, and what they print.

/// Commands of a document, and what it shows of their output.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The line of the document on which the commands begin.
    pub(super) line: usize,
    /// The commands.
    pub(super) commands: String,
    /// What the block right below says that they print.
    pub(super) shown: Option<String>,
}

/// A fenced block of any language.
struct Fence {
    /// The line of its first line of text.
    first: usize,
    /// The line behind its end.
    behind: usize,
    language: String,
    text: String,
}

/// The blocks of commands of a document, in order: those in `sh`; a block in `text` right below shows what is printed.
pub(super) fn commands_of(document: &str) -> Vec<Block> {
    let fences = fences_of(document);
    let lines: Vec<&str> = document.lines().collect();
    let mut blocks = Vec::new();
    for (index, fence) in fences.iter().enumerate() {
        if fence.language != "sh" {
            continue;
        }
        let next = fences.get(index + 1).filter(|next| {
            let between = &lines[fence.behind - 1..next.first - 2];
            next.language == "text" && between.iter().all(|line| line.trim().is_empty())
        });
        blocks.push(Block {
            line: fence.first,
            commands: fence.text.clone(),
            shown: next.map(|next| next.text.clone()),
        });
    }
    blocks
}

/// The blocks of YAML of a document, each with its line.
pub(super) fn yaml_of(document: &str) -> Vec<(usize, String)> {
    let fences = fences_of(document).into_iter();
    let yaml = fences.filter(|fence| fence.language == "yaml");
    yaml.map(|fence| (fence.first, fence.text)).collect()
}

fn fences_of(document: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<(Fence, usize)> = None;
    for (number, line) in (1..).zip(document.lines()) {
        let bare = line.trim_start();
        match open.take() {
            None => {
                if let Some(language) = bare.strip_prefix("```") {
                    let language = language.trim().to_owned();
                    let fence =
                        Fence { first: number + 1, behind: 0, language, text: String::new() };
                    open = Some((fence, line.len() - bare.len()));
                }
            }
            Some((mut fence, indent)) => {
                if bare.starts_with("```") {
                    fence.behind = number + 1;
                    fences.push(fence);
                } else {
                    fence.text.push_str(line.get(indent..).unwrap_or(bare));
                    fence.text.push('\n');
                    open = Some((fence, indent));
                }
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    fences
}

/// Whether an output is the one that a document shows. `…` stands for anything within a line, and alone on a line for any lines.
pub(super) fn is_shown(shown: &str, printed: &str) -> bool {
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    lines_fit(&shown, &printed)
}

fn lines_fit(shown: &[&str], printed: &[&str]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => {
            (0..=printed.len()).any(|from| lines_fit(rest, &printed[from..]))
        }
        (Some((wanted, rest)), Some((line, more))) => {
            line_fits(wanted, line) && lines_fit(rest, more)
        }
        _ => false,
    }
}

fn line_fits(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn blocks_are_found_with_what_they_print() {
    let document = "Text\n\n```sh\na\n```\n\n```text\nb\n```\n\n1. one\n\n   ```sh\n   c\n     d\n   ```\n\nText\n\n```text\ne\n```\n\n```yaml\nf: 1\n```\n";
    let blocks = commands_of(document);
    let all: Vec<_> =
        blocks.iter().map(|one| (one.line, one.commands.as_str(), one.shown.as_deref())).collect();
    assert_eq!(all, [(4, "a\n", Some("b\n")), (14, "c\n  d\n", None)]);
}

#[test]
fn what_is_shown_leaves_out_what_it_says_that_it_leaves_out() {
    for (shown, printed, fits) in [
        ("a\nb\n", "a\nb\n", true),
        ("a\n", "a\nb\n", false),
        ("a\n…\n", "a\nb\nc\n", true),
        ("…\nc\n", "a\nb\nc\n", true),
        ("…\nb\n", "a\nb\nc\n", false),
        ("web-… is ready (…)\n", "web-42 is ready (1 s)\n", true),
        ("web-… is ready\n", "web-42 is not\n", false),
        ("a…\n", "b a\n", false),
        ("a\n…\nb\n", "a\nb\n", true),
    ] {
        assert_eq!(is_shown(shown, printed), fits, "{shown:?} {printed:?}");
    }
}
