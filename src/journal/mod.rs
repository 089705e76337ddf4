//! Append-only JSON lines: intents and their ends, events, attempts (`DESIGN.md` section 6). Knows not what an event causes.

mod events;
mod intents;

pub use events::{Event, Journal};
pub use intents::{Intent, IntentRecord};
