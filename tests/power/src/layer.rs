//! The disk as the kernel asks for it.

mod answers;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use fuser::{
    BsdFileFlags, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, INodeNo, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use rustix::fs::{FileType as Kind, OFlags};
use rustix::io::Errno;

use self::answers::{
    GENERATION, REMEMBERED, answer, answer_entry, attributes, kind, node, refused, time,
};
use crate::disk::Disk;
use crate::tree::{Body, Ino, Node};

/// The names in a folder as they were when it was opened.
type Listing = Vec<(OsString, Ino, FileType)>;

/// A disk, shared with whoever mounted it.
pub(crate) struct Layer {
    disk: Arc<Mutex<Disk>>,
    listings: Mutex<BTreeMap<u64, Listing>>,
    next_handle: AtomicU64,
}

impl Layer {
    pub(crate) fn new(disk: Arc<Mutex<Disk>>) -> Self {
        Self { disk, listings: Mutex::default(), next_handle: AtomicU64::new(1) }
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listings(&self) -> MutexGuard<'_, BTreeMap<u64, Listing>> {
        self.listings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, folder: INodeNo, name: &OsStr, node: Node) -> Result<FileAttr, Errno> {
        let mut disk = self.disk();
        let ino = disk.make(folder.0, name, node)?;
        attributes(&disk, ino)
    }
}

impl Filesystem for Layer {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let disk = self.disk();
        let found = disk.seen().child(parent.0, name).ok_or(Errno::NOENT);
        answer_entry(found.and_then(|ino| attributes(&disk, ino)), reply);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match attributes(&self.disk(), ino.0) {
            Ok(attributes) => reply.attr(&REMEMBERED, &attributes),
            Err(errno) => reply.error(refused(errno)),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        changed: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = self.disk();
        let mut done = size.map_or(Ok(()), |size| disk.resize(ino.0, size));
        if mode.is_some() || uid.is_some() || gid.is_some() || changed.is_some() {
            let set = |()| disk.set_attributes(ino.0, mode, (uid, gid), changed.map(time));
            done = done.and_then(set);
        }
        match done.and_then(|()| attributes(&disk, ino.0)) {
            Ok(attributes) => reply.attr(&REMEMBERED, &attributes),
            Err(errno) => reply.error(refused(errno)),
        }
    }

    fn readlink(&self, _: &Request, ino: INodeNo, reply: ReplyData) {
        match self.disk().seen().nodes.get(&ino.0).map(|node| &node.body) {
            Some(Body::Link(target)) => reply.data(target.as_bytes()),
            _ => reply.error(fuser::Errno::EINVAL),
        }
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let body = match Kind::from_raw_mode(mode) {
            Kind::RegularFile => Body::File(Arc::default()),
            Kind::Fifo | Kind::Socket => Body::Special(mode),
            _ => return reply.error(fuser::Errno::EPERM),
        };
        answer_entry(self.make(parent, name, node(request, body, mode & !umask)), reply);
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let body = Body::Folder(BTreeMap::new());
        answer_entry(self.make(parent, name, node(request, body, mode & !umask)), reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(self.disk().remove(parent.0, name, false), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(self.disk().remove(parent.0, name, true), reply);
    }

    fn symlink(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let body = Body::Link(target.as_os_str().to_owned());
        answer_entry(self.make(parent, name, node(request, body, 0o777)), reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        to_parent: INodeNo,
        to_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (from, to) = ((parent.0, name), (to_parent.0, to_name));
        let mut disk = self.disk();
        let done = if flags.contains(RenameFlags::RENAME_WHITEOUT) {
            Err(Errno::INVAL)
        } else if flags.contains(RenameFlags::RENAME_EXCHANGE) {
            disk.exchange(from, to)
        } else {
            disk.rename(from, to, !flags.contains(RenameFlags::RENAME_NOREPLACE))
        };
        answer(done, reply);
    }

    fn link(&self, _: &Request, ino: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut disk = self.disk();
        let done = disk.link(ino.0, parent.0, name);
        answer_entry(done.and_then(|()| attributes(&disk, ino.0)), reply);
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let body = Body::File(Arc::default());
        match self.make(parent, name, node(request, body, mode & !umask)) {
            Ok(attributes) => {
                let flags = FopenFlags::FOPEN_KEEP_CACHE;
                reply.created(&REMEMBERED, &attributes, GENERATION, FileHandle(0), flags);
            }
            Err(errno) => reply.error(refused(errno)),
        }
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let disk = self.disk();
        match disk.seen().nodes.get(&ino.0).map(|node| &node.body) {
            Some(Body::File(bytes)) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(size as usize).min(bytes.len());
                reply.data(bytes.get(start..end).unwrap_or_default());
            }
            _ => reply.error(fuser::Errno::EISDIR),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        how: WriteFlags,
        flags: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        // Pages of a mapped file have a place of their own, however the file was opened.
        let is_mapped = how.contains(WriteFlags::FUSE_WRITE_CACHE);
        let appends = flags.0.cast_unsigned() & OFlags::APPEND.bits() != 0 && !is_mapped;
        let offset = (!appends).then_some(offset);
        match self.disk().write(ino.0, offset, data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(errno) => reply.error(refused(errno)),
        }
    }

    fn flush(&self, _: &Request, ino: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        self.disk().closed(ino.0);
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.disk().sync(ino.0);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.disk().sync(ino.0);
        reply.ok();
    }

    fn opendir(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let disk = self.disk();
        let Some(names) = disk.seen().names(ino.0) else {
            return reply.error(fuser::Errno::ENOTDIR);
        };
        let own = [".", ".."].map(|name| (OsString::from(name), ino.0, FileType::Directory));
        let listed = names.iter().filter_map(|(name, ino)| {
            let node = disk.seen().nodes.get(ino)?;
            Some((name.clone(), *ino, kind(&node.body)))
        });
        let handle = self.next_handle.fetch_add(1, Ordering::Relaxed);
        self.listings().insert(handle, own.into_iter().chain(listed).collect());
        reply.opened(FileHandle(handle), FopenFlags::empty());
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let listings = self.listings();
        let listed = listings.get(&handle.0).map(Vec::as_slice).unwrap_or_default();
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        for (index, (name, ino, kind)) in listed.iter().enumerate().skip(skipped) {
            if reply.add(INodeNo(*ino), index as u64 + 1, *kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.listings().remove(&handle.0);
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let (blocks, files) = (1 << 26, 1 << 24);
        reply.statfs(blocks, blocks, blocks, files, files, 4096, 255, 4096);
    }
}
