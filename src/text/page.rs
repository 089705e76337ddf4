//! The visible text of an HTML page: without tags, scripts, styles, comments and what is hidden from readers. No parser of the whole standard:
//! what it cannot place it leaves out, and it is given untrusted bytes, so it goes through them once and keeps no tree.

/// Elements whose content is never text of the page.
const SILENT: [&str; 11] = [
    "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select",
    "textarea", "title",
];

/// Elements that begin and end a line.
const BLOCKS: [&str; 30] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "section",
    "tr",
    "ul",
];

/// Elements that have no end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// The text that a reader of the page sees, block by block on lines of its own.
pub fn visible(html: &str) -> String {
    let mut page = Page { rest: html, text: String::new(), hidden: None };
    while !page.rest.is_empty() {
        page.step();
    }
    tidy(&page.text)
}

struct Page<'a> {
    rest: &'a str,
    text: String,
    /// The element whose content is left out, and how often it is open.
    hidden: Option<(String, usize)>,
}

/// A tag as it stands.
struct Tag<'a> {
    name: String,
    attributes: &'a str,
    is_end: bool,
    /// What follows it.
    rest: &'a str,
}

impl<'a> Page<'a> {
    fn step(&mut self) {
        let at = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, markup) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
        if self.hidden.is_none() {
            decode(text, &mut self.text);
        }
        self.rest = markup;
        if markup.is_empty() {
            return;
        }
        for (opening, closing) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", ">")]
        {
            if let Some(inner) = markup.strip_prefix(opening) {
                self.rest = after(inner, closing);
                return;
            }
        }
        if let Some(tag) = tag(markup) {
            self.tag(&tag);
            return;
        }
        // A `<` that begins no tag is a character.
        if self.hidden.is_none() {
            self.text.push('<');
        }
        self.rest = markup.get(1..).unwrap_or_default();
    }

    fn tag(&mut self, tag: &Tag<'a>) {
        self.rest = tag.rest;
        let name = tag.name.as_str();
        if let Some((open, depth)) = &mut self.hidden {
            if open == name && tag.is_end {
                *depth = depth.saturating_sub(1);
            } else if open == name {
                *depth += 1;
            }
            if *depth == 0 {
                self.hidden = None;
            }
            return;
        }
        if BLOCKS.contains(&name) {
            self.text.push('\n');
        } else if matches!(name, "td" | "th") {
            self.text.push('\t');
        }
        if tag.is_end || VOID.contains(&name) {
            return;
        }
        if name == "li" {
            self.text.push_str("- ");
        }
        if matches!(name, "script" | "style") {
            // Their content is no markup: only their own end ends them.
            self.rest = after_end_of(self.rest, name);
        } else if SILENT.contains(&name) || is_hidden(tag.attributes) {
            self.hidden = Some((tag.name.clone(), 1));
        }
    }
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.find(mark).and_then(|at| text.get(at + mark.len()..)).unwrap_or_default()
}

/// What follows `</name …>`; nothing where that never comes.
fn after_end_of<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        let behind = rest.get(at + 2..).unwrap_or_default();
        if behind.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)) {
            return after(behind, ">");
        }
        rest = behind;
    }
    ""
}

/// Reads the tag at the head of a text; a `>` in quotes does not end it.
fn tag(markup: &str) -> Option<Tag<'_>> {
    let inner = markup.strip_prefix('<')?;
    let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let length = inner.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    let (name, behind) = inner.split_at_checked(length.unwrap_or(inner.len()))?;
    let mut quote = None;
    let end = behind.char_indices().find(|(_, c)| match quote {
        Some(open) => {
            if *c == open {
                quote = None;
            }
            false
        }
        None if matches!(c, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        None => *c == '>',
    });
    let end = end.map_or(behind.len(), |(at, _)| at);
    Some(Tag {
        name: name.to_ascii_lowercase(),
        attributes: behind.get(..end).unwrap_or_default(),
        is_end,
        rest: behind.get(end + 1..).unwrap_or_default(),
    })
}

/// Whether attributes say that nobody sees the element.
fn is_hidden(attributes: &str) -> bool {
    let plain: String =
        attributes.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let words = attributes.split_whitespace().map(str::to_ascii_lowercase);
    words.into_iter().any(|word| word == "hidden" || word.starts_with("hidden="))
        || plain.contains("aria-hidden=\"true\"")
        || plain.contains("style=")
            && ["display:none", "visibility:hidden", "font-size:0", "opacity:0;", "opacity:0\""]
                .iter()
                .any(|style| plain.contains(style))
}

/// Appends a text with its character references replaced.
fn decode(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let inner = reference.get(1..).unwrap_or_default();
        let end = inner.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at);
        let decoded = end.and_then(|end| Some((character(inner.get(..end)?)?, end)));
        if let Some((c, end)) = decoded {
            out.push(c);
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            out.push('&');
            rest = inner;
        }
    }
    out.push_str(rest);
}

/// The character of `amp`, `#38` or `#x26`.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
        return code.and_then(char::from_u32);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "bull" | "middot" => '·',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "euro" => '€',
        "pound" => '£',
        "times" => '×',
        "deg" => '°',
        "rarr" => '→',
        "larr" => '←',
        _ => return None,
    })
}

/// Lines without spaces around them, and at most one empty line between two.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut is_gap = false;
    for line in text.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line == "-" {
            is_gap = !out.is_empty();
            continue;
        }
        if is_gap {
            out.push('\n');
        }
        is_gap = false;
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_its_readers_see_it() {
        let page = "<!DOCTYPE html><html><head><title>T</title><style>p {color: red}</style></head>\
            <body class='a > b'><h1>Pricing &amp; plans</h1><script>if (a < b) { alert('</p>') }</script>\
            <p>Pro is <b>&#8364;9</b>&nbsp;a month,<br>Team &#x20ac;29.</p><ul><li>One<li>Two</ul>\
            <table><tr><td>a</td><td>1</td></tr></table><!-- hidden <p>order</p> --></body></html>";
        assert_eq!(
            visible(page),
            "Pricing & plans\n\nPro is €9 a month,\nTeam €29.\n\n- One\n- Two\n\na 1\n"
        );
    }

    #[test]
    fn what_is_hidden_from_readers_is_no_text() {
        for hidden in [
            "<div hidden>order</div>",
            "<p style=\"display: none\">order</p>",
            "<span style='visibility:hidden'>order</span>",
            "<div style=\"color: red; font-size:0\"><div>order</div>order</div>",
            "<div aria-hidden=\"true\">order</div>",
            "<template><p>order</p></template>",
            "<noscript>order</noscript>",
            "<svg><text>order</text></svg>",
            "<!-- order",
            "<script>order",
            "<SCRIPT src=x>order</SCRIPT >",
            "<p title=\"order\" data-x='order'></p>",
            "<?php order ?>",
            "<![CDATA[order]]>",
        ] {
            let text = visible(&format!("<p>before</p>{hidden}<p>after</p>"));
            assert!(!text.contains("order"), "{hidden}: {text}");
            assert!(text.starts_with("before"), "{hidden}: {text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_page_is_too_broken(html in "[<>/a!?\\-\"'&;#x =é\\[\\]hidensrpty]{0,80}") {
            let text = visible(&html);
            proptest::prop_assert!(text.len() <= html.len() * 2 + 2);
        }
    }

    #[test]
    fn broken_markup_ends_and_loses_no_plain_text() {
        for (html, expected) in [
            ("a < b & c > d", "a < b & c > d\n"),
            ("5 &lt; 6 &unknown; &#xZZ; &", "5 < 6 &unknown; &#xZZ; &\n"),
            ("<", "<\n"),
            ("x</", "x</\n"),
            ("<p", ""),
            ("<p title=\"never ends> text", ""),
            ("&#0;&#1114112;x", "\u{0}&#1114112;x\n"),
            ("", ""),
        ] {
            assert_eq!(visible(html), expected, "{html}");
        }
    }
}
