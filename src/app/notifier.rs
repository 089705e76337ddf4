//! Who tells the operator: the bot and chat of the configuration, with the token of the environment before that of the file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::Settings;
use crate::domain::quiet::Habits;
use crate::notify::{Bot, Notifier, Options};
use crate::text::secret::Secret;

/// Makes the notifier of an installation; without a token or a chat it does nothing.
pub(super) fn notifier(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    locks: &Path,
) -> Notifier {
    let telegram = &settings.telegram;
    let of_environment = environment.get("TELEGRAM_BOT_TOKEN").map(Secret::new);
    let token = of_environment
        .filter(|token| !token.is_blank())
        .or_else(|| telegram.bot_token.clone())
        .filter(|token| !token.is_blank());
    let bot = token.zip(telegram.chat_id.clone()).map(|(token, chat)| Bot {
        token,
        chat,
        api_url: telegram.api_url.clone(),
    });
    Notifier::new(Options {
        bot,
        dir: settings.root.join("runtime").join("notify"),
        lock: locks.join("notify.lock"),
        habits: Habits {
            quiet: settings.quiet_hours,
            digest_hour: settings.digest_hour.and_then(|hour| i8::try_from(hour).ok()),
        },
    })
}
