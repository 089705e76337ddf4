//! How far each control of a run reaches on this machine.

use super::{Check, Kind};
use crate::app::App;
use crate::config::SandboxMode;
use crate::sys::sandbox::{self, Control, Reached, Tier};

pub(super) fn checks(app: &App) -> Vec<Check> {
    let mode = app.settings.sandbox;
    let is_open = app.settings.sandbox_tcp.is_none();
    app.confiner
        .tiers()
        .iter()
        .map(|reached| judge(reached, mode, is_open).of(reached.control.as_str()))
        .collect()
}

/// `is_open` says that the network is not to be confined.
fn judge(reached: &Reached, mode: SandboxMode, is_open: bool) -> Check {
    let detail = format!("{}: {}", reached.tier.as_str(), reached.detail);
    let is_demanded = matches!(mode, SandboxMode::Landlock | SandboxMode::Bwrap);
    match reached.tier {
        Tier::Enforced => Check::ok(Kind::Confinement, detail),
        Tier::Unsupported if is_open && reached.control == Control::Network => {
            Check::ok(Kind::Confinement, detail)
        }
        Tier::Unsupported if is_demanded && reached.control == Control::Files => Check::fail(
            Kind::Confinement,
            format!("{detail}; `sandbox: {}` demands it, so nothing is started", mode.as_str()),
            "say `sandbox: auto`, and run agentos as a user of its own or in a container",
        ),
        Tier::Partial | Tier::Unsupported => {
            Check::warn(Kind::Confinement, detail, mend(reached.control, mode))
        }
    }
}

fn mend(control: Control, mode: SandboxMode) -> &'static str {
    match (control, mode) {
        (Control::Files | Control::Network, SandboxMode::Off) => "say `sandbox: auto`",
        (Control::Files | Control::Processes | Control::Memory, _) if !sandbox::KERNEL_CONFINES => {
            "only Linux confines programs: run agentos in a virtual machine or a container, or with an account of its own"
        }
        (Control::Files, _) => {
            "use a kernel with Landlock (5.13 or newer, `landlock` in /sys/kernel/security/lsm), or run agentos in a container"
        }
        (Control::Network, _) => {
            "name the ports that are needed in `sandbox_tcp` (Linux 6.7 or newer)"
        }
        (Control::Processes, _) => {
            "allow user namespaces (`sysctl user.max_user_namespaces`), or leave it: orphans are swept"
        }
        (Control::Memory, _) => {
            "start the jobs in a systemd user session, which may make control groups"
        }
        (Control::Environment | Control::PrivateGit, _) => "see docs/sandbox.md",
    }
}

/// Whether the configured confinement can be had at all; without it no agent may be asked anything.
pub(super) fn is_possible(app: &App) -> bool {
    let path = app.environment.get("PATH").map(String::as_str).unwrap_or_default();
    sandbox::enforceable(app.confiner.mode(), path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn what_is_demanded_and_missing_fails_and_everything_else_is_said() {
        let judged =
            |control, tier, mode| judge(&Reached::new(control, tier, "why"), mode, false).status;
        for (control, tier, mode, status) in [
            (Control::Files, Tier::Enforced, SandboxMode::Landlock, Status::Ok),
            (Control::Files, Tier::Partial, SandboxMode::Landlock, Status::Warn),
            (Control::Files, Tier::Unsupported, SandboxMode::Landlock, Status::Fail),
            (Control::Files, Tier::Unsupported, SandboxMode::Bwrap, Status::Fail),
            (Control::Files, Tier::Unsupported, SandboxMode::Auto, Status::Warn),
            (Control::Files, Tier::Unsupported, SandboxMode::Off, Status::Warn),
            (Control::Memory, Tier::Unsupported, SandboxMode::Landlock, Status::Warn),
        ] {
            assert_eq!(judged(control, tier, mode), status, "{control:?} {tier:?} {mode:?}");
        }
        let free = Reached::new(Control::Network, Tier::Unsupported, "not asked for");
        assert_eq!(judge(&free, SandboxMode::Auto, true).status, Status::Ok);
        assert_eq!(judge(&free, SandboxMode::Auto, false).status, Status::Warn);
    }
}
