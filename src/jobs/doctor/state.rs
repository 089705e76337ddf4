//! What has come to stand still: switches, tasks that wait for a person, open intents, messages.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Check, Kind};
use crate::app::App;
use crate::domain::task::Folder;
use crate::jobs::status;
use crate::sys::clock::{Clock, SystemClock};

/// Longer than any change to the outside world takes.
const INTENT_IS_OLD: SignedDuration = SignedDuration::from_hours(1);

/// A message that could be sent has been sent by then.
const MESSAGE_IS_OLD: Duration = Duration::from_secs(3600);

pub(super) fn checks(app: &App) -> Vec<Check> {
    let mut checks = vec![switches(app)];
    checks.push(tasks(app));
    checks.push(intents(app));
    checks
}

fn switches(app: &App) -> Check {
    let pauses = status::pauses(app);
    let jobs = ["dispatch", "queue", "pr-monitor"]
        .into_iter()
        .filter(|job| app.state.flag_job(job).exists())
        .map(|job| format!("{job}: paused; `agentos resume --job {job}` lets it go on"));
    let all: Vec<String> = pauses.into_iter().chain(jobs).collect();
    if all.is_empty() {
        return Check::ok(Kind::Switches, "everything is on");
    }
    // Each of these texts says itself what mends it.
    Check::warn(Kind::Switches, all.join("; "), "`agentos on`, or `agentos resume`")
}

fn tasks(app: &App) -> Check {
    let seen = match status::gather(app) {
        Ok(seen) => seen,
        Err(error) => {
            return Check::fail(
                Kind::Tasks,
                error.to_string(),
                "make the folders of the mailbox readable",
            );
        }
    };
    let count = |folder: Folder| seen.tasks.iter().filter(|task| task.state == folder).count();
    let waiting: Vec<String> = [Folder::Failed, Folder::Escalated, Folder::Blocked]
        .into_iter()
        .map(|folder| (count(folder), folder))
        .filter(|(count, _)| *count > 0)
        .map(|(count, folder)| format!("{count} {folder}"))
        .collect();
    if let Some(file) = seen.unreadable.first() {
        let mend = format!("correct the file, or move it away: {}", file.file);
        let count = seen.unreadable.len();
        return Check::warn(
            Kind::Tasks,
            format!("{count} files of the mailbox are no tasks"),
            mend,
        );
    }
    if waiting.is_empty() {
        let live = seen.tasks.iter().filter(|task| !task.has_ended()).count();
        return Check::ok(Kind::Tasks, format!("{live} under way, none waits for a person"));
    }
    Check::warn(
        Kind::Tasks,
        waiting.join(", "),
        "`agentos task list`, `agentos why <task>`; `agentos task retry <task>` once the reason is gone",
    )
}

fn intents(app: &App) -> Check {
    let open = match app.journal.open_intents() {
        Ok(open) => open,
        Err(error) => {
            return Check::fail(
                Kind::Intents,
                error.to_string(),
                "make runtime/journal/open readable",
            );
        }
    };
    let now = app.now();
    let old = open.iter().filter(|intent| is_old(intent.record().at, now)).count();
    match old {
        0 => Check::ok(Kind::Intents, "none is open"),
        count => Check::warn(
            Kind::Intents,
            format!("{count} open for more than an hour, in runtime/journal/open"),
            "`agentos tick` reads back what became of them; look at what it says",
        ),
    }
}

/// Said only where it is wrong: no job with a pace of its own runs then.
pub(super) fn paces(app: &App) -> Option<Check> {
    let error = app.state.check_cadence().err()?;
    let mend = "remove runtime/state/cadence.json: every job with a pace is due again then";
    Some(Check::fail(Kind::Paces, error.to_string(), mend))
}

fn is_old(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) > INTENT_IS_OLD
}

pub(super) fn telegram(app: &App) -> Check {
    let variable =
        app.environment.get("TELEGRAM_BOT_TOKEN").is_some_and(|value| !value.trim().is_empty());
    let settings = &app.settings.telegram;
    let source = match (variable, settings.bot_token.is_some()) {
        (true, _) => Some("`TELEGRAM_BOT_TOKEN`"),
        (false, true) => Some("the configuration"),
        (false, false) => None,
    };
    match (source, settings.chat_id.is_some()) {
        (None, false) => Check::ok(
            Kind::Telegram,
            "not configured; what needs a person is told on the issue alone",
        ),
        (Some(source), true) => Check::ok(Kind::Telegram, format!("token from {source}")),
        (Some(_), false) => {
            Check::warn(Kind::Telegram, "there is a token but no chat", "set `telegram_chat_id`")
        }
        (None, true) => {
            Check::warn(Kind::Telegram, "there is a chat but no token", "set TELEGRAM_BOT_TOKEN")
        }
    }
}

/// Whether Telegram knows the bot and the bot sees the chat, where both are configured. Nothing is sent.
pub(super) async fn chat(app: &App) -> Option<Check> {
    Some(match app.notifier.probe().await? {
        Ok(seen) => Check::ok(Kind::Chat, format!("{} sees {}", seen.bot, seen.chat)),
        Err(reason) => Check::fail(
            Kind::Chat,
            reason,
            "see @BotFather for the token; invite the bot into the chat, or write to it first; `telegram_chat_id` is its number or @name",
        ),
    })
}

/// Messages wait in a folder, where they are kept at all.
pub(super) fn outbox(app: &App) -> Option<Check> {
    let entries = std::fs::read_dir(app.runtime().join("notify").join("outbox")).ok()?;
    let now = SystemClock.now();
    let is_old = |entry: &std::fs::DirEntry| {
        let modified = entry.metadata().and_then(|data| data.modified()).ok();
        let at = modified.and_then(|at| Timestamp::try_from(at).ok());
        at.is_some_and(|at| now.duration_since(at).unsigned_abs() > MESSAGE_IS_OLD)
    };
    let old = entries.flatten().filter(is_old).count();
    Some(match old {
        0 => Check::ok(Kind::Outbox, "no message waits for long"),
        count => Check::warn(
            Kind::Outbox,
            format!("{count} waiting for more than an hour"),
            "look at token, chat and network",
        ),
    })
}
