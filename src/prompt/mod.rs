//! What an agent is told. Text from outside stands in fences and is named as data; what is long is cut at a stated bound.

mod execution;

pub use execution::{Execution, execution};
