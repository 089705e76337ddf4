//! The mailbox: task files in state folders, leases by kernel lock, poison files set aside (`CONTRACT.md` section 3). Knows neither
//! hosts nor agents.

mod claim;
mod peek;
mod store;

pub use claim::{Claim, Gone, Lease};
pub use peek::Head;
pub use store::{Entry, Heads, Mailbox, MailboxError};

#[cfg(test)]
mod tests;
