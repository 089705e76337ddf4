//! What went wrong elsewhere, played on the fake GitHub: each test is named after the failure, and `docs/field.md` lists them all.

mod merge;
