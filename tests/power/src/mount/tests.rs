//! The layer as the kernel and programs see it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::*;
use crate::disk::{Layout, Rule};
use crate::tree::Tree;

/// A disk by the letter, over a new folder.
fn mounted() -> (Mounted, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout { rule: Rule::Strict, journaled: Vec::new() };
    let disk = Disk::new(Tree::read(folder.path()).unwrap(), layout);
    (Mounted::new(folder.path(), disk).unwrap(), folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_that_was_not_synced_is_gone_and_one_that_was_synced_with_its_folder_is_there() {
    let (mut mounted, folder) = mounted();
    let at = folder.path();
    for name in ["synced", "without-its-folder"] {
        let mut file = File::create(at.join(name)).unwrap();
        file.write_all(name.as_bytes()).unwrap();
        file.sync_all().unwrap();
        if name == "synced" {
            File::open(at).unwrap().sync_all().unwrap();
        }
    }
    fs::write(at.join("never"), "never").unwrap();
    assert_eq!(names(at), ["never", "synced", "without-its-folder"]);
    mounted.lose_power(Keep::Nothing).unwrap();
    assert_eq!(names(at), ["synced"]);
    assert_eq!(fs::read_to_string(at.join("synced")).unwrap(), "synced");
}

#[test]
fn the_kernel_does_with_it_what_it_does_with_any_disk() {
    let (_mounted, folder) = mounted();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("deep/deeper")).unwrap();
    fs::write(at("one"), "1").unwrap();
    fs::write(at("two"), "2").unwrap();
    let rename = |flags| renameat_with(CWD, at("one"), CWD, at("two"), flags);
    assert_eq!(rename(RenameFlags::NOREPLACE), Err(rustix::io::Errno::EXIST));
    rename(RenameFlags::EXCHANGE).unwrap();
    assert_eq!(fs::read_to_string(at("one")).unwrap(), "2");
    assert!(OpenOptions::new().write(true).create_new(true).open(at("one")).is_err());
    let mut first = OpenOptions::new().append(true).open(at("one")).unwrap();
    let mut second = OpenOptions::new().append(true).open(at("one")).unwrap();
    first.write_all(b"a").unwrap();
    second.write_all(b"b").unwrap();
    assert_eq!(fs::read_to_string(at("one")).unwrap(), "2ab");
    first.lock().unwrap();
    assert!(second.try_lock().is_err());
    fs::hard_link(at("one"), at("deep/one")).unwrap();
    assert_eq!(fs::metadata(at("one")).unwrap().nlink(), 2);
    std::os::unix::fs::symlink("one", at("link")).unwrap();
    assert_eq!(fs::read_to_string(at("link")).unwrap(), "2ab");
    fs::set_permissions(at("one"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(fs::metadata(at("deep/one")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::remove_dir(at("deep")).is_err());
    fs::remove_dir_all(at("deep")).unwrap();
    OpenOptions::new().write(true).truncate(true).open(at("one")).unwrap();
    assert_eq!(fs::metadata(at("one")).unwrap().len(), 0);
    assert_eq!(names(folder.path()), ["link", "one", "two"]);
}

#[test]
fn whoever_worked_on_it_is_dead_with_the_power() {
    let (mut mounted, folder) = mounted();
    let mut sleeper = Command::new("sleep");
    let mut sleeper =
        sleeper.arg("600").current_dir(folder.path()).stdin(Stdio::null()).spawn().unwrap();
    let reaped = std::thread::spawn(move || sleeper.wait().unwrap());
    mounted.lose_power(Keep::Nothing).unwrap();
    assert!(!reaped.join().unwrap().success());
}
