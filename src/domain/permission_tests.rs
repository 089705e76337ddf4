//! Every job and deed under every fact, as one table.

use std::fmt::Write as _;

use super::*;

/// Everything that can be asked.
fn acts() -> Vec<Act> {
    let jobs = Job::ALL.into_iter().map(Act::Run);
    jobs.chain([Act::Merge, Act::Repair, Act::FollowUp]).collect()
}

fn free() -> Facts {
    let key = "web".parse().unwrap();
    let of = OfRepository { key, is_paused: false, is_by_hand: false, is_dormant: false };
    Facts { is_off: false, is_job_paused: false, repository: Some(of) }
}

fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = free();
    change(&mut facts);
    facts
}

fn of(facts: &mut Facts) -> &mut OfRepository {
    facts.repository.as_mut().unwrap()
}

fn word(permission: &Permission) -> &'static str {
    match permission {
        Permission::Granted => "granted",
        Permission::Denied(Denial::Off) => "off",
        Permission::Denied(Denial::JobPaused(_)) => "job",
        Permission::Denied(Denial::RepoPaused(_)) => "repo",
        Permission::Denied(Denial::ByHand) => "by hand",
        Permission::Denied(Denial::Dormant(_)) => "dormant",
    }
}

#[test]
fn every_job_under_every_fact() {
    let columns = [
        ("free", free()),
        ("off", with(|f| f.is_off = true)),
        ("job paused", with(|f| f.is_job_paused = true)),
        ("repo paused", with(|f| of(f).is_paused = true)),
        ("dispatcher_only", with(|f| of(f).is_by_hand = true)),
        ("dormant", with(|f| of(f).is_dormant = true)),
    ];
    let mut table = format!("{:16}", "act");
    for (name, _) in &columns {
        write!(table, "{name:16}").unwrap();
    }
    for act in acts() {
        let name = match act {
            Act::Run(job) => job.as_str().to_owned(),
            other => format!("{other:?}"),
        };
        write!(table, "\n{name:16}").unwrap();
        for (_, facts) in &columns {
            write!(table, "{:16}", word(&decide(act, facts))).unwrap();
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"), @r"
    act             free            off             job paused      repo paused     dispatcher_only dormant
    dispatch        granted         off             job             repo            granted         granted
    queue           granted         off             job             repo            granted         granted
    pr-monitor      granted         off             job             repo            granted         granted
    groom           granted         off             job             repo            by hand         dormant
    plan            granted         off             job             repo            by hand         dormant
    score           granted         off             job             repo            by hand         granted
    analyze         granted         off             job             repo            by hand         granted
    Merge           granted         granted         granted         granted         by hand         granted
    Repair          granted         granted         granted         granted         by hand         granted
    FollowUp        granted         granted         granted         granted         by hand         granted
    ");
}

#[test]
fn the_widest_switch_is_named_first() {
    let mut facts = with(|f| {
        f.is_off = true;
        f.is_job_paused = true;
        *of(f) =
            OfRepository { is_paused: true, is_by_hand: true, is_dormant: true, ..of(f).clone() };
    });
    let mut order = Vec::new();
    for lift in 0..5 {
        order.push(word(&decide(Act::Run(Job::Groom), &facts)));
        match lift {
            0 => facts.is_off = false,
            1 => facts.is_job_paused = false,
            2 => of(&mut facts).is_paused = false,
            3 => of(&mut facts).is_by_hand = false,
            _ => of(&mut facts).is_dormant = false,
        }
    }
    order.push(word(&decide(Act::Run(Job::Groom), &facts)));
    assert_eq!(order, ["off", "job", "repo", "by hand", "dormant", "granted"]);
}

#[test]
fn a_job_as_a_whole_is_judged_by_the_switches_alone() {
    let whole = |is_off, is_job_paused| Facts { is_off, is_job_paused, repository: None };
    for job in Job::ALL {
        assert!(decide(job.into(), &whole(false, false)).is_granted());
        assert_eq!(decide(job.into(), &whole(true, true)), Permission::Denied(Denial::Off));
        let paused = Permission::Denied(Denial::JobPaused(job));
        assert_eq!(decide(job.into(), &whole(false, true)), paused);
    }
}

#[test]
fn a_denial_says_what_it_is_and_how_it_ends() {
    let all = [
        Denial::Off,
        Denial::JobPaused(Job::PrMonitor),
        Denial::RepoPaused("web".parse().unwrap()),
        Denial::ByHand,
        Denial::Dormant(Job::Groom),
        Denial::Dormant(Job::Plan),
    ];
    let told: Vec<String> = all.iter().map(|denial| denial.told("acme/web")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    everything is switched off; `agentos on` switches it on
    `pr-monitor` is paused; `agentos resume --job pr-monitor` lets it go on
    acme/web is paused; `agentos resume --repo web` lets it go on
    acme/web: `automation_mode` is `dispatcher_only`
    acme/web is dormant: `groomer_cadence_days` is 0
    acme/web is dormant: `sprint_cadence_days` is 0
    ");
}
