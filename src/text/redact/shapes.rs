//! Tokens that show by their beginning what they are: the vendors' published formats, one row each.

use std::sync::LazyLock;

use regex::Regex;

use super::Found;

/// What may follow the part of a token that its row describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// Letters, digits, `_` and `-`.
    Word,
    /// The same, in parts with dots between them.
    Dotted,
    /// Base64 with `+`, `/` and its padding.
    Base64,
}

use Tail::{Base64, Dotted, Word};

/// Beginnings that occur nowhere else: a token counts wherever it stands, also behind a letter.
const DISTINCT: &[(&str, &str, Tail)] = &[
    ("GitHub token", r"gh[pousr]_[A-Za-z0-9_]{16}", Dotted),
    ("GitHub token", r"github_pat_[A-Za-z0-9_]{16}", Word),
    (
        "GitLab token",
        r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_-]{16}",
        Dotted,
    ),
    ("GitLab token", r"GR1348941[A-Za-z0-9_-]{16}", Word),
    ("Anthropic key", r"sk-ant-[A-Za-z0-9_-]{12}", Word),
    ("OpenAI key", r"sk-(?:proj|svcacct|admin|None|service)-[A-Za-z0-9_-]{12}", Word),
    ("OpenRouter key", r"sk-or-[A-Za-z0-9_-]{12}", Word),
    ("API key", r"sk-(?:nano|lf|cp|live|test)-[A-Za-z0-9_-]{12}", Word),
    ("Google OAuth secret", r"GOCSPX-[A-Za-z0-9_-]{16}", Word),
    ("Google OAuth token", r"ya29\.[A-Za-z0-9_-]{16}", Dotted),
    ("AWS key", r"bedrock-api-key-[A-Za-z0-9+/]{16}", Base64),
    ("Slack token", r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10}", Word),
    ("Slack token", r"xapp-[A-Za-z0-9-]{10}", Word),
    ("Slack token", r"xwfp-[A-Za-z0-9-]{10}", Word),
    (
        "Slack webhook",
        r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/]{16}",
        Base64,
    ),
    (
        "Discord webhook",
        r"(?:https?://)?(?:canary\.|ptb\.)?discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{10,24}/[A-Za-z0-9_-]{16}",
        Word,
    ),
    ("Teams webhook", r"webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{16}", Base64),
    ("Stripe key", r"(?:sk|rk)_(?:live|test|org)_[A-Za-z0-9_]{10}", Word),
    ("webhook secret", r"whsec_[A-Za-z0-9+/]{16}", Base64),
    ("PyPI token", r"pypi-AgE[A-Za-z0-9_-]{16}", Word),
    ("Docker token", r"dckr_[a-z]{3}_[A-Za-z0-9_-]{16}", Word),
    ("RubyGems key", r"rubygems_[0-9a-f]{32}", Word),
    ("Shopify token", r"shp(?:at|ca|pa|ss|ua|rt)_[A-Fa-f0-9]{32}", Word),
    ("DigitalOcean token", r"do[oprt]_v1_[0-9a-f]{32}", Word),
    ("Brevo key", r"x(?:keysib|smtpsib)-[0-9a-f]{32}", Word),
    ("Grafana token", r"glsa_[A-Za-z0-9]{24}", Word),
    ("Grafana token", r"glc_[A-Za-z0-9+/]{24}", Base64),
    ("Sentry token", r"sntry[su]_[A-Za-z0-9+/=]{24}", Base64),
    ("Linear key", r"lin_(?:api|oauth)_[A-Za-z0-9]{24}", Word),
    ("Atlassian token", r"AT[AC]TT3[A-Za-z0-9_=-]{24}", Base64),
    ("Figma token", r"fig[dor]_[A-Za-z0-9_-]{24}", Word),
    ("Postman key", r"PMAK-[0-9a-f]{20}", Word),
    ("New Relic key", r"NR(?:AK|II|IQ|JS|RA)-[A-Za-z0-9_-]{20}", Word),
    ("Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{20}", Dotted),
    ("Terraform token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{32}", Word),
    ("Doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_-]{16}", Dotted),
    ("Netlify token", r"nf[pcou]_[A-Za-z0-9]{32}", Word),
    ("Supabase key", r"sb_secret_[A-Za-z0-9_-]{16}", Word),
    ("Supabase key", r"sbp_(?:v[0-9]_)?[0-9a-f]{32}", Word),
    ("PlanetScale key", r"pscale_[a-z]{2,6}_[A-Za-z0-9_.=-]{24}", Dotted),
    ("Groq key", r"gsk_[A-Za-z0-9]{40}", Word),
    ("Perplexity key", r"pplx-[A-Za-z0-9]{32}", Word),
    ("NVIDIA key", r"nvapi-[A-Za-z0-9_-]{32}", Word),
    ("LangSmith key", r"lsv2_[a-z]{2}_[0-9a-f]{24}", Word),
    ("Pinecone key", r"pcsk_[A-Za-z0-9_]{32}", Word),
    ("Tavily key", r"tvly-[A-Za-z0-9_-]{20}", Word),
    ("Tailscale key", r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{16}", Word),
    ("age key", r"AGE-SECRET-KEY-1[A-Z0-9]{32}", Word),
    ("1Password token", r"ops_eyJ[A-Za-z0-9+/_-]{32}", Base64),
    ("CircleCI token", r"CCIPAT_[A-Za-z0-9]{8,32}_[0-9a-f]{24}", Word),
    ("Flutterwave key", r"FLWSECK(?:_TEST|_LIVE)?-[0-9A-Za-z]{20}", Word),
    ("PayPal token", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}", Word),
    ("Amazon MWS token", r"amzn\.mws\.[0-9a-f-]{32}", Word),
    ("Cloudflare key", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{64}", Word),
    ("Dynatrace token", r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{32}", Word),
    ("Contentful token", r"CFPAT-[A-Za-z0-9_-]{32}", Word),
    ("Heroku key", r"HRKU-[A-Za-z0-9_-]{24}", Word),
    ("Fly.io token", r"fm[12][ra]?_[A-Za-z0-9+/_-]{40}", Base64),
    ("Hugging Face token", r"api_org_[A-Za-z0-9]{28}", Word),
    ("Databricks token", r"dapi[0-9a-f]{32}", Word),
    ("Azure secret", r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{28}", Dotted),
    ("Azure storage key", r"[A-Za-z0-9+/]{70,80}\+ASt[A-Za-z0-9+/]{4}", Base64),
];

/// Beginnings that are also parts of ordinary text: these have to begin a word.
const AT_WORD: &[(&str, &str, Tail)] = &[
    ("API key", r"sk-[A-Za-z0-9]{20}", Word),
    ("API key", r"sk_[0-9a-f]{40}", Word),
    ("Google API key", r"AIza[A-Za-z0-9_-]{30}", Word),
    ("Google API key", r"AQ\.[A-Za-z0-9_-]{30}", Word),
    ("Google OAuth token", r"1//0[A-Za-z0-9_-]{28}", Word),
    ("AWS key id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", Word),
    ("AWS key", r"ABSK[A-Za-z0-9+/]{60}", Base64),
    ("npm token", r"npm_[A-Za-z0-9]{30}", Word),
    ("PyPI token", r"pypi-[A-Za-z0-9_-]{40}", Word),
    ("Hugging Face token", r"hf_[A-Za-z0-9]{30}", Word),
    ("SendGrid key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16}", Word),
    ("Twilio key", r"(?:SK|AC)[0-9a-f]{32}", Word),
    ("Mailgun key", r"key-[0-9a-f]{32}", Word),
    ("Mailchimp key", r"[0-9a-f]{32}-us[0-9]{1,2}", Word),
    ("Square token", r"sq0[a-z]{3}-[A-Za-z0-9_-]{22}", Word),
    ("Square token", r"EAAA[A-Za-z0-9_-]{56}", Word),
    ("Facebook token", r"EAA[A-Za-z0-9]{80}", Word),
    ("Discord token", r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}", Word),
    ("Discord token", r"mfa\.[A-Za-z0-9_-]{60}", Word),
    ("JSON web token", r"eyJ[A-Za-z0-9_-]{8,1024}\.[A-Za-z0-9_-]{8}", Dotted),
    ("GitHub token", r"v1\.[0-9a-f]{40}", Word),
    ("Notion token", r"secret_[A-Za-z0-9]{40}", Word),
    ("Notion token", r"ntn_[A-Za-z0-9]{40}", Word),
    ("Airtable token", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", Word),
    ("Asana token", r"[0-9]/[0-9]{16}:[0-9a-f]{32}", Word),
    ("Atlassian token", r"ATBB[A-Za-z0-9]{24}", Word),
    ("Pulumi token", r"pul-[0-9a-f]{40}", Word),
    ("Fly.io token", r"fo1_[A-Za-z0-9_-]{40}", Word),
    ("Replicate token", r"r8_[A-Za-z0-9]{32}", Word),
    ("xAI key", r"xai-[A-Za-z0-9]{60}", Word),
    ("Fireworks key", r"fw_[A-Za-z0-9]{22}", Word),
    ("Together key", r"tgp_v1_[A-Za-z0-9_-]{32}", Word),
    ("Cerebras key", r"csk-[a-z0-9]{40}", Word),
    ("Chutes key", r"cpk_[0-9a-f]{32}", Dotted),
    ("Firecrawl key", r"fc-[0-9a-f]{32}", Word),
    ("E2B key", r"e2b_[0-9a-f]{40}", Word),
    ("Neon key", r"napi_[a-z0-9]{40}", Word),
    ("Jina key", r"jina_[A-Za-z0-9_-]{40}", Word),
    (
        "LaunchDarkly key",
        r"(?:sdk|mob|api)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        Word,
    ),
    ("Plaid token", r"access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f-]{20}", Word),
    ("Razorpay key", r"rzp_(?:live|test)_[A-Za-z0-9]{14}", Word),
    ("SonarQube token", r"sq[upa]_[0-9a-f]{40}", Word),
    ("Buildkite token", r"bk[a-z]{2}_[0-9a-f]{40}", Word),
    ("NuGet key", r"oy2[a-z0-9]{43}", Word),
    ("crate registry token", r"cio[A-Za-z0-9]{32}", Word),
    ("Artifactory key", r"AKC[A-Za-z0-9]{60}", Word),
    ("Artifactory key", r"cmVmd[A-Za-z0-9]{55}", Word),
    ("Dropbox token", r"sl\.[A-Za-z0-9_-]{60}", Word),
    ("Alibaba key id", r"LTAI[A-Za-z0-9]{16}", Word),
    ("1Password key", r"A3-[A-Z0-9]{6}-[A-Z0-9]{5,6}-[A-Z0-9]{5}-[A-Z0-9]{5}", Word),
    ("Azure DevOps token", r"[A-Za-z0-9]{70,80}AZDO[A-Za-z0-9]{4}", Word),
    ("OpenAI session", r"sess-[A-Za-z0-9]{40}", Word),
];

/// A bot's number and its key; what follows must end the key, or a time and a hash would be one.
const TELEGRAM: &str = r"[0-9]{8,10}:[A-Za-z0-9_-]{30,39}";

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

struct Table {
    distinct: Regex,
    at_word: Regex,
    telegram: Regex,
}

impl Table {
    fn new() -> Self {
        let joined = |rows: &[(&str, &str, Tail)]| {
            let groups: Vec<String> =
                rows.iter().map(|(_, pattern, _)| format!("({pattern})")).collect();
            super::compiled(&format!("(?-u){}", groups.join("|")))
        };
        Self {
            distinct: joined(DISTINCT),
            at_word: joined(AT_WORD),
            telegram: super::compiled(&format!("(?-u){TELEGRAM}")),
        }
    }
}

/// Finds every token.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    tokens(text, &TABLE.distinct, DISTINCT, false, found);
    tokens(text, &TABLE.at_word, AT_WORD, true, found);
    telegram(text, found);
}

fn tokens(
    text: &str,
    pattern: &Regex,
    rows: &[(&'static str, &str, Tail)],
    at_word: bool,
    found: &mut Vec<Found>,
) {
    let mut from = 0;
    while let Some(hit) = pattern.find_at(text, from) {
        let begins = !at_word || begins_word(text, hit.start());
        if !begins || !looks_random(hit.as_str()) {
            // What was passed over may hold a token; only its first character is done with, which is ASCII.
            from = hit.start() + 1;
            continue;
        }
        // The groups say which row it was.
        let row = pattern
            .captures_at(text, hit.start())
            .and_then(|groups| (1..groups.len()).find(|n| groups.get(*n).is_some()))
            .and_then(|n| rows.get(n - 1));
        let (kind, tail) = row.map_or(("token", Word), |(kind, _, tail)| (*kind, *tail));
        let end = extended(text, hit.end(), tail);
        found.push(Found { range: hit.start()..end, kind, sure: true });
        from = end;
    }
}

/// Where a token ends that goes on behind the part that its row describes.
fn extended(text: &str, from: usize, tail: Tail) -> usize {
    let bytes = text.as_bytes();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_part = |byte: &u8| is_word(byte) || tail == Base64 && matches!(byte, b'+' | b'/' | b'=');
    let run = |at: usize, is: &dyn Fn(&u8) -> bool| {
        at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is(byte)).count()
    };
    let mut end = run(from, &is_part);
    while tail == Dotted && bytes.get(end) == Some(&b'.') {
        let next = run(end + 1, &is_word);
        // A short part is an ending such as `.txt`, but for numbers.
        let part = bytes.get(end + 1..next).unwrap_or_default();
        if part.is_empty() || part.len() < 5 && !part.iter().all(u8::is_ascii_digit) {
            break;
        }
        end = next;
    }
    end
}

/// Whether nothing belongs to the token that stands before it: an escape or a colour of a terminal ends in a letter and is no word.
pub(super) fn begins_word(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(at.saturating_sub(12)..at).unwrap_or_default();
    let Some(last) = before.last() else { return true };
    if !last.is_ascii_alphanumeric() {
        return true;
    }
    let behind_escape = |length: usize, is: &dyn Fn(&u8) -> bool, mark: &[u8]| {
        before.len() >= length + mark.len()
            && before.get(before.len() - length..).unwrap_or_default().iter().all(is)
            && before.get(..before.len() - length).unwrap_or_default().ends_with(mark)
    };
    let hex = |byte: &u8| byte.is_ascii_hexdigit();
    let colour = || {
        let text = before.strip_suffix(b"m").unwrap_or_default();
        let digits = text.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        text.get(..text.len() - digits).unwrap_or_default().ends_with(b"[")
    };
    let bot = || {
        let rest = before.strip_suffix(b"bot");
        rest.is_some_and(|rest| rest.last().is_none_or(|last| !last.is_ascii_alphanumeric()))
    };
    bot()
        || behind_escape(1, &|byte| matches!(byte, b'n' | b'r' | b't'), b"\\")
        || behind_escape(2, &hex, b"%")
        || behind_escape(4, &hex, b"\\u")
        || behind_escape(2, &hex, b"\\x")
        || colour()
}

/// Placeholders are words or one letter again and again; a token is neither.
fn looks_random(token: &str) -> bool {
    let tail = token.rsplit_once(['_', '-', '.']).map_or(token, |(_, tail)| tail);
    let tail = if tail.len() < 10 { token } else { tail };
    let varied = tail.bytes().any(|byte| tail.bytes().next().is_some_and(|first| first != byte));
    let mixed =
        token.bytes().any(|b| b.is_ascii_digit()) || tail.bytes().any(|b| b.is_ascii_uppercase());
    varied && mixed
}

fn telegram(text: &str, found: &mut Vec<Found>) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut from = 0;
    while let Some(hit) = TABLE.telegram.find_at(text, from) {
        let is_begun = begins_word(text, hit.start());
        let is_ended = !text.as_bytes().get(hit.end()).is_some_and(is_part);
        let key = hit.as_str().split_once(':').map_or("", |(_, key)| key);
        let is_hash = key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_begun && is_ended && !is_hash {
            found.push(Found { range: hit.range(), kind: "Telegram token", sure: true });
            from = hit.end();
        } else {
            from = hit.start() + 1;
        }
    }
}
