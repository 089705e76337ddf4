//! Text and nothing else: YAML, front matter, Markdown sections, markers, visible text of pages, redaction, names, similarity. Knows no tasks.

pub mod clean;
pub mod closing;
pub mod code;
pub mod count;
pub mod front_matter;
pub mod hash;
pub mod html;
pub mod marker;
pub mod page;
pub mod redact;
pub mod secret;
pub mod sections;
pub mod similar;
pub mod slug;
pub mod yaml;
