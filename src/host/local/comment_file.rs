//! The comments of an issue in one Markdown file, ours with an id, people's with or without. Where nothing changes, the text stays byte
//! for byte; a comment that somebody appended without a header gets one when we write.

use jiff::Timestamp;

use super::comment_header::{END, Header, escaped, unescaped};
use super::issue_file::SOMEBODY;
use crate::domain::ids::IssueNumber;
use crate::domain::issue::{Comment, Trust};
use crate::text::hash::sha256_hex;

/// Ids that we give are `issue × this + count`.
const IDS_PER_ISSUE: u64 = 1_000_000;

/// Derived ids lie above all that we give, and below 2^53, where JSON readers lose digits.
const DERIVED: u64 = 1 << 52;

/// A comment and the lines that it stands on.
#[derive(Debug)]
struct Entry<'a> {
    raw: &'a str,
    header: Option<Header>,
    body: String,
    /// Its id, written or derived.
    id: u64,
    moment: Timestamp,
}

/// The comments of one issue as they were read.
#[derive(Debug)]
pub(super) struct Thread<'a> {
    issue: IssueNumber,
    entries: Vec<Entry<'a>>,
    /// The text behind the last comment: blank.
    rest: &'a str,
}

impl<'a> Thread<'a> {
    /// Reads a file; `modified` is when somebody last wrote it, which dates a comment without a header.
    pub(super) fn parse(text: &'a str, issue: IssueNumber, modified: Timestamp) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut entries: Vec<Entry<'a>> = Vec::new();
        let mut blank_from = 0;
        let mut offset = 0;
        for raw in segments(text) {
            let end = offset + raw.len();
            if let Some((header, body)) = comment_in(raw) {
                // Blank lines before a comment belong to it, so that all pieces together are the file.
                let raw = text.get(blank_from..end).unwrap_or(raw);
                entries.push(Entry { raw, header, body, id: 0, moment: modified });
                blank_from = end;
            }
            offset = end;
        }
        let mut thread = Self { issue, entries, rest: text.get(blank_from..).unwrap_or_default() };
        thread.date(modified);
        thread.identify();
        thread
    }

    /// Dates what has no header: written at the file's last change, but after the comment above and not after the one below.
    fn date(&mut self, modified: Timestamp) {
        let mut latest = modified;
        for entry in self.entries.iter_mut().rev() {
            match &entry.header {
                Some(header) => {
                    entry.moment = header.moment;
                    latest = latest.min(header.moment);
                }
                None => entry.moment = latest,
            }
        }
        let mut earliest = Timestamp::MIN;
        for entry in &mut self.entries {
            // A person may have written a day, or the time of another place; the order of the file says more.
            if entry.header.as_ref().is_none_or(|header| header.id.is_none()) {
                entry.moment = entry.moment.max(earliest);
            }
            earliest = earliest.max(entry.moment);
        }
    }

    /// Gives each comment its id: the written one unless another has it, else one that follows from what it says.
    fn identify(&mut self) {
        let mut taken: Vec<u64> = Vec::with_capacity(self.entries.len());
        for entry in &mut self.entries {
            match entry.header.as_ref().and_then(|header| header.id) {
                Some(id) if !taken.contains(&id) => {
                    entry.id = id;
                    taken.push(id);
                }
                // A copied comment is its copier's.
                Some(_) | None => {
                    if let Some(header) = &mut entry.header {
                        header.id = None;
                    }
                }
            }
        }
        for entry in &mut self.entries {
            if entry.header.as_ref().is_some_and(|header| header.id.is_some()) {
                continue;
            }
            let free = (0..=u32::MAX)
                .map(|turn| derived_id(self.issue, entry, turn))
                .find(|id| !taken.contains(id));
            entry.id = free.unwrap_or(DERIVED);
            taken.push(entry.id);
        }
    }

    /// The comments, oldest first; `account` is who we are.
    pub(super) fn comments(&self, account: &str) -> Vec<Comment> {
        self.entries.iter().map(|entry| entry.comment(account)).collect()
    }

    /// The next id of ours.
    pub(super) fn next_id(&self) -> u64 {
        let first = self.issue.0.saturating_mul(IDS_PER_ISSUE);
        let ours = self.entries.iter().map(|entry| entry.id).filter(|id| *id < DERIVED);
        ours.max().unwrap_or(first).max(first).saturating_add(1)
    }

    /// Renders the file with one more comment at its end.
    pub(super) fn with_added(&self, header: &Header, body: &str) -> String {
        let mut text: String = self.entries.iter().map(Entry::settled).collect();
        text.push_str(self.rest);
        separate(&mut text);
        text.push_str(&rendered(header, body));
        text
    }

    /// Renders the file with another text for one comment; nothing when there is no such comment.
    pub(super) fn with_replaced(&self, id: u64, body: &str) -> Option<String> {
        self.entries.iter().find(|entry| entry.id == id)?;
        let mut text = String::new();
        for entry in &self.entries {
            match &entry.header {
                Some(header) if entry.id == id => {
                    separate(&mut text);
                    text.push_str(&rendered(header, body));
                }
                _ => text.push_str(&entry.settled()),
            }
        }
        text.push_str(self.rest);
        Some(text)
    }
}

impl Entry<'_> {
    fn comment(&self, account: &str) -> Comment {
        let author = self.header.as_ref().map_or(SOMEBODY, |header| &header.author);
        let written_by_us = self.header.as_ref().is_some_and(|header| header.id.is_some());
        Comment {
            id: self.id,
            author: author.to_owned(),
            author_trust: Trust::Trusted,
            ours: written_by_us && author == account,
            edited: false,
            body: self.body.clone(),
            created_at: self.moment,
        }
    }

    /// Its lines; one without a header gets one now, because the file's time is about to say something else.
    fn settled(&self) -> String {
        if self.header.is_some() {
            return self.raw.to_owned();
        }
        let blank = self.raw.len() - self.raw.trim_start_matches(['\r', '\n']).len();
        let blank = self.raw.get(..blank).unwrap_or_default();
        let header = Header { author: SOMEBODY.to_owned(), moment: self.moment, id: Some(self.id) };
        format!("{blank}{}", rendered(&header, &self.body))
    }
}

/// Parts a file: a comment begins at its header and ends at the end line, the next header or the end of the file.
fn segments(text: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let (mut start, mut offset) = (0, 0);
    let mut cut =
        |from: usize, to: usize| segments.extend(text.get(from..to).filter(|s| !s.is_empty()));
    for line in text.split_inclusive('\n') {
        let end = offset + line.len();
        if Header::parse(line).is_some() {
            cut(start, offset);
            start = offset;
        } else if line.trim_end() == END {
            cut(start, end);
            start = end;
        }
        offset = end;
    }
    cut(start, text.len());
    segments
}

/// Reads a piece of a file; nothing when it is blank.
fn comment_in(raw: &str) -> Option<(Option<Header>, String)> {
    let (first, behind) = raw.split_at(raw.find('\n').map_or(raw.len(), |at| at + 1));
    let header = Header::parse(first);
    let text = if header.is_some() { behind } else { raw };
    let ended =
        text.trim_end().strip_suffix(END).filter(|rest| rest.is_empty() || rest.ends_with('\n'));
    if header.as_ref().is_some_and(|header| header.id.is_some()) {
        // An editor may have changed all line breaks of the file.
        let line_break = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
        let body = ended
            .map_or_else(|| text.trim_end(), |body| body.strip_suffix(line_break).unwrap_or(body));
        return Some((header, unescaped(body.strip_prefix(line_break).unwrap_or(body))));
    }
    let text = ended.unwrap_or(text).trim_end().trim_start_matches(['\r', '\n']);
    let is_blank = text.trim().is_empty();
    (!is_blank).then(|| (header, unescaped(text)))
}

fn rendered(header: &Header, body: &str) -> String {
    format!("{}\n\n{}\n{END}\n", header.render(), escaped(body))
}

/// Sees to it that what is appended begins behind a blank line.
fn separate(text: &mut String) {
    if text.is_empty() {
        return;
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    if !text.ends_with("\n\n") && !text.ends_with("\r\n\r\n") {
        text.push('\n');
    }
}

fn derived_id(issue: IssueNumber, entry: &Entry<'_>, turn: u32) -> u64 {
    // Author and date outlive an edit of the text, which must not make another comment of it.
    let what = match &entry.header {
        Some(header) => format!("{} {}", header.author, header.moment),
        None => format!("\0{}", entry.body.trim()),
    };
    let text = format!("{}\0{what}\0{turn}", issue.0);
    let digest = sha256_hex(text.as_bytes());
    let number = digest.get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
    DERIVED | (number & (DERIVED - 1))
}
