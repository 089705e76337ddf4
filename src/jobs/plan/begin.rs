//! A new sprint: looked for where a look costs nothing, chosen on fresh reads, written down before anything follows from it.

use crate::app::{App, Repository};
use crate::config::PlanApproval;
use crate::crash_point;
use crate::domain::kinds::Priority;
use crate::domain::sprint::{
    self, Before, Choice, Planned, Ranked, Sprint, Status, early, room, window,
};
use crate::jobs::dispatch::Failure;
use crate::jobs::memory::day;
use crate::jobs::report::{Job, Report};
use crate::jobs::rival;

use super::gather::{Scene, Weighed, scene, weigh};
use super::propose::{Proposed, propose};
use super::store::Store;
use super::{Options, UNDONE, carry, item, retrospect, say};

/// Why a sprint is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// Its time has come, or somebody asked for it.
    Due,
    /// The last one is done, if it is; else not yet.
    Early {
        /// Until when, in words.
        later: String,
    },
}

/// Begins a sprint, if there is something to begin.
pub(super) async fn begin(
    app: &App,
    repository: &Repository,
    last: Option<Sprint>,
    why: Why,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let seen = scene(app, repository, repository.glance.as_ref()).await?;
    if let Err(reason) = room_in(repository, last.as_ref(), &why, &seen) {
        say(repository, options, report, "left", reason);
        return Ok(());
    }
    if options.dry_run {
        rival::give_way(app, repository, UNDONE, true).await?;
        return would(app, repository, &seen, report).await;
    }
    repository.host.preflight().await?;
    rival::give_way(app, repository, UNDONE, false).await?;
    let place = Place { app, repository, last: last.as_ref(), why: &why };
    let Some(made) = place.make().await? else { return Ok(()) };
    match made {
        Ok((sprint, words)) => {
            item(repository, report, None, "planned", words);
            carry::on(app, repository, sprint, options, report).await
        }
        Err(reason) => {
            say(repository, options, report, "left", reason);
            Ok(())
        }
    }
}

/// Where a sprint is made.
struct Place<'a> {
    app: &'a App,
    repository: &'a Repository,
    last: Option<&'a Sprint>,
    why: &'a Why,
}

impl Place<'_> {
    /// Makes the sprint on fresh reads, with the words of the report; why not, where nothing of what was wanted may be chosen. Nothing where a
    /// fresh look shows that it is not its turn.
    async fn make(&self) -> Result<Option<Result<(Sprint, String), String>>, Failure> {
        let Self { app, repository, last, why } = *self;
        let fresh = scene(app, repository, repository.host.as_ref()).await?;
        let Ok(mut places) = room_in(repository, last, why, &fresh) else { return Ok(None) };
        let weighed = weigh(app, repository, false).await?;
        for problem in &weighed.reading.problems {
            tracing::warn!(repo = %repository.slug(), problem, "evidence is incomplete");
        }
        let before = retrospect::look(app, repository, last, &fresh, &weighed)?;
        let mut ranked = sprint::rank(&fresh.backlog.candidates, &weighed.aims, app.now());
        let proposed = propose(app, repository, &ranked, places, &weighed, before.as_ref()).await?;
        if proposed.took_time {
            // Minutes, in which people go on: only what may still be chosen is.
            let now = scene(app, repository, repository.host.as_ref()).await?;
            let Ok(left) = room_in(repository, last, why, &now) else { return Ok(None) };
            places = left;
            ranked = sprint::rank(&now.backlog.candidates, &weighed.aims, app.now());
        }
        let (choice, chosen_by) = choose(&ranked, &proposed, places);
        if choice.picks.is_empty() {
            return Ok(Some(Err(choice.notes.join("; "))));
        }
        let chosen = (&choice, chosen_by, &proposed);
        let sprint = written_down(app, repository, chosen, &ranked, (&weighed, before))?;
        let count = sprint::issues(sprint.tasks.len());
        let words = format!("sprint {} of {count}, by {}", sprint.id, by(&sprint, &proposed));
        Ok(Some(Ok((sprint, words))))
    }
}

/// How many issues the sprint may take; why none, if so.
fn room_in(
    repository: &Repository,
    last: Option<&Sprint>,
    why: &Why,
    seen: &Scene,
) -> Result<usize, String> {
    let settings = &repository.settings;
    let active = seen.backlog.active.len();
    let is_allowed = settings.planner_allow_early_refresh;
    if let Why::Early { later } = why
        && !early(is_allowed, last, active, &seen.open())
    {
        return Err(format!("the last sprint is not done; {later}"));
    }
    let left = room(settings.plan_size, active);
    if left == 0 {
        let size = settings.plan_size;
        let are = if active == 1 { "issue is" } else { "issues are" };
        return Err(format!("{active} {are} Ready or under way, and `plan_size` is {size}"));
    }
    if seen.backlog.candidates.is_empty() {
        let whys: Vec<String> = seen
            .backlog
            .left
            .iter()
            .take(5)
            .map(|(number, why)| format!("{number}: {why}"))
            .collect();
        let whys = if whys.is_empty() { String::new() } else { format!(" ({})", whys.join("; ")) };
        return Err(format!("nothing in the backlog may be chosen{whys}"));
    }
    Ok(left)
}

/// What a dry run says.
async fn would(
    app: &App,
    repository: &Repository,
    seen: &Scene,
    report: &mut Report,
) -> Result<(), Failure> {
    let weighed = weigh(app, repository, true).await?;
    let ranked = sprint::rank(&seen.backlog.candidates, &weighed.aims, app.now());
    let places = room(repository.settings.plan_size, seen.backlog.active.len());
    let choice = sprint::by_rank(&ranked, places);
    for pick in &choice.picks {
        let reasons = ranked.iter().find(|one| one.number == pick.number).map(reasons);
        let reasons = reasons.unwrap_or_default().join("; ");
        item(repository, report, Some(pick.number), "would_promote", reasons);
    }
    Ok(())
}

/// The model's choice where it holds, else the ranking's.
fn choose(ranked: &[Ranked], proposed: &Proposed, places: usize) -> (Choice, Option<String>) {
    let Some(by) = &proposed.by else { return (sprint::by_rank(ranked, places), None) };
    let choice = sprint::by_model(ranked, &proposed.wishes, places);
    if !choice.picks.is_empty() {
        return (choice, Some(by.to_string()));
    }
    let ranking = sprint::by_rank(ranked, places);
    (Choice { notes: [choice.notes, ranking.notes].concat(), ..ranking }, None)
}

fn reasons(one: &Ranked) -> Vec<String> {
    let sum = format!("{:.2} points", one.points);
    [sum].into_iter().chain(one.reasons.iter().map(ToString::to_string)).collect()
}

fn by(sprint: &Sprint, proposed: &Proposed) -> String {
    match (&sprint.chosen_by, &proposed.note) {
        (Some(agent), _) => agent.clone(),
        (None, Some(note)) => format!("the ranking ({note})"),
        (None, None) => "the ranking".to_owned(),
    }
}

/// Writes the file of the sprint: from here on every run carries on with this one, and with no other.
fn written_down(
    app: &App,
    repository: &Repository,
    (choice, chosen_by, proposed): (&Choice, Option<String>, &Proposed),
    ranked: &[Ranked],
    (weighed, before): (&Weighed, Option<Before>),
) -> Result<Sprint, Failure> {
    let store = Store::new(app, repository);
    let now = jiff::Timestamp::from_second(app.now().as_second()).unwrap_or_else(|_| app.now());
    let settings = &repository.settings;
    let waits = settings.plan_approval == PlanApproval::Required;
    let redact = |text: &str| app.redactor.redact(text);
    let focus = proposed.focus.as_deref().filter(|_| chosen_by.is_some()).map(redact);
    let sprint = Sprint {
        id: store.next_id(&day(now))?,
        repo: repository.slug().clone(),
        status: if waits { Status::Waiting } else { Status::Approved },
        decided_by: (!waits).then(|| "`plan_approval: none`".to_owned()),
        reason: None,
        created_at: now,
        expires_at: waits.then(|| {
            now.checked_add(window(settings.sprint_cadence_days)).unwrap_or(jiff::Timestamp::MAX)
        }),
        issue: None,
        chosen_by,
        focus,
        tasks: choice.picks.iter().filter_map(|pick| planned(app, pick, ranked)).collect(),
        notes: choice.notes.iter().map(|note| redact(note)).collect(),
        score: weighed.score,
        promoted: Vec::new(),
        before,
        ended_at: None,
    };
    store.save(&sprint)?;
    crash_point!("plan.written");
    app.state.set_ran_for(Job::Plan.as_str(), &repository.key, now)?;
    crash_point!("plan.stamped");
    store.prune()?;
    Ok(sprint)
}

fn planned(app: &App, pick: &sprint::Pick, ranked: &[Ranked]) -> Option<Planned> {
    let one = ranked.iter().find(|one| one.number == pick.number)?;
    let said = pick.why.iter().map(|why| app.redactor.redact(why));
    Some(Planned {
        issue: pick.number,
        title: sprint::plain(&app.redactor.redact(&one.title), 200),
        priority: one.priority.is_none().then_some(Priority::Normal),
        reasons: said.chain(reasons(one)).collect(),
    })
}
