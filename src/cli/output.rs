//! Data to standard output, talk to standard error; nothing from outside reaches a terminal with control characters.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::fault::Fault;
use super::progress;
use crate::sys::terminal;
use crate::text::clean;

/// Where a command's words go.
pub(super) struct Output {
    json: bool,
    quiet: bool,
    /// Why a part of the data did not get out, the first time.
    lost: RefCell<Option<io::Error>>,
}

impl Output {
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, lost: RefCell::new(None) }
    }

    /// Whether one JSON document is wanted.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether data got out; why it did not is kept for [`Output::trouble`].
    fn is_out(&self, written: io::Result<()>) -> bool {
        let Err(error) = written else { return true };
        self.lost.borrow_mut().get_or_insert(error);
        false
    }

    /// What has become of the data: an error when it was cut off, so that nobody takes it for the whole.
    pub(super) fn trouble(&self) -> Option<Fault> {
        self.is_out(io::stdout().flush());
        self.lost.borrow().as_ref().and_then(unwritten)
    }

    /// One line of data.
    pub(super) fn line(&self, text: &str) {
        progress::clear();
        self.is_out(writeln!(io::stdout().lock(), "{}", clean::terminal(text)));
    }

    /// One line of data in a colour, by its number for terminals.
    pub(super) fn coloured(&self, text: &str, colour: Option<u8>) {
        let Some(colour) = colour else { return self.line(text) };
        let text = clean::terminal(text);
        self.is_out(writeln!(io::stdout().lock(), "\u{1b}[{colour}m{text}\u{1b}[0m"));
    }

    /// One line of data at once; says whether somebody still reads.
    pub(super) fn live(&self, text: &str) -> bool {
        let mut stdout = io::stdout().lock();
        self.is_out(writeln!(stdout, "{}", clean::terminal(text)).and_then(|()| stdout.flush()))
    }

    /// Lines in the place of as many earlier ones, on a terminal; says whether somebody still reads.
    pub(super) fn redraw(&self, earlier: usize, lines: &[String]) -> bool {
        let mut text = String::new();
        if earlier > 0 {
            let _infallible = write!(text, "\u{1b}[{earlier}A\r");
        }
        text.push_str("\u{1b}[0J");
        for line in lines {
            text.push_str(&clean::terminal(line));
            text.push('\n');
        }
        let mut stdout = io::stdout().lock();
        self.is_out(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// One JSON document.
    pub(super) fn json<T: Serialize + ?Sized>(&self, value: &T) {
        if let Ok(text) = serde_json::to_string_pretty(value) {
            self.is_out(writeln!(io::stdout().lock(), "{text}"));
        }
    }

    /// One line of talk.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            progress::clear();
            let text = clean::terminal(text);
            let text = match terminal::width_of_stderr() {
                Some(columns) if io::stderr().is_terminal() => folded(&text, columns),
                _ => text,
            };
            drop(writeln!(io::stderr().lock(), "{text}"));
        }
    }

    /// What went wrong.
    #[expect(clippy::unused_self, reason = "who may print shows it by holding an `Output`")]
    pub(super) fn fault(&self, fault: &Fault) {
        progress::clear();
        let mut stderr = io::stderr().lock();
        drop(writeln!(stderr, "error: {}", clean::terminal(&fault.message)));
        if let Some(hint) = &fault.hint {
            drop(writeln!(stderr, "hint: {}", clean::terminal(hint)));
        }
    }
}

/// What it means that standard output did not take everything; a reader that has gone (`| head`) is no error of ours.
pub(super) fn unwritten(error: &io::Error) -> Option<Fault> {
    let message = format!("standard output cannot be written: {error}");
    match error.kind() {
        io::ErrorKind::BrokenPipe => None,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(Fault::temporary(message).hint("free some space on that disk, and ask again"))
        }
        _ => Some(Fault::failed(message)),
    }
}

/// A line that is longer than the terminal is wide, broken between words; what goes on is indented as deep as the line, and a little more.
fn folded(text: &str, columns: usize) -> String {
    let indent = text.chars().take_while(|c| *c == ' ').count() + 2;
    if text.chars().count() <= columns || columns < 3 * indent {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let width = word.trim_end().chars().count();
        if used > indent && used + width > columns {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        }
        out.push_str(word);
        used += word.chars().count();
    }
    out
}

/// Aligned columns, the last one as long as it likes.
pub(super) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let render = |row: &Vec<String>| -> String {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let fill = width.saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(fill))
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(render).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_temporary_and_a_reader_that_has_gone_no_error() {
        let code = |kind: io::ErrorKind| unwritten(&kind.into()).map(|fault| fault.code);
        assert_eq!(code(io::ErrorKind::StorageFull), Some(75));
        assert_eq!(code(io::ErrorKind::QuotaExceeded), Some(75));
        assert_eq!(code(io::ErrorKind::PermissionDenied), Some(1));
        assert_eq!(code(io::ErrorKind::BrokenPipe), None);
    }

    #[test]
    fn a_long_line_is_broken_between_words_and_goes_on_indented() {
        let line = "  2.5 s  #1 is done: branch pushed, pull request opened";
        assert_eq!(folded(line, 80), line);
        assert_eq!(
            folded(line, 40),
            "  2.5 s  #1 is done: branch pushed, pull\n    request opened"
        );
        assert_eq!(folded("nobreakatallhere", 8), "nobreakatallhere");
    }
}
