//! Failures that others had, each played here (`docs/field.md`).

mod loops;
mod merge;
mod truth;
