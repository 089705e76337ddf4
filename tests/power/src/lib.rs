//! A file system in user space that keeps two states, what programs see and what is on the disk, and forgets the difference when the power
//! goes. It is what the crash loop runs on, to prove that whatever the program relies on was synced.

mod disk;
mod layer;
mod mount;
mod tree;

pub use disk::{Disk, Keep, Layout, Rule};
pub use mount::Mounted;
pub use tree::{Body, Ino, Node, ROOT, Tree};
