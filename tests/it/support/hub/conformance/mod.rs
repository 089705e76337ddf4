//! Judges what goes to and comes from the fake by what GitHub publishes about itself (`tests/vendor/github`): REST by its `OpenAPI`
//! description, GraphQL by its schema. Knows nothing of the fake.

mod answers;
mod convert;
mod description;
mod faults;
pub(crate) mod graphql;
mod query;
mod rest;
mod validators;

pub(crate) use rest::{Exchange, check, check_request, coverage, is_described};
