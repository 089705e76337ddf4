//! What is true and what to do: pure functions and values, without I/O, clock or async.

pub mod admission;
pub mod blocker;
pub mod body;
pub mod brief;
pub mod fence;
pub mod ids;
pub mod installation;
pub mod issue;
pub mod kinds;
pub mod leak;
pub mod memory;
pub mod merge;
pub mod money;
pub mod pull;
pub mod result;
pub mod retry;
pub mod routing;
pub mod task;
pub mod task_file;
