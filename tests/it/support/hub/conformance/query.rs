//! Reads the part of an address behind the question mark.

/// What a plus sign stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    /// A space, as in a query.
    IsASpace,
    /// Itself, as in a path.
    IsItself,
}

/// Splits a query into its pairs, decoded; nothing when it is not well formed.
pub(super) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decoded(name, Plus::IsASpace)?, decoded(value, Plus::IsASpace)?))
        })
        .collect()
}

/// Replaces `%41` by `A`; nothing when that is not possible or gives no text.
pub(super) fn decoded(text: &str, plus: Plus) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus == Plus::IsASpace => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
