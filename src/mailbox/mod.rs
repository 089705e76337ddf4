//! The mailbox: task files in state folders, leases by kernel lock, poison files set aside (`CONTRACT.md` section 3). Knows neither
//! hosts nor agents.

mod archive;
mod claim;
mod listing;
mod peek;
mod store;

pub use claim::{Authority, Claim, Gone, Lease, RepositoryLease};
pub use peek::Head;
pub use store::{Entry, Heads, Mailbox, MailboxError};

#[cfg(test)]
mod tests;
