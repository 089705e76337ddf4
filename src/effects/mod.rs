//! Every change to the world outside the mailbox: one enum, one `carry_out` (`DESIGN.md` section 6).
//!
//! Look whether it is already so; write the intent; act; read back; record the end. Doing one twice is doing it once.

mod carry_out;
mod effect;
mod look;
mod memory;
pub mod memory_texts;
mod seeing;
mod show;
pub mod texts;

pub use carry_out::{Carried, EffectError, Effects};
pub use effect::Effect;
pub use show::{desired_host_state, is_withdrawn, labels_and_status, shows_work};
