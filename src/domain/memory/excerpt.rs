//! The memory as it goes into a prompt.

use super::KNOWN_ISSUE;
use super::layout::RECENT;

/// The curated sections whole, and of the recent changes as many of the newest entries as the two bounds allow. Curated sections beyond the
/// byte bound are cut at its end.
pub fn excerpt(memory: &str, max_entries: usize, max_bytes: usize) -> String {
    let (curated, recent) = match memory.split_once(RECENT) {
        Some((curated, recent)) => (curated, recent),
        None => (memory, ""),
    };
    let curated = without_line_markers(curated);
    let mut text = cut(curated.trim_end(), max_bytes).to_owned();
    let entries: Vec<&str> = recent.split("\n### ").skip(1).collect();
    if entries.is_empty() {
        return text;
    }
    text.push_str("\n\n");
    text.push_str(RECENT);
    text.push('\n');
    let mut taken = 0;
    for entry in entries.iter().take(max_entries) {
        if text.len() + entry.len() > max_bytes {
            break;
        }
        text.push_str("\n### ");
        text.push_str(without_marker(entry).trim_end());
        text.push('\n');
        taken += 1;
    }
    let older = entries.len() - taken;
    if older > 0 {
        use std::fmt::Write as _;
        let _infallible = writeln!(text, "\n({older} older entries are left out.)");
    }
    text
}

/// The markers at the end of known issues say nothing to an agent.
fn without_line_markers(text: &str) -> String {
    let marker = format!(" <!-- agentos:{KNOWN_ISSUE} ");
    let line = |line: &str| {
        let end = line.find(&marker).filter(|_| line.trim_end().ends_with("-->"));
        end.map_or_else(
            || line.to_owned(),
            |end| format!("{}\n", line.get(..end).unwrap_or_default()),
        )
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The marker of the next entry stands at the end of an entry's text.
fn without_marker(entry: &str) -> &str {
    entry.rfind("<!--").map_or(entry, |at| entry.get(..at).unwrap_or(entry))
}

fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
