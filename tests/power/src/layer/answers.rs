//! What the kernel is told of files.

use std::time::{Duration, SystemTime};

use fuser::{FileAttr, FileType, Generation, INodeNo, ReplyEmpty, ReplyEntry, Request, TimeOrNow};
use rustix::fs::FileType as Kind;
use rustix::io::Errno;

use crate::disk::Disk;
use crate::tree::{Body, Ino, Node};

/// How long the kernel may remember: nobody else changes the disk while it is mounted.
pub(super) const REMEMBERED: Duration = Duration::from_hours(1);

/// What no file is numbered anew under while the disk is mounted.
pub(super) const GENERATION: Generation = Generation(0);

pub(super) fn refused(errno: Errno) -> fuser::Errno {
    fuser::Errno::from_i32(errno.raw_os_error())
}

pub(super) fn node(request: &Request, body: Body, mode: u32) -> Node {
    let owner = (request.uid(), request.gid());
    Node { body, mode: mode & 0o7777, owner, changed: SystemTime::now() }
}

pub(super) fn kind(body: &Body) -> FileType {
    match body {
        Body::File(_) => FileType::RegularFile,
        Body::Folder(_) => FileType::Directory,
        Body::Link(_) => FileType::Symlink,
        Body::Special(mode) => match Kind::from_raw_mode(*mode) {
            Kind::Socket => FileType::Socket,
            _ => FileType::NamedPipe,
        },
    }
}

pub(super) fn attributes(disk: &Disk, ino: Ino) -> Result<FileAttr, Errno> {
    let node = disk.seen().nodes.get(&ino).ok_or(Errno::NOENT)?;
    let size = node.size();
    Ok(FileAttr {
        ino: INodeNo(ino),
        size,
        blocks: size.div_ceil(512),
        atime: node.changed,
        mtime: node.changed,
        ctime: node.changed,
        crtime: node.changed,
        kind: kind(&node.body),
        perm: u16::try_from(node.mode).unwrap_or(0o600),
        nlink: disk.links(ino),
        uid: node.owner.0,
        gid: node.owner.1,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    })
}

pub(super) fn answer_entry(answer: Result<FileAttr, Errno>, reply: ReplyEntry) {
    match answer {
        Ok(attributes) => reply.entry(&REMEMBERED, &attributes, GENERATION),
        Err(errno) => reply.error(refused(errno)),
    }
}

pub(super) fn answer(done: Result<(), Errno>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(errno) => reply.error(refused(errno)),
    }
}

pub(super) fn time(given: TimeOrNow) -> SystemTime {
    match given {
        TimeOrNow::SpecificTime(time) => time,
        TimeOrNow::Now => SystemTime::now(),
    }
}
