//! The report as one page: nothing is loaded, nothing runs, and everything that somebody else wrote is text.

use super::sections;
use super::words::date;
use crate::domain::reliability::Reliability;
use crate::text::hash::csp_source;
use crate::text::html::escape;

/// The only style of the page; its policy names it by its hash.
const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(super) fn render(report: &Reliability) -> String {
    let repositories = escape(&report.repositories.join(", "));
    let (from, to) = (date(report.since), date(report.generated_at));
    let made = report.generated_at.strftime("%Y-%m-%d %H:%M UTC");
    let version = env!("CARGO_PKG_VERSION");
    let policy = format!(
        "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'",
        csp_source(STYLE)
    );
    let page = format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta name=\"referrer\" content=\"no-referrer\">
<meta name=\"generator\" content=\"agentos {version}\">
<title>Reliability report: {repositories}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<p class=\"about\">agentos · {repositories}</p>
<h1>Reliability report</h1>
<p class=\"time\">{from} to {to} ({} days)</p>
<p class=\"lede\">{}</p>
</header>
<main>
{}{}</main>
<footer><p>Made by agentos {version} on {made}.</p></footer>
</body>
</html>
",
        report.days,
        escape(&sections::lede(report)),
        sections::tiles(report),
        sections::all(report),
    );
    // A number and its sign stay together.
    page.replace(" %", "\u{a0}%")
}
