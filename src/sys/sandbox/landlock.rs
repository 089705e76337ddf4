//! Landlock: the calling process, and whatever it starts from then on, reaches only the files that it was granted.

use std::path::{Path, PathBuf};

use ::landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath,
    PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, make_bitflags,
};

use super::expand::{Granted, expand, resolved};
use super::system::{SYSTEM, SYSTEM_SECRETS, files, network};
use super::{Confinement, Furnished, Mode, Reached};

/// The newest version that we know; an older kernel enforces what it has.
const NEWEST: ABI = ABI::V9;

/// Devices that every program may use.
const DEVICES: [&str; 8] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

/// Shared memory, granted where nothing of ours lies there.
const SHARED_MEMORY: &str = "/dev/shm";

/// The version of Landlock that this kernel has, as far as we can use it; 0 without Landlock.
pub fn abi() -> u8 {
    let versions = [(9, ABI::V9), (6, ABI::V6), (5, ABI::V5), (4, ABI::V4)];
    let older = [(3, ABI::V3), (2, ABI::V2), (1, ABI::V1)];
    let has = |abi: ABI| {
        let strict = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        let handled = handle(strict, abi, AccessNet::from_all(abi));
        handled.and_then(Ruleset::create).is_ok()
    };
    let all = versions.into_iter().chain(older);
    all.into_iter().find(|(_, abi)| has(*abi)).map_or(0, |(number, _)| number)
}

fn handle(ruleset: Ruleset, abi: ABI, net: BitFlags<AccessNet>) -> Result<Ruleset, RulesetError> {
    let mut ruleset = ruleset.handle_access(AccessFs::from_all(abi))?;
    if !net.is_empty() {
        ruleset = ruleset.handle_access(net)?;
    }
    let scopes = Scope::from_all(abi);
    if scopes.is_empty() { Ok(ruleset) } else { ruleset.scope(scopes) }
}

/// Restricts the calling process for good; says how far files and network are controlled from now on.
///
/// # Errors
///
/// When the kernel has no Landlock or refuses; nothing is restricted then.
pub(in crate::sys) fn restrict(
    confinement: &Confinement,
    furnished: Furnished,
) -> Result<Vec<Reached>, String> {
    let failed = |error: RulesetError| format!("Landlock cannot be used: {error}");
    let version = abi();
    if version == 0 {
        return Err("this kernel has no Landlock".to_owned());
    }
    if version < 4 && confinement.tcp.is_some() && confinement.mode == Mode::Landlock {
        return Err("this kernel cannot restrict TCP, which `sandbox_tcp` asks for".to_owned());
    }
    let net = confinement.tcp.as_ref().map_or(BitFlags::EMPTY, |_| AccessNet::ConnectTcp.into());
    let created = handle(Ruleset::default(), NEWEST, net).and_then(Ruleset::create);
    let mut ruleset = created.map_err(failed)?;
    for (path, access) in rules(confinement, furnished) {
        // What went away meanwhile needs no rule.
        let Ok(file) = PathFd::new(&path) else { continue };
        ruleset = ruleset.add_rule(PathBeneath::new(file, access)).map_err(failed)?;
    }
    ruleset = with_ports(ruleset, confinement.tcp.as_deref()).map_err(failed)?;
    let status = ruleset.restrict_self().map_err(failed)?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err("the kernel did not enforce Landlock".to_owned());
    }
    Ok(vec![files(version), network(version, confinement.tcp.as_deref())])
}

fn with_ports(
    ruleset: RulesetCreated,
    ports: Option<&[u16]>,
) -> Result<RulesetCreated, RulesetError> {
    let mut ruleset = ruleset;
    for port in ports.unwrap_or_default() {
        ruleset = ruleset.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
    }
    Ok(ruleset)
}

fn rules(confinement: &Confinement, furnished: Furnished) -> Vec<(PathBuf, BitFlags<AccessFs>)> {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir | Execute});
    let devices = make_bitflags!(AccessFs::{ReadFile | ReadDir | WriteFile | Truncate | IoctlDev});
    let no_nodes = make_bitflags!(AccessFs::{MakeChar | MakeBlock});
    let all = AccessFs::from_all(NEWEST) & !no_nodes;
    let mut denied = resolved(&confinement.deny);
    denied.extend(resolved(&SYSTEM_SECRETS.map(PathBuf::from)));
    let readable: Vec<PathBuf> =
        SYSTEM.iter().map(PathBuf::from).chain(confinement.read.iter().cloned()).collect();
    let mut rules = Vec::new();
    for (paths, access) in [(&readable, read), (&confinement.write, all)] {
        rules.extend(expand(paths, &denied).into_iter().map(|granted| match granted {
            Granted::All(path) => (path, access),
            Granted::Names(path) => (path, AccessFs::ReadDir.into()),
        }));
    }
    rules.extend(DEVICES.iter().map(|path| (PathBuf::from(path), devices)));
    rules.push((PathBuf::from("/dev"), AccessFs::ReadDir.into()));
    if furnished.shared_memory || is_free(Path::new(SHARED_MEMORY), confinement) {
        rules.push((PathBuf::from(SHARED_MEMORY), all));
    }
    rules
}

/// Says whether nothing that we know of lies below a folder.
pub(super) fn is_free(folder: &Path, confinement: &Confinement) -> bool {
    let lists = [&confinement.write, &confinement.read, &confinement.deny];
    let below = |path: &PathBuf| {
        path.starts_with(folder)
            || std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(folder))
    };
    !lists.into_iter().flatten().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_is_made_for_what_is_secret_in_the_system() {
        let rules = rules(&Confinement::default(), Furnished::default());
        let names = |path: &str| rules.iter().any(|(rule, _)| rule == Path::new(path));
        assert!(SYSTEM_SECRETS.iter().all(|secret| !names(secret)));
        let etc = rules.iter().find(|(rule, _)| rule == Path::new("/etc"));
        let reads = etc.is_some_and(|(_, access)| access.contains(AccessFs::ReadFile));
        assert!(!reads || !Path::new("/etc/shadow").exists());
        assert!(names("/usr") && names("/dev/null") && !names("/dev/mem") && !names("/"));
    }
}
