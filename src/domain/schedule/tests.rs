//! Lines, blocks and units as people read them.

use super::crontab::{self, Change, Damaged};
use super::systemd::{self, Scope, Setting};
use super::{Launcher, Program, Wanted, jobs, services, tick};

fn wrappers() -> Launcher {
    let folder = "/home/me/agentos/bin".to_owned();
    Launcher {
        program: Program::Wrappers { folder, file: None },
        root: "/home/me/agents".to_owned(),
        config: None,
    }
}

fn binary() -> Launcher {
    let (file, path) = ("/opt/agentos".to_owned(), "/home/me/.local/bin:/usr/bin:/bin".to_owned());
    Launcher {
        program: Program::Binary { file, path },
        root: "/home/me/50% mine".to_owned(),
        config: Some("/etc/agentos/it's.yaml".to_owned()),
    }
}

const ALL: Wanted = Wanted { plan: Some(7.0), groom: Some(3.5), workers: 2 };

#[test]
fn one_line_runs_whatever_is_due() {
    insta::assert_snapshot!(crontab::block(&wrappers(), &tick(), "/home/me/agents/runtime/logs/cron.log"), @"
    # >>> agentos /home/me/agents >>>
    # Written by `agentos cron install`, taken out by `agentos cron remove`. What is changed between these marks is lost.
    * * * * * /home/me/agentos/bin/run_tick.sh --root /home/me/agents >> /home/me/agents/runtime/logs/cron.log 2>&1
    # <<< agentos /home/me/agents <<<
    ");
}

#[test]
fn each_job_has_its_own_pace() {
    insta::assert_snapshot!(crontab::block(&wrappers(), &jobs(&ALL), "/l/cron.log"), @"
    # >>> agentos /home/me/agents >>>
    # Written by `agentos cron install`, taken out by `agentos cron remove`. What is changed between these marks is lost.
    * * * * * /home/me/agentos/bin/run_dispatcher.sh --root /home/me/agents >> /l/cron.log 2>&1
    * * * * * /home/me/agentos/bin/run_queue.sh --root /home/me/agents >> /l/cron.log 2>&1
    */5 * * * * /home/me/agentos/bin/run_pr_monitor.sh --root /home/me/agents >> /l/cron.log 2>&1
    0 * * * * /home/me/agentos/bin/run_strategic_planner.sh --root /home/me/agents >> /l/cron.log 2>&1
    0 * * * * /home/me/agentos/bin/run_backlog_groomer.sh --root /home/me/agents >> /l/cron.log 2>&1
    0 7 * * 1 /home/me/agentos/bin/run_agent_scorer.sh --root /home/me/agents >> /l/cron.log 2>&1
    15 7 * * 1 /home/me/agentos/bin/run_log_analyzer.sh --root /home/me/agents >> /l/cron.log 2>&1
    # <<< agentos /home/me/agents <<<
    ");
}

#[test]
fn without_wrappers_the_line_brings_its_path() {
    insta::assert_snapshot!(crontab::line(&binary(), &tick()[0], "/l/cron.log"), @r"* * * * * env PATH=/home/me/.local/bin:/usr/bin:/bin /opt/agentos --root '/home/me/50'\%' mine' --config '/etc/agentos/it'\''s.yaml' tick >> /l/cron.log 2>&1");
}

#[test]
fn what_is_dormant_is_not_started_and_a_short_cadence_is_kept() {
    let paces = |plan, groom| -> Vec<(&str, String)> {
        let all = jobs(&Wanted { plan, groom, workers: 1 });
        let ours = all.into_iter().filter(|start| ["plan", "groom"].contains(&start.job));
        ours.map(|start| (start.job, start.pace.fields())).collect()
    };
    let (hourly, often, always) = ("0 * * * *", "*/5 * * * *", "* * * * *");
    assert_eq!(paces(None, None), []);
    assert_eq!(paces(Some(7.0), None), [("plan", hourly.to_owned())]);
    assert_eq!(
        paces(Some(0.02), Some(0.001)),
        [("plan", often.to_owned()), ("groom", always.to_owned())]
    );
}

#[test]
fn scores_are_there_when_they_are_analyzed() {
    let all = jobs(&ALL);
    let at = |job| all.iter().position(|start| start.job == job).unwrap();
    assert!(at("score") < at("analyze"));
    assert_eq!(all[at("score")].pace.fields(), "0 7 * * 1");
    assert_eq!(all[at("analyze")].pace.fields(), "15 7 * * 1");
}

fn setting(scope: Scope) -> Setting {
    Setting {
        scope,
        name: "agentos-agents".to_owned(),
        user: "me".to_owned(),
        home: "/home/me".to_owned(),
        writable: vec!["/srv/git/100% shop.git".to_owned(), "/home/me/.claude".to_owned()],
    }
}

#[test]
fn each_worker_has_a_service() {
    let units = systemd::units(&wrappers(), &services(&ALL), &setting(Scope::User));
    let names: Vec<&str> =
        units.iter().filter_map(|unit| unit.name.strip_suffix(".timer")).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    agentos-agents-dispatch
    agentos-agents-queue-1
    agentos-agents-queue-2
    agentos-agents-pr-monitor
    agentos-agents-plan
    agentos-agents-groom
    agentos-agents-score
    agentos-agents-analyze
    ");
    assert_eq!(units.len(), names.len() * 2);
}

#[test]
fn a_service_of_a_user_closes_what_needs_no_namespace() {
    let units = systemd::units(&binary(), &services(&ALL)[1..2], &setting(Scope::User));
    insta::assert_snapshot!(units[0].text, @r#"
    # agentos /home/me/50% mine
    [Unit]
    Description=agentos: queue (worker 1) of /home/me/50%% mine

    [Service]
    Type=oneshot
    ExecStart=/opt/agentos --root "/home/me/50%% mine" --config "/etc/agentos/it's.yaml" queue --workers 1
    WorkingDirectory=/home/me/50%% mine
    Environment=PATH=/home/me/.local/bin:/usr/bin:/bin
    SuccessExitStatus=75
    KillMode=mixed
    TimeoutStopSec=2min

    NoNewPrivileges=yes
    LockPersonality=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
    SystemCallArchitectures=native
    SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
    SystemCallErrorNumber=EPERM
    UMask=0077
    LimitCORE=0
    # ProtectSystem=, PrivateTmp= and their like need a user namespace in a manager without privileges, and many machines refuse that to it.
    # Units of the system have them.
    # Left open, each for something that agents or their confinement need:
    # MemoryDenyWriteExecute=: Node and other just-in-time compilers; RestrictNamespaces=, and @mount in SystemCallFilter=: the namespaces
    # in which agents run, and bubblewrap; ProtectKernelTunables=, ProtectKernelLogs=, ProtectProc=: they cover parts of /proc, and then no
    # namespace gets a /proc of its own; ProtectControlGroups=: the control groups of agents; PrivateUsers=: namespaces within; PrivateNetwork=,
    # IPAddressDeny=: GitHub and the providers of models; @debug in SystemCallFilter=: debuggers in builds.
    "#);
    insta::assert_snapshot!(units[1].text, @"
    # agentos /home/me/50% mine
    [Unit]
    Description=agentos: queue (worker 1) of /home/me/50%% mine

    [Timer]
    OnCalendar=*-*-* *:*:00
    AccuracySec=1s

    [Install]
    WantedBy=timers.target
    ");
}

#[test]
fn a_service_of_the_system_writes_only_where_it_must() {
    let units = systemd::units(&wrappers(), &services(&ALL)[7..], &setting(Scope::System));
    insta::assert_snapshot!(units[0].text, @r#"
    # agentos /home/me/agents
    [Unit]
    Description=agentos: analyze of /home/me/agents
    After=agentos-agents-score.service
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    ExecStart=/home/me/agentos/bin/run_log_analyzer.sh --root /home/me/agents
    WorkingDirectory=/home/me/agents
    User=me
    Environment=HOME=/home/me
    SuccessExitStatus=75
    KillMode=mixed
    TimeoutStopSec=2min

    NoNewPrivileges=yes
    LockPersonality=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
    SystemCallArchitectures=native
    SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap
    SystemCallErrorNumber=EPERM
    UMask=0077
    LimitCORE=0
    CapabilityBoundingSet=
    AmbientCapabilities=
    ProtectSystem=strict
    ProtectHome=read-only
    PrivateDevices=yes
    ProtectClock=yes
    ProtectHostname=yes
    ProtectKernelModules=yes
    # The control groups of agents are made below that of the service.
    Delegate=yes
    PrivateTmp=yes
    # What is written: the root, other folders of the configuration, logins that agents renew. The minus: it may be missing.
    ReadWritePaths=/home/me/agents "-/srv/git/100%% shop.git" -/home/me/.claude
    # Left open, each for something that agents or their confinement need:
    # MemoryDenyWriteExecute=: Node and other just-in-time compilers; RestrictNamespaces=, and @mount in SystemCallFilter=: the namespaces
    # in which agents run, and bubblewrap; ProtectKernelTunables=, ProtectKernelLogs=, ProtectProc=: they cover parts of /proc, and then no
    # namespace gets a /proc of its own; ProtectControlGroups=: the control groups of agents; PrivateUsers=: namespaces within; PrivateNetwork=,
    # IPAddressDeny=: GitHub and the providers of models; @debug in SystemCallFilter=: debuggers in builds.
    "#);
    insta::assert_snapshot!(units[1].text, @"
    # agentos /home/me/agents
    [Unit]
    Description=agentos: analyze of /home/me/agents

    [Timer]
    OnCalendar=Mon *-*-* 07:15:00
    AccuracySec=1s
    Persistent=true

    [Install]
    WantedBy=timers.target
    ");
}

#[test]
fn temporary_folders_are_shared_where_work_lies_in_them() {
    let text = |path: &str| {
        let setting = Setting { writable: vec![path.to_owned()], ..setting(Scope::System) };
        systemd::units(&wrappers(), &tick(), &setting)[0].text.clone()
    };
    assert!(text("/tmpfiles").contains("PrivateTmp=yes"));
    assert!(!text("/tmp/agents").contains("PrivateTmp=yes\n"));
    assert!(!text("/var/tmp").contains("PrivateTmp=yes\n"));
}

const ROOT: &str = "/home/me/agents";

fn becomes(old: &str, block: Option<&str>) -> Option<String> {
    match crontab::change(old.as_bytes(), ROOT, block).unwrap() {
        Change::Nothing => None,
        Change::Becomes(new) => Some(String::from_utf8(new).unwrap()),
    }
}

fn a_block(line: &str) -> String {
    format!("{}\n{line}\n{}\n", crontab::begin(ROOT), crontab::end(ROOT))
}

#[test]
fn a_block_is_added_replaced_and_taken_out_and_the_rest_stays() {
    let foreign = "MAILTO=me@example.com\n# \u{e4} comment\n0 3 * * * backup\t# nightly\n\n";
    let (first, second) = (a_block("* * * * * one"), a_block("* * * * * two"));
    let with_first = becomes(foreign, Some(&first)).unwrap();
    assert_eq!(with_first, format!("{foreign}{first}"));
    assert_eq!(becomes(&with_first, Some(&first)), None);
    let below = format!("{with_first}5 5 * * * later");
    let with_second = becomes(&below, Some(&second)).unwrap();
    assert_eq!(with_second, format!("{foreign}{second}5 5 * * * later"));
    assert_eq!(becomes(&with_second, None).unwrap(), format!("{foreign}5 5 * * * later"));
    assert_eq!(becomes(foreign, None), None);
    assert_eq!(becomes("", Some(&first)).unwrap(), first);
    assert_eq!(becomes("no end", Some(&first)).unwrap(), format!("no end\n{first}"));
}

#[test]
fn roots_live_beside_each_other() {
    let other =
        "# >>> agentos /home/me/agents-2 >>>\n* * * * * x\n# <<< agentos /home/me/agents-2 <<<\n";
    let both = becomes(other, Some(&a_block("* * * * * one"))).unwrap();
    assert!(both.starts_with(other));
    assert_eq!(becomes(&both, None).unwrap(), other);
}

#[test]
fn bytes_that_are_no_text_stay() {
    let old = b"# caf\xe9\n* * * * * x\n";
    let Change::Becomes(new) = crontab::change(old, ROOT, Some("block\n")).unwrap() else {
        panic!("nothing has changed");
    };
    assert_eq!(new, [old.as_slice(), b"block\n"].concat());
}

#[test]
fn a_damaged_block_is_left_to_a_person() {
    let (begin, end) = (crontab::begin(ROOT), crontab::end(ROOT));
    for (old, line) in [
        (format!("a\n{begin}\n* * * * * x\n"), 2),
        (format!("{end}\n{begin}\n"), 2),
        (format!("x\n{end}\n"), 2),
        (format!("{begin}\n{end}\n{begin}\n{end}\n"), 3),
        (format!("{begin}\n{begin}\n{end}\n"), 2),
    ] {
        let error = crontab::change(old.as_bytes(), ROOT, None).unwrap_err();
        let Damaged::Block { line: found, .. } = error;
        assert_eq!(found, line, "{old}");
    }
}
