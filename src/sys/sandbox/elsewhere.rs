//! Systems other than Linux: their kernels offer none of the means that we know how to use. Each says so; nothing is restricted, and
//! nothing pretends to be.

use std::io;

use super::{Confinement, Entered, Furnished, Reached};

/// There is no Landlock.
pub fn abi() -> u8 {
    0
}

/// Restricts nothing.
///
/// # Errors
///
/// Always: only Linux has Landlock.
pub(in crate::sys) fn restrict(_: &Confinement, _: Furnished) -> Result<Vec<Reached>, String> {
    Err("only Linux has Landlock; whatever this user may".to_owned())
}

/// Nobody may make namespaces where there are none.
pub(super) fn is_mighty() -> bool {
    false
}

/// Makes no namespace.
#[expect(clippy::unnecessary_wraps, reason = "on Linux it may stop half way")]
pub(in crate::sys) fn enter() -> io::Result<Entered> {
    Ok(Entered::Refused(io::Error::new(io::ErrorKind::Unsupported, "only Linux has namespaces")))
}

/// Mounts nothing.
pub(in crate::sys) fn furnish(_: &Confinement) -> Furnished {
    Furnished::default()
}

/// Drops nothing: powers are only those of the user here.
#[expect(clippy::unnecessary_wraps, reason = "on Linux the kernel may refuse")]
pub(in crate::sys) fn drop_powers() -> io::Result<()> {
    Ok(())
}
