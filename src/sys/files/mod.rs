//! Files and folders that survive a crash: every write is complete or has not happened, and is on the disk when a function returns.

mod append;
mod draft;
mod error;
mod read;
mod replace;
mod stamp;
mod tree;

#[cfg(test)]
mod tests;

pub use append::append_line;
pub use draft::{drafts_in, remove_stale_drafts};
pub use error::FileError;
pub use read::{
    Piece, each_line, read_bytes, read_end, read_from, read_head, read_stamped_head, read_text,
};
pub use replace::{
    create_new, remove, remove_unsynced, rename, replace, replace_existing, replace_program,
    replace_public_unsynced, replace_unsynced,
};
pub use stamp::Stamp;
pub use tree::{make_dir, remove_tree, sync_names};

pub(in crate::sys) use draft::is_linked;
