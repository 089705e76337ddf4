//! Which start of the machine this is. What was written before it and not synced may be lost, whole or in part.

/// Names the present start of the machine; `None` where the system does not tell.
pub fn id() -> Option<String> {
    #[cfg(feature = "failpoints")]
    if let Some(played) = played() {
        return Some(played);
    }
    let named = super::files::read_text("/proc/sys/kernel/random/boot_id".as_ref(), 128).ok()?;
    Some(named.trim().to_owned()).filter(|named| !named.is_empty())
}

#[cfg(feature = "failpoints")]
#[expect(
    clippy::disallowed_methods,
    reason = "read here and not in `sys::env`: only test builds have it"
)]
fn played() -> Option<String> {
    std::env::var("AGENTOS_BOOT").ok()
}
