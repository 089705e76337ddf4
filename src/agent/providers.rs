//! The providers that carry DeepSeek, in the order of seed 000, and the file with their keys.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::sys::files::{self, FileError};
use crate::text::secret::Secret;

/// A file of keys is small.
const MAX_BYTES: u64 = 1024 * 1024;

/// Somebody who serves DeepSeek behind OpenAI's chat protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name, in records and in the carrier's configuration.
    pub name: &'static str,
    /// Its address.
    pub base_url: &'static str,
    /// The variable that replaces the address.
    pub base_variable: &'static str,
    /// The variable that holds the key.
    pub key_variable: &'static str,
    /// The name of the key in `secrets_file`.
    pub secret: &'static str,
    /// Its name for the model.
    pub model: &'static str,
}

/// The providers of DeepSeek, in the order in which they are tried.
pub const DEEPSEEK: [Provider; 3] = [
    Provider {
        name: "openrouter",
        base_url: "https://openrouter.ai/api/v1",
        base_variable: "OPENROUTER_BASE_URL",
        key_variable: "OPENROUTER_API_KEY",
        secret: "openRouterApiKey",
        model: "deepseek/deepseek-chat",
    },
    Provider {
        name: "nanogpt",
        base_url: "https://nano-gpt.com/api/v1",
        base_variable: "NANOGPT_BASE_URL",
        key_variable: "NANOGPT_API_KEY",
        secret: "nanoGptApiKey",
        model: "deepseek/deepseek-v3.2",
    },
    Provider {
        name: "chutes",
        base_url: "https://llm.chutes.ai/v1",
        base_variable: "CHUTES_BASE_URL",
        key_variable: "CHUTES_API_KEY",
        secret: "chutesApiKey",
        model: "deepseek-ai/DeepSeek-V3.2",
    },
];

/// A provider that can be asked: there is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which one.
    pub provider: &'static Provider,
    /// Its address, or the one that replaces it.
    pub base_url: String,
    /// The key.
    pub key: Secret,
}

/// The keys of `secrets_file`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, Secret>);

/// Why a file of keys is not used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no JSON object. What stands in it is not shown.
    #[error("{path} is not a JSON object of names and keys (line {line})")]
    Form {
        /// Which file.
        path: String,
        /// Where reading it failed.
        line: usize,
    },
}

impl Secrets {
    /// Reads the file; one that is not there holds no keys.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is no JSON object.
    pub fn read(path: &Path) -> Result<Self, SecretsError> {
        let text = match files::read_text(path, MAX_BYTES) {
            Ok(text) => text,
            Err(FileError::NotFound { .. }) => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let form = |line| SecretsError::Form { path: path.display().to_string(), line };
        let value: Value = serde_json::from_str(&text).map_err(|error| form(error.line()))?;
        let object = value.as_object().ok_or_else(|| form(1))?;
        let keys = object.iter().filter_map(|(name, value)| {
            let value = value.as_str().map(str::trim).filter(|value| !is_placeholder(value))?;
            Some((name.clone(), Secret::new(value)))
        });
        Ok(Self(keys.collect()))
    }

    /// A key by its name, unless it is missing or a placeholder.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// Every key, for whoever must never show them.
    pub fn values(&self) -> impl Iterator<Item = &Secret> {
        self.0.values()
    }
}

/// Whether a value is what examples have in place of a key.
pub fn is_placeholder(value: &str) -> bool {
    const SHORTEST: usize = 8;
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let begins =
        ["your", "<", "${", "replace", "change", "insert", "todo", "example", "placeholder"];
    let holds = ["your_", "your-", "_here", "-here", "xxxx", "...", "…", "placeholder", "changeme"];
    value.len() < SHORTEST
        || begins.iter().any(|start| lower.starts_with(start))
        || holds.iter().any(|part| lower.contains(part))
}

/// The providers that have a key, in their order. The environment beats the file, as it does elsewhere.
pub fn choices(environment: &BTreeMap<String, String>, secrets: &Secrets) -> Vec<Choice> {
    let of = |provider: &'static Provider| {
        let own = environment.get(provider.key_variable).map(|key| key.trim());
        let own = own.filter(|key| !is_placeholder(key)).map(Secret::new);
        let key = own.or_else(|| secrets.get(provider.secret).cloned())?;
        let base_url = environment.get(provider.base_variable).map(|url| url.trim());
        let base_url = base_url.filter(|url| !url.is_empty()).unwrap_or(provider.base_url);
        Some(Choice { provider, base_url: base_url.trim_end_matches('/').to_owned(), key })
    };
    DEEPSEEK.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test makes the file that is read")]

    use super::*;

    fn names(environment: &[(&str, &str)], secrets: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.json");
        std::fs::write(&path, secrets).unwrap();
        let environment =
            environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let choices = choices(&environment, &Secrets::read(&path).unwrap());
        choices.iter().map(|c| format!("{} {}", c.provider.name, c.key.expose())).collect()
    }

    #[test]
    fn the_order_is_that_of_the_seed_and_the_environment_beats_the_file() {
        let all = r#"{"chutesApiKey": "cpk-0123456789", "openRouterApiKey": "sk-or-0123456789", "nanoGptApiKey": "nano-0123456789", "other": 3}"#;
        assert_eq!(
            names(&[], all),
            ["openrouter sk-or-0123456789", "nanogpt nano-0123456789", "chutes cpk-0123456789"]
        );
        let one = r#"{"openRouterApiKey": "sk-or-0123456789"}"#;
        assert_eq!(
            names(&[("OPENROUTER_API_KEY", "sk-or-environment")], one),
            ["openrouter sk-or-environment"]
        );
    }

    #[test]
    fn a_placeholder_is_no_key() {
        for value in [
            "",
            "  ",
            "YOUR_OPENROUTER_KEY",
            "your-key-here",
            "<openrouter key>",
            "sk-or-v1-xxxxxxxxxxxx",
            "sk-or-v1-...",
            "changeme",
            "REPLACE_ME_NOW",
            "${OPENROUTER_API_KEY}",
            "short",
        ] {
            let json = serde_json::json!({"openRouterApiKey": value}).to_string();
            assert_eq!(
                names(&[("NANOGPT_API_KEY", value)], &json),
                Vec::<String>::new(),
                "{value}"
            );
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_empty_and_a_broken_one_is_said_without_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.json");
        assert_eq!(Secrets::read(&path).unwrap(), Secrets::default());
        for text in ["{\n\"openRouterApiKey\": sk-or-0123456789}", "[\"sk-or-0123456789\"]"] {
            std::fs::write(&path, text).unwrap();
            let error = Secrets::read(&path).unwrap_err().to_string();
            assert!(error.contains("JSON object") && !error.contains("0123"), "{error}");
        }
    }

    #[test]
    fn an_address_of_the_environment_replaces_the_provider_s() {
        let environment = BTreeMap::from([
            ("CHUTES_API_KEY".to_owned(), "cpk-0123456789".to_owned()),
            ("CHUTES_BASE_URL".to_owned(), "http://127.0.0.1:1/v1/".to_owned()),
        ]);
        let found = choices(&environment, &Secrets::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].base_url, "http://127.0.0.1:1/v1");
    }
}
