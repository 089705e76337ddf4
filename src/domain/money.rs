//! Caps on money: what has been spent, what a run may still cost, and who has to wait. Pure; everything in millionths of a US dollar.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The caps that hold for one task and one agent; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// For one run.
    pub per_attempt: Option<u64>,
    /// For all runs of a task.
    pub per_task: Option<u64>,
    /// For a day (UTC) over everything.
    pub per_day: Option<u64>,
    /// For the agent and month (UTC): from here on it is told.
    pub soft: Option<u64>,
    /// For the agent and month (UTC): from here on the agent is not used.
    pub hard: Option<u64>,
}

/// What has been spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// By the task over all its runs.
    pub task: u64,
    /// Today, by everything.
    pub today: u64,
    /// This month, by the agent.
    pub agent_this_month: u64,
}

/// Whether a run may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Go {
        /// The most that it may cost; `None` is unlimited.
        limit: Option<u64>,
        /// What a person is told.
        warning: Option<String>,
    },
    /// Not this agent, before the month is over.
    AgentStopped {
        /// The first moment of the next month.
        until: Timestamp,
        /// One line.
        reason: String,
    },
    /// Nobody, before the day is over.
    Wait {
        /// The first moment of the next day.
        until: Timestamp,
        /// One line.
        reason: String,
    },
    /// Never again: the money of this task is used up.
    UsedUp {
        /// One line.
        reason: String,
    },
}

/// Decides whether a run may begin, and what it may cost. A run begins while a cap is not reached, so that a cap is passed by one run at
/// most, and by a run that tells its cost as it goes not at all.
pub fn decide(caps: &Caps, spent: &Spent, now: Timestamp) -> Verdict {
    let reached = |cap: Option<u64>, spent: u64| cap.filter(|cap| spent >= *cap);
    if let Some(cap) = reached(caps.per_task, spent.task) {
        let reason = format!(
            "the task has cost {} of at most {} (`budgets.per_task_usd`)",
            usd(spent.task),
            usd(cap)
        );
        return Verdict::UsedUp { reason };
    }
    if let Some(cap) = reached(caps.per_day, spent.today) {
        let reason = format!(
            "{} of at most {} are spent today (`budgets.per_day_usd`)",
            usd(spent.today),
            usd(cap)
        );
        return Verdict::Wait { until: next_day(now), reason };
    }
    if let Some(cap) = reached(caps.hard, spent.agent_this_month) {
        let reason = format!(
            "{} of at most {} are spent this month (`hard_stop_usd`)",
            usd(spent.agent_this_month),
            usd(cap)
        );
        return Verdict::AgentStopped { until: next_month(now), reason };
    }
    let left = |cap: Option<u64>, spent: u64| cap.map(|cap| cap.saturating_sub(spent));
    let limit = [
        caps.per_attempt,
        left(caps.per_task, spent.task),
        left(caps.per_day, spent.today),
        left(caps.hard, spent.agent_this_month),
    ];
    let warning = reached(caps.soft, spent.agent_this_month).map(|soft| {
        format!(
            "{} are spent this month, more than the {} of `soft_warn_usd`",
            usd(spent.agent_this_month),
            usd(soft)
        )
    });
    Verdict::Go { limit: limit.into_iter().flatten().min(), warning }
}

/// A price for people.
pub fn usd(micros: u64) -> String {
    let cents = micros.div_ceil(100) % 10_000;
    let whole = (micros.div_ceil(100)) / 10_000;
    let text = format!("{whole}.{cents:04}");
    let short = text.trim_end_matches('0');
    // At least two places behind the point.
    let places = text.len().min(short.len().max(text.len() - 2));
    format!("{} USD", text.get(..places).unwrap_or(&text))
}

/// Dollars of the configuration in millionths.
pub fn micros(dollars: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the configuration allows neither negative nor huge sums"
    )]
    let micros = (dollars.clamp(0.0, 1e9) * 1e6).round() as u64;
    micros
}

/// Whether a moment lies in the same day (UTC) as now.
pub fn is_today(at: Timestamp, now: Timestamp) -> bool {
    date(at) == date(now)
}

/// Whether a moment lies in the same month (UTC) as now.
pub fn is_this_month(at: Timestamp, now: Timestamp) -> bool {
    date(at).first_of_month() == date(now).first_of_month()
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn next_day(now: Timestamp) -> Timestamp {
    date(now).tomorrow().map_or(now, |date| midnight(date, now))
}

fn next_month(now: Timestamp) -> Timestamp {
    date(now).last_of_month().tomorrow().map_or(now, |date| midnight(date, now))
}

fn midnight(date: Date, otherwise: Timestamp) -> Timestamp {
    date.to_zoned(TimeZone::UTC).map_or(otherwise, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: u64 = 1_000_000;

    fn now() -> Timestamp {
        "2026-12-31T23:15:00Z".parse().unwrap()
    }

    fn caps() -> Caps {
        Caps {
            per_attempt: Some(2 * USD),
            per_task: Some(6 * USD),
            per_day: Some(20 * USD),
            soft: Some(50 * USD),
            hard: Some(80 * USD),
        }
    }

    fn word(caps: &Caps, spent: Spent) -> String {
        match decide(caps, &spent, now()) {
            Verdict::Go { limit, warning } => {
                let limit = limit.map_or_else(|| "any".to_owned(), usd);
                format!("go, {limit}{}", if warning.is_some() { ", warned" } else { "" })
            }
            Verdict::AgentStopped { until, .. } => format!("agent until {until}"),
            Verdict::Wait { until, .. } => format!("wait until {until}"),
            Verdict::UsedUp { .. } => "used up".to_owned(),
        }
    }

    #[test]
    fn a_run_may_begin_while_no_cap_is_reached_and_costs_at_most_what_is_left() {
        let spent = |task, today, agent_this_month| Spent {
            task: task * USD,
            today: today * USD,
            agent_this_month: agent_this_month * USD,
        };
        for (spent, expected) in [
            (spent(0, 0, 0), "go, 2.00 USD"),
            (spent(5, 5, 5), "go, 1.00 USD"),
            (spent(0, 19, 30), "go, 1.00 USD"),
            (spent(0, 0, 79), "go, 1.00 USD, warned"),
            (spent(0, 0, 50), "go, 2.00 USD, warned"),
            (spent(6, 0, 0), "used up"),
            (spent(7, 30, 90), "used up"),
            (spent(0, 20, 0), "wait until 2027-01-01T00:00:00Z"),
            (spent(0, 0, 80), "agent until 2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(word(&caps(), spent), expected, "{spent:?}");
        }
        assert_eq!(word(&Caps::default(), spent(100, 100, 100)), "go, any");
        let none = Caps { per_attempt: None, per_task: Some(0), ..Caps::default() };
        assert_eq!(word(&none, spent(0, 0, 0)), "used up");
    }

    #[test]
    fn days_and_months_are_those_of_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(is_today(at("2026-12-31T00:00:00Z"), now()));
        assert!(!is_today(at("2026-12-30T23:59:59Z"), now()));
        assert!(is_this_month(at("2026-12-01T00:00:00Z"), now()));
        assert!(!is_this_month(at("2027-01-01T00:00:00Z"), now()));
        assert_eq!(next_month(at("2026-02-10T01:00:00Z")).to_string(), "2026-03-01T00:00:00Z");
    }

    #[test]
    fn sums_are_written_with_cents_and_never_as_less_than_they_are() {
        for (sum, text) in [
            (0, "0.00 USD"),
            (1, "0.0001 USD"),
            (4390, "0.0044 USD"),
            (500_000, "0.50 USD"),
            (12_340_000, "12.34 USD"),
            (99_999_999, "100.00 USD"),
        ] {
            assert_eq!(usd(sum), text);
        }
        assert_eq!(micros(0.42), 420_000);
        assert_eq!(micros(-1.0), 0);
    }
}
