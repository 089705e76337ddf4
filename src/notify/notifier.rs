//! Telling: what waits in the outbox and is due goes out, one message after the other, by one process at a time.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::message;
use super::outbox::{End, Outbox, Pace, Problem};
use super::telegram::{Deadlines, Fate, Seen, Telegram};
use crate::crash_point;
use crate::domain::notice::{Notice, NoticeId};
use crate::domain::quiet::{self, Habits, Waiting};
use crate::sys::files::FileError;
use crate::sys::lock::Lock;
use crate::text::secret::Secret;

/// One message.
const DEADLINES: Deadlines =
    Deadlines { connect: Duration::from_secs(5), total: Duration::from_secs(10) };
/// After so long no further message is begun: the job that tells has other things to do.
const ROUND: Duration = Duration::from_secs(10);
/// A process that could not send tries again after so long at the earliest.
const REST: Duration = Duration::from_secs(60);
/// A notice that cannot be sent for so many hours is given up.
const GIVE_UP_HOURS: i64 = 24;
/// A problem is shown for so many hours.
const PROBLEM_HOURS: i64 = 7 * 24;

/// The bot and the chat it writes to.
#[derive(Debug, Clone)]
pub struct Bot {
    /// Its token.
    pub token: Secret,
    /// The chat.
    pub chat: String,
    /// Address of Telegram's interface, without a slash at its end.
    pub api_url: String,
}

/// From what a [`Notifier`] is made.
#[derive(Debug)]
pub struct Options {
    /// Who tells; nothing is told or written without a bot.
    pub bot: Option<Bot>,
    /// The folder of the outbox.
    pub dir: PathBuf,
    /// The lock of the process that tells.
    pub lock: PathBuf,
    /// When the operator wants to be told.
    pub habits: Habits,
}

/// The state of the outbox, for `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Whether there are a token and a chat.
    pub configured: bool,
    /// How many notices wait.
    pub waiting: usize,
    /// Since when Telegram is out of reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down_since: Option<Timestamp>,
    /// What went wrong lately.
    pub problems: Vec<Problem>,
}

/// Tells notices to the operator's chat.
pub struct Notifier {
    telegram: Option<Telegram>,
    outbox: Outbox,
    lock: PathBuf,
    habits: Habits,
    failed_at: Cell<Option<Instant>>,
}

impl Notifier {
    /// Makes one; nothing is connected, read or written yet.
    pub fn new(options: Options) -> Self {
        let telegram =
            options.bot.map(|bot| Telegram::new(bot.api_url, bot.token, bot.chat, DEADLINES));
        Self {
            telegram,
            outbox: Outbox::new(options.dir),
            lock: options.lock,
            habits: options.habits,
            failed_at: Cell::new(None),
        }
    }

    /// Asks who the bot is and whether it sees the chat, or says why nobody knows; nothing where nothing is told. Sends no message.
    pub async fn probe(&self) -> Option<Result<Seen, String>> {
        match &self.telegram {
            Some(telegram) => Some(telegram.probe().await),
            None => None,
        }
    }

    /// Whether anything is told at all.
    pub fn is_on(&self) -> bool {
        self.telegram.is_some()
    }

    /// Puts a notice into the outbox, once for its id.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn put(&self, notice: &Notice, now: Timestamp) -> Result<(), FileError> {
        if self.is_on() {
            self.outbox.put(notice, now)?;
        }
        Ok(())
    }

    /// The state of the outbox.
    pub fn overview(&self, now: Timestamp) -> Overview {
        let is_recent =
            |at: Timestamp| now.duration_since(at) < SignedDuration::from_hours(PROBLEM_HOURS);
        Overview {
            configured: self.is_on(),
            waiting: self.outbox.count(),
            down_since: self.outbox.pace().down_since,
            problems: self.outbox.problems().into_iter().filter(|p| is_recent(p.at)).collect(),
        }
    }

    /// Sends what is due, for some seconds at most. What cannot be sent now waits for the next round.
    ///
    /// # Errors
    ///
    /// When the outbox cannot be read or written.
    pub async fn send_due(&self, now: Timestamp) -> Result<(), FileError> {
        let Some(telegram) = &self.telegram else { return Ok(()) };
        let rests = self.failed_at.get().is_some_and(|at| at.elapsed() < REST);
        if rests || !self.outbox.has_work() {
            return Ok(());
        }
        // Another process is telling.
        let Some(_lock) = Lock::try_acquire(&self.lock)? else { return Ok(()) };
        self.outbox.recover(now)?;
        if self.outbox.pace().not_before.is_some_and(|until| until > now) {
            return Ok(());
        }
        let began = Instant::now();
        let notices = self.outbox.waiting(now)?;
        for batch in self.due(now, &notices) {
            if began.elapsed() > ROUND || !self.send(telegram, &batch, now).await? {
                break;
            }
        }
        Ok(())
    }

    fn due<'a>(&self, now: Timestamp, notices: &'a [Notice]) -> Vec<Vec<&'a Notice>> {
        if notices.is_empty() {
            return Vec::new();
        }
        let waiting: Vec<Waiting> = notices
            .iter()
            .map(|notice| Waiting { rank: notice.kind.rank(), at: notice.at })
            .collect();
        let here = now.to_zoned(TimeZone::system());
        let batches = quiet::due(&here, &self.habits, &waiting);
        let pick = |batch: Vec<usize>| batch.iter().filter_map(|at| notices.get(*at)).collect();
        batches.into_iter().map(pick).collect()
    }

    /// Sends one message and records its fate; says whether a further one may be tried.
    async fn send(
        &self,
        telegram: &Telegram,
        batch: &[&Notice],
        now: Timestamp,
    ) -> Result<bool, FileError> {
        let text = message::text(batch);
        let ids: Vec<NoticeId> = batch.iter().map(|notice| notice.id.clone()).collect();
        self.outbox.announce(batch, now)?;
        crash_point!("notify.announced");
        let fate = telegram.send(&text).await;
        crash_point!("notify.sent");
        match fate {
            Fate::Sent => {
                self.outbox.settle(&ids, End::Sent, "", now)?;
                self.outbox.set_pace(Pace::default())?;
            }
            Fate::Refused(why) => {
                let why = format!("refused, not sent again: {why}");
                self.outbox.complain(&ids, &why, now)?;
                self.outbox.settle(&ids, End::Refused, &why, now)?;
                self.outbox.set_pace(Pace::default())?;
            }
            Fate::Unknown(why) => {
                let why = format!("it is not known whether it arrived, not sent again: {why}");
                self.outbox.complain(&ids, &why, now)?;
                self.outbox.settle(&ids, End::Unknown, &why, now)?;
            }
            Fate::Later(rest) => {
                self.outbox.take_back()?;
                let day = SignedDuration::from_hours(24);
                let rest = SignedDuration::try_from(rest).map_or(day, |rest| rest.min(day));
                let until = now.checked_add(rest).unwrap_or(now);
                tracing::warn!(%until, "Telegram asks for a rest");
                self.outbox.set_pace(Pace { down_since: None, not_before: Some(until) })?;
                return Ok(false);
            }
            Fate::NotSent(why) => {
                self.outbox.take_back()?;
                self.out_of_reach(batch, &why, now)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nothing left this machine: what waits goes on waiting, but not for ever.
    fn out_of_reach(&self, batch: &[&Notice], why: &str, now: Timestamp) -> Result<(), FileError> {
        self.failed_at.set(Some(Instant::now()));
        let since = self.outbox.pace().down_since.unwrap_or(now);
        let is_long =
            |at: Timestamp| now.duration_since(at) >= SignedDuration::from_hours(GIVE_UP_HOURS);
        tracing::warn!("Telegram cannot be reached: {why}");
        let old: Vec<NoticeId> = batch
            .iter()
            .filter(|notice| is_long(since) && is_long(notice.at))
            .map(|notice| notice.id.clone())
            .collect();
        if !old.is_empty() {
            let what = format!("given up after {GIVE_UP_HOURS} hours: {why}");
            self.outbox.complain(&old, &what, now)?;
            self.outbox.settle(&old, End::GivenUp, &what, now)?;
        }
        self.outbox.set_pace(Pace { down_since: Some(since), not_before: None })
    }
}
