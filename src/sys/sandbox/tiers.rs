//! What each mode comes to on this machine, and whether it can be had at all.

use std::fs;
use std::path::Path;

use super::cgroup::Cgroup;
#[cfg(not(target_os = "linux"))]
use super::elsewhere::is_mighty;
#[cfg(target_os = "linux")]
use super::namespaces::is_mighty;
use super::{Control, KERNEL_CONFINES, Mode, Reached, Tier, abi, system};
use crate::sys::process::ADOPTS_ORPHANS;

/// Says whether a mode that is asked for by name can be enforced; if not, why.
///
/// # Errors
///
/// The reason for people.
pub fn enforceable(mode: Mode, path: &str) -> Result<(), String> {
    match mode {
        Mode::Auto | Mode::Off => Ok(()),
        Mode::Landlock if abi() > 0 => Ok(()),
        Mode::Landlock => Err("this kernel has no Landlock, or it is switched off".to_owned()),
        Mode::Bwrap if find_program("bwrap", path) => Ok(()),
        Mode::Bwrap => Err("the program `bwrap` is not on `PATH`".to_owned()),
    }
}

/// Says whether a program of that name is in one of the folders of `path`.
pub(super) fn find_program(name: &str, path: &str) -> bool {
    path.split(':')
        .any(|folder| Path::new(folder).is_absolute() && Path::new(folder).join(name).is_file())
}

/// Tells for `doctor` how far each control would reach. What a run really came to is in its receipt.
pub fn tiers(mode: Mode, path: &str, ports: Option<&[u16]>) -> Vec<Reached> {
    let version = abi();
    let mut all = vec![Reached::new(
        Control::Environment,
        Tier::Enforced,
        "made from an allow-list, without tokens",
    )];
    match mode {
        Mode::Off => all.extend([
            Reached::new(Control::Files, Tier::Unsupported, "`sandbox: off`"),
            Reached::new(Control::Network, Tier::Unsupported, "`sandbox: off`"),
        ]),
        Mode::Bwrap if find_program("bwrap", path) => all.extend(super::bwrap::reached(ports)),
        Mode::Bwrap => all.extend([
            Reached::new(Control::Files, Tier::Unsupported, "`bwrap` is not on `PATH`"),
            Reached::new(Control::Network, Tier::Unsupported, "`bwrap` is not on `PATH`"),
        ]),
        Mode::Auto | Mode::Landlock => {
            all.extend([system::files(version), system::network(version, ports)]);
        }
    }
    all.push(processes(can_isolate()));
    // The only way to know is to try.
    // Of its own: another doctor, who removes his group, must not take ours for it.
    let group = Cgroup::create(&format!("agentos doctor {}", std::process::id()));
    all.push(group.reached());
    group.end();
    all.push(Reached::new(
        Control::PrivateGit,
        Tier::Enforced,
        "a repository of its own that the host never reads",
    ));
    all
}

/// What ending processes comes to with a namespace of them and without.
pub(in crate::sys) fn processes(is_isolated: bool) -> Reached {
    if is_isolated {
        Reached::new(
            Control::Processes,
            Tier::Enforced,
            "a namespace of processes, which ends as one",
        )
    } else if !ADOPTS_ORPHANS {
        Reached::new(
            Control::Processes,
            Tier::Partial,
            "found by parent, group and variable when the run ends; a program of the system that left all three goes free",
        )
    } else {
        Reached::new(
            Control::Processes,
            Tier::Partial,
            "orphans fall to a guardian, which ends them by a sweep; not when it is killed together with worker and helper",
        )
    }
}

fn can_isolate() -> bool {
    if !KERNEL_CONFINES {
        return false;
    }
    let number =
        |file: &str| fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<u64>().ok());
    is_mighty()
        || (number("/proc/sys/user/max_user_namespaces").is_some_and(|most| most > 0)
            && number("/proc/sys/kernel/unprivileged_userns_clone") != Some(0)
            && number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") != Some(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_is_spoken_of_once_in_every_mode() {
        for mode in [Mode::Auto, Mode::Landlock, Mode::Bwrap, Mode::Off] {
            let controls: Vec<Control> =
                tiers(mode, "", None).iter().map(|it| it.control).collect();
            let mut sorted = controls.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!((sorted.len(), controls.len()), (6, 6), "{mode:?}: {controls:?}");
        }
    }

    #[test]
    fn bwrap_is_refused_where_it_is_missing_and_off_never_is() {
        assert!(enforceable(Mode::Bwrap, "/nowhere").is_err());
        assert!(enforceable(Mode::Off, "").is_ok());
        let files = |mode| {
            tiers(mode, "/nowhere", None).into_iter().find(|it| it.control == Control::Files)
        };
        assert_eq!(files(Mode::Bwrap).unwrap().tier, Tier::Unsupported);
        assert_eq!(files(Mode::Off).unwrap().tier, Tier::Unsupported);
    }
}
