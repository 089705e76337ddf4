//! The labelled corpus: every secret of it goes, in every context and encoding, and every harmless line stays.

use std::fmt::Write as _;
use std::time::Instant;

use super::{COVER, Redactor};

const SECRETS: &str = include_str!("../../../tests/data/redaction/secrets.tsv");
const HARMLESS: &str = include_str!("../../../tests/data/redaction/harmless.txt");

/// A labelled secret.
struct Labelled {
    name: String,
    secret: String,
    /// The text in which it stands, and how it stands there.
    text: String,
    shown: String,
}

fn plain(text: &str) -> String {
    text.replace('¶', "\n").replace('→', "\t")
}

fn labelled() -> Vec<Labelled> {
    let rows = SECRETS.lines().map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [kind, context, template, pieces] = columns[..] else { panic!("{line}") };
        let secret = plain(&pieces.replace('¦', ""));
        let shown = match template {
            "64‹›" => base64(&secret),
            "%‹›" => percent(&secret),
            "16‹›" => hex(&secret),
            _ => secret.clone(),
        };
        let text = match template {
            "64‹›" | "%‹›" | "16‹›" => format!("a {shown} b"),
            _ => plain(template).replace("‹›", &secret),
        };
        Labelled { name: format!("{kind} in {context}"), secret, text, shown }
    });
    rows.collect()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "%{byte:02X}").unwrap();
        all
    })
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        write!(all, "{byte:02x}").unwrap();
        all
    })
}

/// What is left of a secret: the longest piece of it that a reader can still see.
fn left_over(secret: &str, covered: &str) -> usize {
    let most = secret.len().min(24);
    (4..=most)
        .rev()
        .find(|length| {
            (0..=secret.len() - length)
                .filter_map(|at| secret.get(at..at + length))
                .any(|piece| covered.contains(piece))
        })
        .unwrap_or(0)
}

#[test]
fn the_corpus_is_as_large_as_it_is_said_to_be() {
    let all = labelled();
    let mut contexts: Vec<&str> =
        all.iter().filter_map(|one| one.name.split_once(" in ")).map(|(_, c)| c).collect();
    contexts.sort_unstable();
    contexts.dedup();
    assert!(all.len() >= 250, "{}", all.len());
    assert!(contexts.len() >= 40, "{}", contexts.len());
    assert!(HARMLESS.lines().count() >= 250, "{}", HARMLESS.lines().count());
}

#[test]
fn every_secret_of_the_corpus_goes() {
    let redactor = Redactor::default();
    let missed: Vec<String> = labelled()
        .into_iter()
        .filter_map(|one| {
            let covered = redactor.redact(&one.text);
            let is_gone =
                covered.contains(COVER) && left_over(&one.shown, &covered) < 8.min(one.shown.len());
            (!is_gone).then(|| format!("{}: {} became {covered}", one.name, one.text))
        })
        .collect();
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn every_harmless_line_of_the_corpus_stays() {
    let redactor = Redactor::default();
    let changed: Vec<String> = HARMLESS
        .lines()
        .filter(|line| redactor.redact(line) != *line)
        .map(|line| format!("{line}\n  became {}", redactor.redact(line)))
        .collect();
    assert!(changed.is_empty(), "{} changed:\n{}", changed.len(), changed.join("\n"));
    // Beside each other they are as harmless as alone.
    let together = HARMLESS.replace('\n', "\n\n");
    let covered = redactor.redact(&together);
    let changed: Vec<_> =
        together.lines().zip(covered.lines()).filter(|(before, after)| before != after).collect();
    assert!(changed.is_empty() && covered == together, "{changed:?}");
}

#[test]
fn secrets_with_a_form_of_their_own_are_found_through_base64_and_addresses() {
    let redactor = Redactor::default();
    let with_form = labelled().into_iter().filter(|one| {
        redactor.find(&one.secret).iter().any(|found| found.sure) && one.secret.len() >= 20
    });
    let mut tried = 0;
    for one in with_form {
        let line = format!("value {} of the staging system", one.secret);
        let coded = [base64(&line), percent(&line), hex(&line), base64(&base64(&line))];
        for coded in coded {
            let covered = redactor.redact(&format!("x={coded} y"));
            assert!(left_over(&coded, &covered) < 20, "{}: {coded} became {covered}", one.name);
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn every_secret_goes_in_every_encoding_once_it_is_known() {
    for one in labelled().iter().step_by(3).filter(|one| one.secret.len() <= 200) {
        let redactor = Redactor::new([one.secret.clone()]);
        for before in ["", "a", "ab"] {
            let inside = base64(&format!("{before}{}, and so on", one.secret));
            let mut wrapped = String::new();
            for line in inside.as_bytes().chunks(24) {
                writeln!(wrapped, "    {}", String::from_utf8_lossy(line)).unwrap();
            }
            let url = inside.replace('+', "-").replace('/', "_");
            for text in [&inside, &url, &wrapped, &percent(&inside)] {
                let covered = redactor.redact(text);
                assert!(covered.contains(COVER), "{}: {text} became {covered}", one.name);
            }
        }
        let upper = hex(&one.secret).to_uppercase();
        for text in [one.secret.clone(), percent(&one.secret), hex(&one.secret), upper] {
            assert!(!redactor.redact(&format!("({text})")).contains(&text), "{}", one.name);
        }
    }
}

#[test]
fn redacting_the_corpus_twice_changes_nothing_more_and_lengthens_little() {
    let redactor = Redactor::default();
    let all: Vec<String> = labelled().into_iter().map(|one| one.text).collect();
    for text in all.iter().chain([&all.join("\n")]) {
        let once = redactor.redact(text);
        assert_eq!(redactor.redact(&once), once);
        assert!(once.len() <= text.len() * 3 + COVER.len());
    }
}

#[test]
fn time_grows_with_the_length_and_not_with_its_square() {
    let redactor = Redactor::new(["a-known-value-1".to_owned()]);
    for piece in [
        "-----BEGIN PRIVATE KEY-----\n",
        "-----END PRIVATE KEY-----\n",
        "aghp_",
        "xsk-",
        "password=",
        "token: ",
        "https://a:",
        "a%20",
        "aGVsbG8gd29ybGQ",
        "eyJ.",
        "12345678:",
        "cookie: a=",
        "authorization: ",
        "\\",
        "\"",
        "<token ",
        " \n",
    ] {
        let time = |bytes: usize| {
            let text = piece.repeat(bytes / piece.len());
            let start = Instant::now();
            let _covered = redactor.redact(&text);
            start.elapsed().as_secs_f64()
        };
        // The better of two each: other tests run beside this one.
        let (small, large) = (time(10_000).min(time(10_000)), time(80_000).min(time(80_000)));
        // Eight times the text: a square would take 64 times as long. A part of a second is noise.
        assert!(large < small * 30.0 + 0.5, "{piece:?}: {small} s, then {large} s");
    }
}
