//! Pages of the web that a configuration names, read within bounds: encrypted, from allowed domains, from public addresses alone, so long and no
//! longer, so much and no more; every redirect is judged like the first address. Nothing is sent but the question: no cookie, no login, no token.

mod address;
mod public;
mod web;

#[cfg(test)]
mod tests;

use async_trait::async_trait;

pub use address::{Domains, shown};
pub use public::is_public;
pub use web::Web;

use super::Document;

/// Why a page was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It may not be asked for: somebody has to change the configuration, or the server sends its readers elsewhere.
    #[error("{0}")]
    Refused(String),
    /// What came back is no text that is read.
    #[error("{0}")]
    Unusable(String),
    /// The next run may have more luck.
    #[error("{0}")]
    Unreachable(String),
}

impl FetchError {
    /// Whether the next run may find it mended without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

/// Reads pages.
#[async_trait(?Send)]
pub trait Pages {
    /// Reads the page at an address, from these domains alone.
    async fn read(&self, address: &str, domains: &Domains) -> Result<Document, FetchError>;
}
