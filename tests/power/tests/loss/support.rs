//! What the crash loop of the main tests is made of.
#![expect(dead_code, reason = "its other users use the rest")]

#[path = "../../../it/support/crash_root.rs"]
pub(crate) mod crash_root;
#[path = "../../../it/support/invariants.rs"]
pub(crate) mod invariants;
#[path = "../../../it/support/world_hash.rs"]
pub(crate) mod world_hash;
