//! The words of a message in Telegram's HTML. What others wrote stands in `<code>`, in which Telegram makes neither links nor mentions of it.

use std::fmt::Write as _;

use crate::domain::notice::{Notice, Rank};

/// Telegram takes this many UTF-16 units. Markup does not count there and does here, which is on the safe side.
const MAX_UNITS: usize = 4096;

/// What is kept free for the line that says how much was left out.
const ROOM: usize = 60;

/// The text of one message about one or several notices.
pub(super) fn text(notices: &[&Notice]) -> String {
    match notices {
        [only] => bounded_alone(only),
        several => list(several),
    }
}

fn bounded_alone(notice: &Notice) -> String {
    let lines = [
        Some(first_line(notice)),
        notice.title.as_deref().map(quoted),
        notice.reason.as_deref().map(quoted),
        notice.next.as_deref().map(ours),
    ];
    let mut text = String::new();
    for line in lines.into_iter().flatten() {
        if units(&text) + units(&line) < MAX_UNITS {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        }
    }
    text
}

/// Alerts come first: they are what must not be left out.
fn list(notices: &[&Notice]) -> String {
    let mut ordered = notices.to_vec();
    ordered.sort_by_key(|notice| notice.kind.rank());
    let mut text = format!("<b>{} messages</b>", notices.len());
    for (position, notice) in ordered.iter().enumerate() {
        let line = one_of_many(notice);
        if units(&text) + units(&line) + ROOM > MAX_UNITS {
            let left = ordered.len() - position;
            let _infallible = write!(text, "\n… and {left} more: <code>agentos status</code>");
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    text
}

fn one_of_many(notice: &Notice) -> String {
    let mut line = format!("• {}", first_line(notice));
    let is_alert = notice.kind.rank() == Rank::Alert;
    let words = [notice.title.as_deref(), notice.reason.as_deref().filter(|_| is_alert)];
    for words in words.into_iter().flatten() {
        line.push(' ');
        line.push_str(&quoted(words));
    }
    line
}

fn first_line(notice: &Notice) -> String {
    let headline = format!("<b>{}</b>", escaped(&notice.headline));
    match (&notice.subject, &notice.url) {
        (Some(subject), Some(url)) => {
            format!("{headline}: <a href=\"{}\">{}</a>", escaped(url), escaped(subject))
        }
        (Some(subject), None) => format!("{headline}: {}", quoted(subject)),
        (None, _) => headline,
    }
}

fn quoted(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Our own words, in which code stands between backticks.
fn ours(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { quoted(part) } else { escaped(part) }).collect()
}

fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            other => result.push(other),
        }
    }
    result
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::{Kind, NoticeId};

    fn notice(kind: Kind, title: &str) -> Notice {
        Notice {
            id: NoticeId::of(&["web-42", "x"]),
            kind,
            at: "2026-01-05T09:00:00Z".parse().unwrap(),
            headline: "merged".to_owned(),
            subject: Some("acme/web#42".to_owned()),
            url: Some("https://github.com/acme/web/issues/42".to_owned()),
            title: Some(title.to_owned()),
            reason: None,
            next: None,
        }
    }

    #[test]
    fn one_notice_reads_as_a_short_letter() {
        let notice = Notice {
            headline: "given up, needs a person".to_owned(),
            reason: Some("red: ci".to_owned()),
            next: Some("`agentos task retry web-42` gives it one more attempt.".to_owned()),
            ..notice(Kind::Escalated, "Add a cart")
        };
        insta::assert_snapshot!(text(&[&notice]), @r#"
        <b>given up, needs a person</b>: <a href="https://github.com/acme/web/issues/42">acme/web#42</a>
        <code>Add a cart</code>
        <code>red: ci</code>
        <code>agentos task retry web-42</code> gives it one more attempt.
        "#);
    }

    #[test]
    fn several_notices_are_a_list_with_the_urgent_ones_first() {
        let info = notice(Kind::Merged, "Add a cart");
        let alert = Notice {
            headline: "needs an answer".to_owned(),
            reason: Some("which colour?".to_owned()),
            url: None,
            ..notice(Kind::Blocked, "Paint it")
        };
        insta::assert_snapshot!(text(&[&info, &alert]), @r#"
        <b>2 messages</b>
        • <b>needs an answer</b>: <code>acme/web#42</code> <code>Paint it</code> <code>which colour?</code>
        • <b>merged</b>: <a href="https://github.com/acme/web/issues/42">acme/web#42</a> <code>Add a cart</code>
        "#);
    }

    #[test]
    fn foreign_words_can_be_no_markup() {
        let hostile = notice(Kind::Merged, "</code><a href=\"https://evil.example\">@ann & co</a>");
        let text = text(&[&hostile]);
        assert!(text.contains(
            "<code>&lt;/code&gt;&lt;a href=&quot;https://evil.example&quot;&gt;@ann &amp; co&lt;/a&gt;</code>"
        ));
        assert_eq!(text.matches("<a ").count(), 1);
    }

    #[test]
    fn a_message_is_never_longer_than_telegram_takes() {
        let long = Notice {
            reason: Some("<😀".repeat(300)),
            next: Some("go on".to_owned()),
            ..notice(Kind::Blocked, &"&".repeat(120))
        };
        assert!(units(&text(&[&long])) <= MAX_UNITS);
        let many = vec![&long; 60];
        let listed = text(&many);
        assert!(units(&listed) <= MAX_UNITS, "{}", units(&listed));
        assert!(listed.contains("… and "), "{listed}");
        assert_eq!(listed.matches("<code>").count(), listed.matches("</code>").count());
    }
}
