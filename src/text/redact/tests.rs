//! What is covered and what stays. The tokens are put together here so that no scanner takes this file for a leak.

use proptest::prelude::*;

use super::*;

fn redacted(text: &str) -> String {
    Redactor::default().redact(text)
}

/// A part of a token that looks like chance.
fn noise(length: usize) -> String {
    "aB3xK9mQ7wZ1pL5vN8tR2yC4dF6gH0jS".chars().cycle().take(length).collect()
}

#[test]
fn tokens_are_known_by_their_shape_wherever_they_stand() {
    let upper: String = noise(40).to_uppercase().chars().take(16).collect();
    let tokens = [
        format!("gh{}_{}", 'p', noise(36)),
        format!("gh{}_{}", 'o', noise(36)),
        format!("gh{}_{}", 's', noise(36)),
        format!("gh{}_{}", 'u', noise(36)),
        format!("github{}_{}_{}", "_pat", noise(22), noise(59)),
        format!("sk-{}-api03-{}-{}", "ant", noise(20), noise(20)),
        format!("sk-{}-{}", "proj", noise(40)),
        format!("sk-{}-v1-{}", "or", noise(40)),
        format!("sk-{}", noise(48)),
        format!("AI{}{}", "za", noise(35)),
        format!("AK{}{upper}", "IA"),
        format!("xo{}-123456789012-{}", "xb", noise(24)),
        format!("sk_{}_{}", "live", noise(24)),
        format!("np{}_{}", 'm', noise(36)),
        format!("py{}-AgE{}", "pi", noise(60)),
        format!("{}:{}", 123_456_789, noise(35)),
        format!("ey{}.eyJ{}.{}", "Jhbcdefghij", noise(20), noise(30)),
    ];
    for token in tokens {
        for around in [
            "%",
            "a %",
            "KEY=%",
            "KEY_%",
            "\"%\"",
            "(%)",
            "%\n",
            "https://api.telegram.org/bot%/send",
            "x\n%, y",
        ] {
            let text = around.replace('%', &token);
            let covered = redacted(&text);
            assert!(!covered.contains(&token[4..]), "{text} became {covered}");
            assert!(covered.contains(COVER));
            assert_eq!(redacted(&covered), covered);
        }
    }
}

#[test]
fn private_keys_go_whole_and_also_in_part() {
    let lines = format!("{}\n{}", noise(64), noise(64));
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
    assert_eq!(redacted(&format!("a\n{begin}\n{lines}\n{end}\nb")), "a\n[redacted]\nb");
    assert_eq!(redacted(&format!("{begin}\\n{}\\n{end}", noise(64))), COVER);
    assert!(!redacted(&format!("{begin}\n{lines}")).contains(&noise(20)));
    assert!(!redacted(&format!("{lines}\n{end}\nb")).contains(&noise(20)));
    assert_eq!(redacted(&format!("write `{begin}` first")), "write `[redacted]` first");
}

#[test]
fn passwords_in_addresses_headers_and_assignments_go() {
    let long = noise(24);
    for (text, expected) in [
        ("https://ann:hunter2@example.com/x".to_owned(), "https://ann:[redacted]@example.com/x"),
        ("postgres://ann:p@ss@db:5432/x".to_owned(), "postgres://ann:[redacted]@db:5432/x"),
        (format!("https://{long}@github.com/a/b"), "https://[redacted]@github.com/a/b"),
        ("password=hunter".to_owned(), "password=[redacted]"),
        ("DB_PASSWORD: \"s3cretpw\"".to_owned(), "DB_PASSWORD: \"[redacted]\""),
        (format!("Authorization: Bearer {long}"), "Authorization: Bearer [redacted]"),
        (format!("authorization: token {long}"), "authorization: token [redacted]"),
        (
            format!("{{\"api_key\": \"{long}\", \"a\": 1}}"),
            "{\"api_key\": \"[redacted]\", \"a\": 1}",
        ),
        (format!("export MY_TOKEN={long}."), "export MY_TOKEN=[redacted]."),
        (format!("openRouterApiKey: {long}"), "openRouterApiKey: [redacted]"),
        (format!("client_secret => '{long}'"), "client_secret => '[redacted]'"),
        (format!("\\\"token\\\": \\\"{long}\\\""), "\\\"token\\\": \\\"[redacted]\\\""),
    ] {
        let covered = redacted(&text);
        assert_eq!(covered, expected);
        assert_eq!(redacted(&covered), covered);
    }
}

#[test]
fn ordinary_text_hashes_and_ids_stay() {
    for text in [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "1700000000:da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "550e8400-e29b-41d4-a716-446655440000",
        "task-20260705-101500-add-csv-export-for-orders",
        "the token: required, the password: must be set, secret = config.secret",
        "input_tokens: 123456789, \"output_tokens\": 42, max_tokens=100000",
        "token = get_token2() and api_key: ${API_KEY1} and token: $TOKEN and secret: <your-secret-1>",
        "secret: /etc/keys/a1 token: ./src/token2.rs",
        "see https://example.com:8080/a@b and mail ann@example.com, git@github.com:acme/web.git",
        "risk-free sk-learn, npm_config_registry_something_long, pypi-publish, sk-or",
        "eyJ is how base64 of {\" begins",
        "fn password(&self) -> &Secret; let secret: Secret = secret::new();",
        "[redacted] password=[redacted]",
        "PASSWORD:",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn known_values_go_in_every_form_and_are_not_in_debug_text() {
    let redactor = Redactor::new([
        "p@ss word/1\"x".to_owned(),
        "hunter2".to_owned(),
        "abc".to_owned(),
        "redacted".to_owned(),
    ]);
    for text in [
        "p@ss word/1\"x",
        "p%40ss%20word%2F1%22x",
        "p%40ss%20word%2f1%22x",
        "p%40ss+word%2F1%22x",
        "p@ss word/1\\\"x",
        "cEBzcyB3b3JkLzEieA==",
        "hunter2",
        "aHVudGVyMg==",
        "eDpodW50ZXIyOng=",
    ] {
        let rest = redactor.redact(text).replace(COVER, "");
        assert!(rest.trim_end_matches('=').len() <= 6, "{text} left {rest}");
    }
    assert_eq!(redactor.redact("abc and redacted"), "abc and redacted");
    assert_eq!(format!("{redactor:?}"), "Redactor { known: 2 }");
}

#[test]
fn a_known_key_of_several_lines_goes_line_by_line() {
    let key = format!("{}\n{}", noise(40), noise(30));
    let redactor = Redactor::new([key]);
    assert_eq!(
        redactor.redact(&format!("> {}\n> {}", noise(40), noise(30))),
        "> [redacted]\n> [redacted]"
    );
}

/// Base64 with padding, of the two alphabets.
fn encoded(text: &str, alphabet: &[u8]) -> String {
    let mut result = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut bytes = [0; 3];
        bytes[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        for position in 0..4 {
            let digit = alphabet[(bits >> (18 - 6 * position) & 63) as usize];
            result.push(if position > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    result
}

proptest! {
    #[test]
    fn a_planted_secret_is_nowhere_in_any_form(
        secret in "[A-Za-z0-9+/_.!@ -]{0,3}[A-Z0-9+/_!@-]{8,30}", before in "(\\PC|\n){0,20}", behind in "(\\PC|\n){0,20}"
    ) {
        let secret = secret.trim().to_owned();
        let standard: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"+/").collect();
        let for_urls: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"-_").collect();
        let percent: String = secret.bytes().map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { ["%", &format!("{byte:02X}")].concat() }
        }).collect();
        let redactor = Redactor::new([secret.clone()]);
        for form in [secret.clone(), encoded(&secret, &standard), encoded(&secret, &for_urls), percent] {
            let form = form.trim_end_matches('=');
            let text = [&before, form, &behind].concat();
            let covered = redactor.redact(&text);
            prop_assert!(!covered.contains(form), "{:?} in {:?}", form, covered);
            prop_assert_eq!(redactor.redact(&covered), covered.clone());
        }
        let inside = encoded(&[&before, secret.as_str(), &behind].concat(), &standard);
        let core = &encoded(&secret, &standard)[..8];
        let covered = redactor.redact(&inside);
        prop_assert!(covered.contains(COVER), "{} of {}: {}", core, inside, covered);
    }

    #[test]
    fn any_text_comes_through_without_a_panic_and_hardly_longer(text in "(\\PC|\n|\\x00|%[0-9a-f]{2}|ä|=|:|\"|token|password|-----END PRIVATE KEY-----|[A-Za-z0-9+/]{20,40}){0,60}") {
        let covered = redacted(&text);
        prop_assert!(covered.len() <= text.len() * 3 + COVER.len());
        let known: String = text.chars().take(12).collect();
        let without = Redactor::new([known.clone()]).redact(&text);
        let known = known.trim();
        if known.chars().count() >= 6 && !COVER.contains(known) {
            prop_assert!(!without.contains(known), "{:?} is in {:?}", known, without);
        }
    }

    #[test]
    fn redacting_twice_is_redacting_once(
        text in "(password|token|secret|api_key|=|: | |\"|'|bearer |https://|@|a1b2c3d4e5|ghp_|sk-ant-|eyJ|\\.|-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----|\n|12345678:|\\[redacted\\]|\\PC){0,30}"
    ) {
        let once = redacted(&text);
        prop_assert_eq!(redacted(&once), once.clone(), "{}", once);
    }
}
