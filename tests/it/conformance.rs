//! The judge is judged: what it must refuse and what it must accept, and that GitHub's descriptions are the ones that their README names.

mod executed;
mod graphql;
mod rest;
mod vendored;
