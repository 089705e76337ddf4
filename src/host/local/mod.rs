//! The local code host: a board of Markdown files that people edit by hand, pull requests beside it, CI run by ourselves. Knows git
//! and commands only through [`Forge`]; no policy and no retries here.

mod card;
mod checks;
mod comment_file;
mod comment_header;
mod comments;
mod failure;
mod folder;
mod forge;
mod issue_file;
mod issues;
mod local_host;
mod merge;
mod pull_file;
mod pulls;
mod title;
mod values;
mod yaml_lines;

#[cfg(test)]
mod tests;

pub use forge::{CiRequest, CiRun, Forge, SquashRequest};
pub use local_host::{LocalHost, LocalHostOptions, Problem};
pub use pull_file::MergedBy;
