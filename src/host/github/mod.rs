//! GitHub as a code host: issues, Projects v2 boards, pull requests and checks, by REST and GraphQL. octocrab and reqwest are named here
//! only, and no type of theirs leaves this folder.

mod actions;
mod address;
mod board;
mod board_columns;
mod board_wire;
mod boundary;
mod boundary_wire;
mod budget;
mod cache;
mod call;
mod card_wire;
mod check_wire;
mod checks;
mod client;
mod comments;
mod elsewhere;
pub mod endpoints;
mod failure;
mod graphql;
mod host;
mod http;
mod issues;
mod labels;
mod message;
mod pace;
mod pages;
mod preflight;
mod pull_wire;
mod pulls;
pub mod reading;
mod review_wire;
mod sight;
mod sight_checks;
mod sight_wire;
mod token;
mod trust;
mod wire;

pub use board::{BoardOptions, ProjectBoard, StatusChange};
pub use board_columns::ColumnNames;
pub use client::{Call, Client, ClientOptions, Reads, Usage};
pub use host::{GithubHost, GithubOptions};
pub use token::find_token;
