//! Text put into HTML.

use super::clean;

/// A text on one line as the content of an element or of a quoted attribute: what would steer a reader's eyes is out, and nothing of it is
/// markup.
pub fn escape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in clean::terminal(text).chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\'' => result.push_str("&#39;"),
            '\n' | '\t' => result.push(' '),
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup_or_turns_the_writing() {
        for (text, expected) in [
            ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("a & b\u{202e}c\u{1b}[31md\ne", "a &amp; bcd e"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }
}
