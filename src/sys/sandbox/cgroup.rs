//! A control group for one run, where this user may make one: limits on memory and processes, and the end of all its processes at one
//! stroke. Both versions of the kernel's interface, because many machines have one half of each.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::{Control, Reached, Tier};
use crate::sys::memory;
use crate::text::hash::sha256_hex;

/// The most processes and threads of one run: builds use hundreds, a fork bomb all that there are.
const MOST_PROCESSES: u64 = 8192;

/// How often a group is tried to be removed: the kernel lets go of the last process a moment after its end.
const TRIES: u32 = 20;

/// The groups of one run, one in each hierarchy that has something to offer.
#[derive(Debug, Default)]
pub(in crate::sys) struct Cgroup {
    groups: Vec<PathBuf>,
    limits_memory: bool,
    limits_processes: bool,
    kills: bool,
}

impl Cgroup {
    /// Makes the groups of a run, below those of this process; none where that is not allowed.
    pub(in crate::sys) fn create(marker: &str) -> Self {
        let mut made = Self::default();
        for group in places(marker) {
            if fs::create_dir(&group).is_ok() || group.is_dir() {
                made.set_up(group);
            }
        }
        made
    }

    fn set_up(&mut self, group: PathBuf) {
        let memory = memory_limit().map(|bytes| bytes.to_string()).unwrap_or_default();
        let is_memory = ["memory.max", "memory.limit_in_bytes"]
            .iter()
            .any(|name| !memory.is_empty() && set(&group.join(name), &memory));
        let is_processes = set(&group.join("pids.max"), &MOST_PROCESSES.to_string());
        let kills = group.join("cgroup.kill").exists();
        if is_memory || is_processes || kills {
            self.limits_memory |= is_memory;
            self.limits_processes |= is_processes;
            self.kills |= kills;
            self.groups.push(group);
        } else {
            // It offers nothing.
            drop(fs::remove_dir(&group));
        }
    }

    /// Puts a process into the groups; what it starts from then on is in them too.
    pub(in crate::sys) fn take_in(&mut self, pid: u32) {
        let refused: Vec<PathBuf> = self
            .groups
            .iter()
            .filter(|group| !set(&group.join("cgroup.procs"), &pid.to_string()))
            .cloned()
            .collect();
        if !refused.is_empty() {
            for group in &refused {
                drop(fs::remove_dir(group));
            }
            *self = Self::default();
        }
    }

    /// Ends whoever is left in the groups, and removes them.
    pub(in crate::sys) fn end(&self) {
        for group in &self.groups {
            end_group(group);
        }
    }

    /// Says how far memory and processes are limited.
    pub(in crate::sys) fn reached(&self) -> Reached {
        let (tier, detail) = match (self.limits_memory, self.limits_processes) {
            (true, true) => (Tier::Enforced, "a control group limits memory and processes"),
            (true, false) => (Tier::Partial, "a control group limits memory; processes are free"),
            (false, true) => (Tier::Partial, "a control group limits processes; memory is free"),
            (false, false) => (
                Tier::Unsupported,
                "no control group can be made here; only the size of files is limited",
            ),
        };
        Reached::new(Control::Memory, tier, detail)
    }

    /// Says whether everything in them can be ended at one stroke.
    pub(in crate::sys) fn kills(&self) -> bool {
        self.kills
    }
}

/// Ends what a run left in its groups when its helper was killed.
pub(in crate::sys) fn end_left_groups(marker: &str) {
    places(marker).iter().filter(|group| group.is_dir()).for_each(|group| end_group(group));
}

fn end_group(group: &Path) {
    for _ in 0..TRIES {
        if fs::remove_dir(group).is_ok() || !group.exists() {
            return;
        }
        // Not there in the older version, where a sweep has to do.
        set(&group.join("cgroup.kill"), "1");
        thread::sleep(Duration::from_millis(1));
    }
}

fn set(file: &Path, value: &str) -> bool {
    let open = fs::OpenOptions::new().write(true).open(file);
    open.and_then(|mut file| file.write_all(value.as_bytes())).is_ok()
}

/// Three quarters of the machine's memory: a run that wants more would take everybody else's.
fn memory_limit() -> Option<u64> {
    Some(memory::total()? / 4 * 3)
}

/// The folders that the groups of a run have, below the groups that this process is in.
fn places(marker: &str) -> Vec<PathBuf> {
    let digest = sha256_hex(marker.as_bytes());
    let name = format!("agentos-{}", digest.get(..16).unwrap_or(&digest));
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    hierarchies(&own, &mounts).into_iter().map(|group| group.join(&name)).collect()
}

/// From `/proc/self/cgroup` and `/proc/self/mountinfo`: the folders of the groups that this process is in, of the hierarchies that kill, count
/// memory or count processes.
fn hierarchies(own: &str, mounts: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else { continue };
        let is_wanted = |name: &str| name == "memory" || name == "pids";
        if !controllers.is_empty() && !controllers.split(',').any(is_wanted) {
            continue;
        }
        let place = mounts.lines().find_map(|mount| {
            let (front, back) = mount.split_once(" - ")?;
            let mut front = front.split(' ').skip(3);
            let (root, place) = (front.next()?, front.next()?);
            let mut back = back.split(' ');
            let (kind, options) = (back.next()?, back.next_back()?);
            let is_it = match controllers {
                "" => kind == "cgroup2",
                _ => {
                    kind == "cgroup"
                        && controllers.split(',').all(|c| options.split(',').any(|o| o == c))
                }
            };
            is_it.then(|| {
                Path::new(place)
                    .join(group.strip_prefix(root).unwrap_or(group).trim_start_matches('/'))
            })
        });
        found.extend(place);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_of_this_process_are_found_in_both_versions() {
        let mounts = "\
31 24 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 24 0:28 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 24 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
        let found = hierarchies("4:memory:/user\n3:cpu:/\n0::/job\n", mounts);
        assert_eq!(
            found,
            [Path::new("/sys/fs/cgroup/memory/user"), Path::new("/sys/fs/cgroup/unified/job")]
        );
        let container = "40 30 0:30 /docker/a /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        assert_eq!(hierarchies("0::/docker/a\n", container), [Path::new("/sys/fs/cgroup/")]);
        assert_eq!(hierarchies("", ""), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_is_claimed_is_what_was_made() {
        let tier = |limits_memory, limits_processes| {
            Cgroup { limits_memory, limits_processes, ..Cgroup::default() }.reached().tier
        };
        assert_eq!(tier(true, true), Tier::Enforced);
        assert_eq!(tier(true, false), Tier::Partial);
        assert_eq!(tier(false, false), Tier::Unsupported);
    }

    #[test]
    fn a_group_that_was_made_goes_again() {
        let marker = format!("cgroup-test-{}", std::process::id());
        let made = Cgroup::create(&marker);
        made.end();
        assert!(places(&marker).iter().all(|group| !group.exists()), "{made:?}");
    }
}
