//! `agentos`: a software organisation of coding agents in one binary. `CODEBASE.md` is the map; a module uses lower rows only:
//! cli → jobs → app → effects → adapters → domain, sys → text.

pub mod agent;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod effects;
pub mod evidence;
pub mod git;
pub mod host;
pub mod jobs;
pub mod journal;
pub mod llm;
pub mod mailbox;
pub mod notify;
pub mod prompt;
pub mod release;
pub mod sys;
pub mod text;
