//! Notices to the operator's chat: an outbox of files, told once each by a Telegram bot, whatever restarts. Knows nothing of what a notice is
//! about. Takes no orders: nothing is ever read from the chat.

mod message;
mod notifier;
mod outbox;
mod telegram;

pub use notifier::{Bot, Notifier, Options, Overview};
pub use outbox::Problem;
pub use telegram::Seen;
