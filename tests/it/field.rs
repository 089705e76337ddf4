//! Failures that others had, each played here (`docs/proof.md`).

mod loops;
mod merge;
mod runs;
mod truth;
