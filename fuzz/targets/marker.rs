//! The hidden comments by which we find our own texts again.

use agentos::text::marker::{find_all, has, neutralize, render};

use super::text;

/// No text of somebody else keeps a marker; what we render is found; a key cannot end its comment.
pub(super) fn run(input: &[u8]) {
    let text = text(input);
    let void = neutralize(&text);
    assert!(find_all(&void).is_empty(), "{void:?}");
    assert_eq!(neutralize(&void), void);
    let (kind, key) = text.split_once('\n').unwrap_or((&text, "web-42"));
    let marker = render(kind, key);
    assert!(!marker.contains('\n') && marker.matches("-->").count() == 1, "{marker:?}");
    if !kind.is_empty() && !key.is_empty() {
        assert!(has(&marker, kind, key), "{marker:?}");
        assert_eq!(find_all(&format!("{void}\n{marker}\n{void}")).len(), 1);
    }
    for found in find_all(&text) {
        assert!(has(&render(&found.kind, &found.key), &found.kind, &found.key));
    }
}
