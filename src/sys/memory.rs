//! How much memory this machine has and has free, as far as the kernel tells: the machine's own figures and the limit of the control group
//! that this process is in, whichever is less.

use std::fs;
use std::path::{Path, PathBuf};

/// The memory of the whole machine in bytes.
pub fn total() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// The bytes that programs could still get without others being pushed out; `None` where the kernel does not say.
pub fn free() -> Option<u64> {
    let machine = field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    Some(machine.min(left_in_group().unwrap_or(u64::MAX)))
}

fn field(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What a limit on this process's control group, or on one above it, leaves: containers and system services have such limits.
fn left_in_group() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    own.lines().filter_map(groups_of).flat_map(|(root, group)| limits(root, &group)).min()
}

/// The folder of the hierarchy that counts memory, and the group in it, of a line of `/proc/self/cgroup`.
fn groups_of(line: &str) -> Option<(&'static str, PathBuf)> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, group) = (fields.next()?, fields.next()?);
    let root = match controllers {
        "" => "/sys/fs/cgroup",
        _ if controllers.split(',').any(|name| name == "memory") => "/sys/fs/cgroup/memory",
        _ => return None,
    };
    Some((root, Path::new(root).join(group.trim_start_matches('/'))))
}

fn limits(root: &str, group: &Path) -> Vec<u64> {
    let number = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    group
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .filter_map(|folder| {
            let most = number(folder.join("memory.max"))
                .or_else(|| number(folder.join("memory.limit_in_bytes")))?;
            let used = number(folder.join("memory.current"))
                .or_else(|| number(folder.join("memory.usage_in_bytes")))?;
            // What is only remembered of files is given up when a program needs the room.
            let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            Some(most.saturating_sub(used.saturating_sub(given_up(&stat))))
        })
        .collect()
}

fn given_up(stat: &str) -> u64 {
    let value = |name: &str| {
        let line = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.trim().parse::<u64>().ok()
    };
    value("total_inactive_file").or_else(|| value("inactive_file")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read_and_others_are_not_guessed() {
        let text = "MemTotal:        1004 kB\nMemFree: 4 kB\nMemAvailable:     512 kB\n";
        assert_eq!(field(text, "MemTotal:"), Some(1004 * 1024));
        assert_eq!(field(text, "MemAvailable:"), Some(512 * 1024));
        for odd in ["", "MemAvailable: lots kB", "MemAvailable: 5 MB", "MemAvailable:"] {
            assert_eq!(field(odd, "MemAvailable:"), None, "{odd}");
        }
    }

    #[test]
    fn a_group_is_found_in_both_versions_of_the_interface() {
        let found = |line| groups_of(line).map(|(_, group)| group);
        assert_eq!(found("0::/a/b"), Some(PathBuf::from("/sys/fs/cgroup/a/b")));
        assert_eq!(found("4:memory:/a"), Some(PathBuf::from("/sys/fs/cgroup/memory/a")));
        assert_eq!(found("3:cpu,cpuacct:/a"), None);
        assert_eq!(found("rubbish"), None);
    }

    #[test]
    fn remembered_files_count_as_free() {
        assert_eq!(given_up("anon 1\ninactive_file 4096\nfile 9\n"), 4096);
        assert_eq!(given_up("inactive_file 1\ntotal_inactive_file 7\n"), 7);
        assert_eq!(given_up(""), 0);
    }

    #[test]
    fn this_machine_has_no_more_free_than_it_has() {
        if let (Some(total), Some(free)) = (total(), free()) {
            assert!(free <= total);
        }
    }
}
