//! The world of a story: a temporary root with a local repository, scripted agents and a clock, and the real binary run in it.

#[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "the soak needs a part of it"))]
pub(crate) mod crash_root;
pub(crate) mod github;
mod hands;
pub(crate) mod http;
pub(crate) mod hub;
#[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "the soak needs a part of it"))]
pub(crate) mod invariants;
mod script;
pub(crate) mod telegram;
mod world;
#[cfg(feature = "failpoints")]
pub(crate) mod world_hash;

pub(crate) use hands::{processes_with, strings};
pub(crate) use script::Script;
pub(crate) use world::{Run, World};
