//! What is left of changes when the power goes, rule by rule.

use std::path::Path;

use super::loss::BLOCK;
use super::*;

fn disk(rule: Rule, journaled: &[&str]) -> Disk {
    let mut files = Tree::default();
    files.nodes.insert(ROOT, folder());
    Disk::new(files, Layout { rule, journaled: journaled.iter().map(PathBuf::from).collect() })
}

fn node(body: Body) -> Node {
    Node { body, mode: 0o644, owner: (0, 0), changed: SystemTime::UNIX_EPOCH }
}

fn folder() -> Node {
    node(Body::Folder(BTreeMap::new()))
}

fn file() -> Node {
    node(Body::File(std::sync::Arc::default()))
}

fn make(disk: &mut Disk, folder: Ino, name: &str, text: &str) -> Ino {
    let ino = disk.make(folder, OsStr::new(name), file()).unwrap();
    disk.write(ino, Some(0), text.as_bytes()).unwrap();
    ino
}

fn make_folder(disk: &mut Disk, name: &str) -> Ino {
    disk.make(ROOT, OsStr::new(name), folder()).unwrap()
}

/// Every file with its text.
fn texts(disk: &Disk) -> Vec<String> {
    let files = disk.seen().files_below(Path::new(""));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    files.iter().map(|(path, bytes)| format!("{}={}", path.display(), text(bytes))).collect()
}

fn after(disk: &Disk) -> Vec<String> {
    texts(&disk.after_power_loss(Keep::Nothing))
}

#[test]
fn what_was_not_synced_is_gone_and_what_was_synced_is_there() {
    for rule in [Rule::Journal, Rule::Strict] {
        let mut disk = disk(rule, &[]);
        let one = make(&mut disk, ROOT, "one", "1");
        disk.sync(one);
        disk.sync(ROOT);
        make(&mut disk, ROOT, "two", "2");
        assert_eq!(texts(&disk), ["one=1", "two=2"], "{rule:?}");
        assert_eq!(after(&disk), ["one=1"], "{rule:?}");
        disk.lose_power(Keep::Nothing);
        assert_eq!((texts(&disk), disk.pending()), (vec!["one=1".to_owned()], 0), "{rule:?}");
    }
}

#[test]
fn a_name_comes_with_its_folder_and_bytes_with_their_file_by_the_letter() {
    let mut disk = disk(Rule::Strict, &[]);
    let one = make(&mut disk, ROOT, "one", "1");
    disk.sync(one);
    assert_eq!(after(&disk), [""; 0]);
    let two = make(&mut disk, ROOT, "two", "2");
    disk.sync(ROOT);
    assert_eq!(after(&disk), ["one=1", "two="]);
    disk.sync(two);
    assert_eq!(after(&disk), ["one=1", "two=2"]);
}

#[test]
fn any_sync_brings_the_journal_and_the_bytes_of_its_own_file_only() {
    let mut disk = disk(Rule::Journal, &[]);
    make(&mut disk, ROOT, "one", "1");
    let two = make(&mut disk, ROOT, "two", "2");
    disk.sync(two);
    make(&mut disk, ROOT, "three", "3");
    assert_eq!(after(&disk), ["one=", "two=2"]);
}

#[test]
fn what_takes_the_place_of_a_file_unsynced_leaves_it_empty_on_a_journal() {
    for (rule, left) in [(Rule::Journal, "target="), (Rule::Strict, "target=old")] {
        let mut disk = disk(rule, &[]);
        let old = make(&mut disk, ROOT, "target", "old");
        disk.sync(old);
        disk.sync(ROOT);
        make(&mut disk, ROOT, "draft", "new");
        disk.rename((ROOT, OsStr::new("draft")), (ROOT, OsStr::new("target")), true).unwrap();
        assert_eq!(after(&disk), ["target=old"], "{rule:?}");
        let other = make(&mut disk, ROOT, "other", "");
        disk.sync(other);
        let left: Vec<&str> = if rule == Rule::Journal { vec!["other=", left] } else { vec![left] };
        assert_eq!(after(&disk), left, "{rule:?}");
    }
}

#[test]
fn a_file_on_its_way_to_another_folder_is_never_in_none() {
    for seed in 0..200 {
        let mut disk = disk(Rule::Strict, &[]);
        let (from, to) = (make_folder(&mut disk, "from"), make_folder(&mut disk, "to"));
        disk.sync(ROOT);
        let one = make(&mut disk, from, "one", "1");
        disk.sync(one);
        disk.sync(from);
        disk.rename((from, OsStr::new("one")), (to, OsStr::new("one")), true).unwrap();
        let left = texts(&disk.after_power_loss(Keep::Some(seed)));
        assert!(!left.is_empty(), "{seed}");
        assert_eq!(after(&disk), ["from/one=1"]);
        let mut new_first = disk.clone();
        new_first.sync(to);
        assert_eq!(after(&new_first), ["from/one=1", "to/one=1"]);
        disk.sync(from);
        assert_eq!(after(&disk), ["to/one=1"]);
    }
}

#[test]
fn names_are_given_as_the_kernel_gives_them() {
    let mut disk = disk(Rule::Strict, &[]);
    let name = OsStr::new;
    let deep = make_folder(&mut disk, "deep");
    make(&mut disk, ROOT, "one", "1");
    make(&mut disk, ROOT, "two", "2");
    make(&mut disk, deep, "three", "3");
    let refused = disk.rename((ROOT, name("one")), (ROOT, name("two")), false);
    assert_eq!(refused, Err(Errno::EXIST));
    assert_eq!(disk.rename((ROOT, name("one")), (ROOT, name("deep")), true), Err(Errno::ISDIR));
    assert_eq!(disk.rename((ROOT, name("deep")), (ROOT, name("one")), true), Err(Errno::NOTDIR));
    assert_eq!(disk.rename((ROOT, name("none")), (ROOT, name("one")), true), Err(Errno::NOENT));
    assert_eq!(disk.remove(ROOT, name("deep"), true), Err(Errno::NOTEMPTY));
    assert_eq!(disk.remove(ROOT, name("deep"), false), Err(Errno::ISDIR));
    assert_eq!(disk.remove(ROOT, name("one"), true), Err(Errno::NOTDIR));
    disk.exchange((ROOT, name("one")), (ROOT, name("two"))).unwrap();
    assert_eq!(texts(&disk), ["deep/three=3", "one=2", "two=1"]);
    disk.rename((ROOT, name("one")), (ROOT, name("two")), true).unwrap();
    assert_eq!(texts(&disk), ["deep/three=3", "two=2"]);
    let two = disk.seen().child(ROOT, name("two")).unwrap();
    disk.link(two, deep, name("again")).unwrap();
    assert_eq!((disk.links(two), disk.links(deep)), (2, 2));
    disk.remove(ROOT, name("two"), false).unwrap();
    assert_eq!((disk.links(two), texts(&disk).len()), (1, 2));
    assert_eq!(disk.make(ROOT, name("deep"), file()), Err(Errno::EXIST));
}

#[test]
fn what_is_added_at_the_end_is_added_behind_what_others_added() {
    let mut disk = disk(Rule::Strict, &[]);
    let log = make(&mut disk, ROOT, "log", "one\n");
    disk.write(log, None, b"two\n").unwrap();
    disk.sync(log);
    disk.sync(ROOT);
    disk.write(log, None, b"three\n").unwrap();
    assert_eq!(texts(&disk), ["log=one\ntwo\nthree\n"]);
    assert_eq!(after(&disk), ["log=one\ntwo\n"]);
}

#[test]
fn a_file_that_was_cut_off_and_not_written_again_is_empty_on_a_journal() {
    let mut disk = disk(Rule::Journal, &[]);
    let one = make(&mut disk, ROOT, "one", "old");
    disk.sync(one);
    disk.resize(one, 0).unwrap();
    disk.write(one, Some(0), b"new").unwrap();
    assert_eq!(after(&disk), ["one=old"]);
    let other = make(&mut disk, ROOT, "other", "");
    disk.sync(other);
    assert_eq!(after(&disk), ["one=", "other="]);
    disk.sync(one);
    assert_eq!(after(&disk), ["one=new", "other="]);
}

#[test]
fn bytes_behind_a_new_end_do_not_come_back() {
    let mut disk = disk(Rule::Journal, &[]);
    let one = make(&mut disk, ROOT, "one", "long text");
    disk.resize(one, 4).unwrap();
    let other = make(&mut disk, ROOT, "other", "");
    disk.sync(other);
    disk.sync(one);
    assert_eq!(after(&disk), ["one=long", "other="]);
}

#[test]
fn of_bytes_that_were_not_synced_a_part_may_be_there() {
    let mut sizes = BTreeSet::new();
    for seed in 0..100 {
        let mut disk = disk(Rule::Strict, &[]);
        let one = make(&mut disk, ROOT, "one", "");
        disk.sync(ROOT);
        disk.write(one, Some(0), &[b'x'; 4 * BLOCK]).unwrap();
        disk.lose_power(Keep::Some(seed));
        sizes.insert(disk.seen().nodes[&one].size());
    }
    let whole_blocks: BTreeSet<u64> = (0..=4).map(|blocks| blocks * BLOCK as u64).collect();
    assert_eq!(sizes, whole_blocks);
}

#[test]
fn a_journal_keeps_a_piece_from_its_beginning() {
    let mut counts = BTreeSet::new();
    for seed in 0..100 {
        let mut disk = disk(Rule::Journal, &[]);
        for name in ["a", "b", "c"] {
            make(&mut disk, ROOT, name, "");
        }
        disk.lose_power(Keep::Some(seed));
        let left = texts(&disk);
        assert_eq!(left, ["a=", "b=", "c="][..left.len()]);
        counts.insert(left.len());
    }
    assert_eq!(counts, BTreeSet::from([0, 1, 2, 3]));
}

#[test]
fn git_has_its_journal_where_the_rest_is_held_by_the_letter() {
    let mut disk = disk(Rule::Strict, &["runtime/repos"]);
    let runtime = make_folder(&mut disk, "runtime");
    let repos = disk.make(runtime, OsStr::new("repos"), folder()).unwrap();
    disk.sync(ROOT);
    disk.sync(runtime);
    make(&mut disk, runtime, "ours", "");
    make(&mut disk, repos, "gits", "");
    let any = make(&mut disk, runtime, "any", "x");
    disk.sync(any);
    assert_eq!(after(&disk), ["runtime/repos/gits="]);
}

#[test]
fn what_git_writes_in_a_batch_comes_with_the_next_sync_of_any_file() {
    let mut disk = disk(Rule::Journal, &[]);
    let batch = make_folder(&mut disk, "tmp_objdir-bulk-fsync-x");
    let object = make(&mut disk, batch, "object", "tree");
    let open = make(&mut disk, batch, "open", "blob");
    disk.closed(object);
    let last = make(&mut disk, ROOT, "last", "");
    disk.sync(last);
    let folder = "tmp_objdir-bulk-fsync-x";
    assert_eq!(
        after(&disk),
        ["last=".to_owned(), format!("{folder}/object=tree"), format!("{folder}/open=")]
    );
    disk.closed(open);
    disk.sync(last);
    assert_eq!(after(&disk)[2], format!("{folder}/open=blob"));
}
