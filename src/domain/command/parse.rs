//! Finding the command of a comment. Only what a reader sees as a line of its own counts: nothing in a quote, in code or in a hidden comment.

/// A longer word is cut where it is shown.
const MAX_WORD: usize = 40;

/// The verbs that are carried out, as people write them.
pub const VERBS: &str = "`pause`, `resume`, `retry`, `cancel`, `status`, `approve`";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Do nothing more for this task.
    Pause,
    /// Go on with it.
    Resume,
    /// One more attempt.
    Retry,
    /// End it without a merge.
    Cancel,
    /// Say where it stands.
    Status,
    /// Let its present head pass the limits of size, paths and tests.
    Approve {
        /// The beginning of the commit id that is meant, if one is named.
        head: Option<String>,
    },
    /// A word of other systems that starts work, which an issue marked Ready does here.
    Developer,
    /// Anything else, as it was written.
    Unknown(String),
}

impl Verb {
    /// The verb as people write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Status => "status",
            Self::Approve { .. } => "approve",
            Self::Developer => "developer",
            Self::Unknown(word) => word,
        }
    }

    fn read(rest: &str) -> Self {
        let mut words = rest.split_whitespace();
        let word = words.next().unwrap_or_default();
        let plain = word.trim_end_matches(['.', ',', '!', ';', ':']);
        match plain.to_ascii_lowercase().as_str() {
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "retry" => Self::Retry,
            "cancel" => Self::Cancel,
            "status" => Self::Status,
            "approve" => Self::Approve { head: words.next().and_then(commit_prefix) },
            "developer" => Self::Developer,
            _ => Self::Unknown(word.chars().take(MAX_WORD).collect()),
        }
    }
}

/// The beginning of a commit id; another word is none, and says nothing.
fn commit_prefix(word: &str) -> Option<String> {
    let word = word.trim_matches('`').to_ascii_lowercase();
    let is_one = (7..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
    is_one.then_some(word)
}

/// The command of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What is asked for.
    pub verb: Verb,
}

/// Finds the command of a comment: its first one alone counts.
pub fn parse(body: &str) -> Option<Command> {
    let mut reader = Reader::default();
    body.lines().find_map(|line| command_in(reader.plain(line)?))
}

/// What a comment says besides its commands, for whoever answers a question with it.
pub fn words_beside(body: &str) -> String {
    let mut reader = Reader::default();
    let is_command = |line: &&str| reader.plain(line).and_then(command_in).is_some();
    let (_, rest): (Vec<&str>, Vec<&str>) = body.lines().partition(is_command);
    rest.join("\n").trim().to_owned()
}

fn command_in(line: &str) -> Option<Command> {
    let rest = line.get(..6).filter(|word| word.eq_ignore_ascii_case("/agent"))?;
    let rest = line.strip_prefix(rest)?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    ends.then(|| Command { verb: Verb::read(rest) })
}

/// Where in the Markdown of a comment a line stands.
#[derive(Debug, Default)]
struct Reader {
    /// The fence of the code block that is open: its character and length.
    fence: Option<(char, usize)>,
    /// Whether a hidden comment is open.
    is_hidden: bool,
    /// The end of a block of literal HTML that is open.
    literal: Option<&'static str>,
}

/// HTML whose content is shown as it is.
const LITERAL: [(&str, &str); 3] =
    [("<pre", "</pre>"), ("<script", "</script>"), ("<style", "</style>")];

impl Reader {
    /// The line without its indentation and without what is hidden at its end, if it is plain text.
    fn plain<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        if let Some((mark, length)) = self.fence {
            if is_fence_end(line, mark, length) {
                self.fence = None;
            }
            return None;
        }
        if self.is_hidden {
            // What follows on the line where a hidden comment ends does not begin that line.
            let behind = line.split_once("-->").map(|(_, behind)| behind);
            self.is_hidden = behind.is_none_or(opens_comment);
            return None;
        }
        if let Some(end) = self.literal {
            if line.to_ascii_lowercase().contains(end) {
                self.literal = None;
            }
            return None;
        }
        self.outside(line)
    }

    fn outside<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let text = line.trim_start_matches(' ');
        if line.len() - text.len() > 3 || text.starts_with(['\t', '>']) {
            return None;
        }
        self.fence = fence_begin(text);
        if self.fence.is_some() {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let literal = LITERAL.iter().find(|(begin, _)| lower.starts_with(begin));
        if let Some((_, end)) = literal {
            self.literal = (!lower.contains(end)).then_some(*end);
            return None;
        }
        self.is_hidden = opens_comment(text);
        let shown = text.split_once("<!--").map_or(text, |(shown, _)| shown);
        Some(shown.trim_end())
    }
}

/// Whether the last hidden comment that begins on a line does not end there.
fn opens_comment(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("<!--") {
        match behind.split_once("-->") {
            Some((_, after)) => rest = after,
            None => return true,
        }
    }
    false
}

fn fence_begin(text: &str) -> Option<(char, usize)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.chars().take_while(|c| *c == mark).count();
    // Behind back quotes another one makes it code within a line.
    let is_inline = mark == '`' && text.get(length..).is_some_and(|rest| rest.contains('`'));
    (length >= 3 && !is_inline).then_some((mark, length))
}

fn is_fence_end(line: &str, mark: char, length: usize) -> bool {
    let text = line.trim_start_matches(' ');
    let run = text.chars().take_while(|c| *c == mark).count();
    line.len() - text.len() <= 3
        && run >= length
        && text.get(run..).is_some_and(|rest| rest.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verb(body: &str) -> Option<String> {
        parse(body).map(|command| command.verb.as_str().to_owned())
    }

    #[test]
    fn a_command_is_a_line_that_begins_with_it() {
        for (body, expected) in [
            ("/agent pause", Some("pause")),
            ("/agent resume\n", Some("resume")),
            ("  /Agent RETRY now, please\r\n", Some("retry")),
            ("Enough.\n\n/agent cancel.\nThanks", Some("cancel")),
            ("/agent\tstatus", Some("status")),
            ("/agent approve", Some("approve")),
            ("/agent developer", Some("developer")),
            ("/agent dance", Some("dance")),
            ("/agent", Some("")),
            ("/agent pause\n/agent resume", Some("pause")),
            ("/agent status <!-- hidden -->", Some("status")),
            ("> should it go on?\n\n/agent resume", Some("resume")),
            ("```\ncode\n```\n/agent retry", Some("retry")),
            ("<!-- note -->\n/agent retry", Some("retry")),
            ("``` `x` ``` is code\n/agent retry", Some("retry")),
            ("/agents pause", None),
            ("/agentpause", None),
            ("Please /agent pause", None),
            ("- /agent pause", None),
            ("`/agent pause`", None),
            ("", None),
        ] {
            assert_eq!(verb(body).as_deref(), expected, "{body:?}");
        }
    }

    #[test]
    fn quotes_code_and_hidden_comments_hold_no_command() {
        for body in [
            "> /agent cancel",
            "  > /agent cancel",
            ">/agent cancel\n> /agent retry",
            "```\n/agent cancel\n```",
            "```sh\n/agent cancel",
            "~~~~\n```\n/agent cancel\n~~~\n/agent cancel\n~~~~",
            "    /agent cancel",
            "\t/agent cancel",
            "<!-- /agent cancel -->",
            "<!--\n/agent cancel\n-->",
            "text <!-- open\n/agent cancel\n--> /agent cancel",
            "<!-- a --> <!-- b\n/agent cancel\n-->",
            "<pre>\n/agent cancel\n</pre>",
            "<PRE class=x>/agent retry\n/agent cancel",
        ] {
            assert_eq!(parse(body), None, "{body:?}");
        }
    }

    #[test]
    fn an_approval_may_name_its_commit() {
        for (body, expected) in [
            ("/agent approve", None),
            ("/agent approve 0123abc", Some("0123abc")),
            ("/agent approve `0123ABCDEF`", Some("0123abcdef")),
            ("/agent approve please", None),
            ("/agent approve 0123", None),
        ] {
            let head = expected.map(str::to_owned);
            let command = Command { verb: Verb::Approve { head } };
            assert_eq!(parse(body), Some(command), "{body:?}");
        }
    }

    #[test]
    fn what_stands_beside_a_command_is_kept() {
        assert_eq!(words_beside("Use blue.\n\n/agent retry\n"), "Use blue.");
        assert_eq!(words_beside("/agent retry now"), "");
        assert_eq!(words_beside("```\n/agent retry\n```"), "```\n/agent retry\n```");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_one_line_is_one_command(body in "(/agent|/AGENT | |\t|\n|\r\n|>|```|~~~|<!--|-->|<pre>|retry|cancel|ä|\\PC){0,24}") {
            let found = parse(&body);
            if let Some(Command { verb: Verb::Unknown(word) }) = &found {
                prop_assert!(word.chars().count() <= MAX_WORD);
            }
            prop_assert!(words_beside(&body).len() <= body.len());
        }

        #[test]
        fn whatever_is_fenced_or_quoted_never_acts(lines in prop::collection::vec("(/agent (pause|retry|cancel)|\\PC{0,12})", 0..8)) {
            // A line of tildes would end the fence.
            let lines: Vec<String> = lines.into_iter().filter(|line| !line.trim().starts_with('~')).collect();
            let fenced = format!("~~~\n{}\n~~~\n", lines.join("\n"));
            prop_assert_eq!(parse(&fenced), None);
            for mark in ["> ", "    "] {
                let marked: Vec<String> = lines.iter().map(|line| format!("{mark}{line}\n")).collect();
                prop_assert_eq!(parse(&marked.concat()), None);
            }
        }
    }
}
