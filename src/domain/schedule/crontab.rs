//! Our block in a crontab: its text, and a crontab with it, with another one, or without it. Everything outside the block stays byte for
//! byte. Pure.

use super::{Launcher, Start, words};

/// Why a crontab is left alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    /// The block has no end, or begins twice.
    #[error(
        "the block of this root begins in line {line} of the crontab and {what}: mend it with `crontab -e`"
    )]
    Block {
        /// The line of its beginning.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// What is to become of a crontab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is as it should be.
    Nothing,
    /// It becomes this.
    Becomes(Vec<u8>),
}

/// The line that begins the block of a root.
pub fn begin(root: &str) -> String {
    format!("# >>> agentos {root} >>>")
}

/// The line that ends it.
pub fn end(root: &str) -> String {
    format!("# <<< agentos {root} <<<")
}

/// The block: a comment, and a line for each job, whose words go to the end of `log`.
pub fn block(launcher: &Launcher, starts: &[Start], log: &str) -> String {
    let root = &launcher.root;
    let mut lines = vec![
        begin(root),
        "# Written by `agentos cron install`, taken out by `agentos cron remove`. What is changed between these marks is lost."
            .to_owned(),
    ];
    lines.extend(starts.iter().map(|start| line(launcher, start, log)));
    lines.push(end(root));
    lines.join("\n") + "\n"
}

/// The line that starts a job.
pub fn line(launcher: &Launcher, start: &Start, log: &str) -> String {
    let mut argv = Vec::new();
    if let Some(variable) = launcher.variable() {
        // On the line and not above it: a variable of a crontab holds for every line below.
        argv.extend(["env".to_owned(), variable]);
    }
    argv.extend(launcher.argv(start));
    let command: Vec<String> = argv.iter().map(|word| words::quote(word)).collect();
    format!("{} {} >> {} 2>&1", start.pace.fields(), command.join(" "), words::quote(log))
}

/// What a crontab becomes when it is to have this block for a root, or none.
///
/// # Errors
///
/// When it has a beginning of our block without an end.
pub fn change(old: &[u8], root: &str, block: Option<&str>) -> Result<Change, Damaged> {
    let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    let range = find(&lines, root)?;
    let (before, after) = match range {
        Some((first, last)) => {
            (lines.get(..first).unwrap_or_default(), lines.get(last + 1..).unwrap_or_default())
        }
        None => (lines.as_slice(), [].as_slice()),
    };
    let mut new = before.concat();
    if let Some(block) = block {
        if new.last().is_some_and(|byte| *byte != b'\n') {
            new.push(b'\n');
        }
        new.extend_from_slice(block.as_bytes());
    }
    new.extend(after.concat());
    Ok(if new == old { Change::Nothing } else { Change::Becomes(new) })
}

/// The first and the last line of a root's block.
fn find(lines: &[&[u8]], root: &str) -> Result<Option<(usize, usize)>, Damaged> {
    let places = |mark: &str| -> Vec<usize> {
        let is_mark = |line: &&[u8]| line.trim_ascii() == mark.as_bytes();
        (0..).zip(lines).filter(|(_, line)| is_mark(line)).map(|(at, _)| at).collect()
    };
    let (begins, ends) = (places(&begin(root)), places(&end(root)));
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => Ok(None),
        ([first], [last]) if first < last => Ok(Some((*first, *last))),
        ([], [last, ..]) => Err(Damaged::Block { line: last + 1, what: "only ends there" }),
        ([first], _) => {
            Err(Damaged::Block { line: first + 1, what: "does not end once behind it" })
        }
        ([_, again, ..], _) => {
            Err(Damaged::Block { line: again + 1, what: "begins a second time" })
        }
    }
}
