//! The environment an agent sees: made from an allow-list, never the operator's with something taken away.

use std::collections::BTreeMap;

use super::table::AgentTable;

/// What every agent gets when the operator has it.
const BASE: [&str; 15] = [
    "PATH",
    "HOME",
    "LANG",
    "TERM",
    "TMPDIR",
    "USER",
    "LOGNAME",
    "SHELL",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// What no agent gets, even when a table names it: the keys to the code host and to people's phones, and the way to
/// the configuration.
const NEVER: [&str; 8] = [
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "AGENTOS_CONFIG",
    "AGENT_OS_CONFIG",
    "AGENTOS_ROOT",
    "ORCH_ROOT",
];

/// Whether no agent may get this variable, so that naming it in a configuration is an error.
pub fn is_withheld(name: &str) -> bool {
    NEVER.contains(&name) || name.starts_with("TELEGRAM_")
}

/// An agent's whole environment: the base list and the table's names out of `base` (everything that the operator
/// has), the table's fixed values, then `extra`, which wins.
pub fn child_environment(
    base: &BTreeMap<String, String>,
    table: &AgentTable,
    extra: &[(&str, String)],
) -> BTreeMap<String, String> {
    let is_wanted = |name: &str| {
        BASE.contains(&name)
            || name == "ALL_PROXY"
            || name.starts_with("LC_")
            || table.env.iter().any(|wanted| wanted == name)
    };
    let mut child: BTreeMap<String, String> = base
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .chain(&table.set)
        .filter(|(name, _)| !is_withheld(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // cron gives neither; several agents stop without a user name.
    let user = ["USER", "LOGNAME"].iter().find_map(|name| child.get(*name)).cloned();
    let user = user.unwrap_or_else(|| "agent".to_owned());
    for name in ["USER", "LOGNAME"] {
        child.entry(name.to_owned()).or_insert_with(|| user.clone());
    }
    child.entry("TERM".to_owned()).or_insert_with(|| "dumb".to_owned());
    child.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    child
}

/// The environment of `test_command` and `ci_command`: the base list, and the names that the operator passes on (`command_env`).
pub fn command_environment(
    base: &BTreeMap<String, String>,
    names: &[String],
) -> BTreeMap<String, String> {
    let is_wanted = |name: &str| {
        BASE.contains(&name)
            || name == "ALL_PROXY"
            || name.starts_with("LC_")
            || names.iter().any(|wanted| wanted == name)
    };
    let mut child: BTreeMap<String, String> = base
        .iter()
        .filter(|(name, _)| is_wanted(name) && !is_withheld(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    child.insert("CI".to_owned(), "true".to_owned());
    child.entry("TERM".to_owned()).or_insert_with(|| "dumb".to_owned());
    child
}

#[cfg(test)]
mod tests {
    use super::super::builtin::builtin;
    use super::*;

    fn operator(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_is_on_the_list_or_named_by_the_table_passes() {
        let base = operator(&[
            ("PATH", "/bin"),
            ("HOME", "/home/dev"),
            ("USER", "dev"),
            ("LC_ALL", "C.UTF-8"),
            ("https_proxy", "http://proxy"),
            ("ALL_PROXY", "http://proxy"),
            ("OPENAI_API_KEY", "k"),
            ("ANTHROPIC_API_KEY", "other"),
            ("SSH_AUTH_SOCK", "/run/agent"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("LD_PRELOAD", "x.so"),
        ]);
        let codex = builtin("codex").unwrap();
        let child = child_environment(&base, &codex, &[("AGENTOS_TASK_ID", "web-42".to_owned())]);
        let names: Vec<&str> = child.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "AGENTOS_TASK_ID",
                "ALL_PROXY",
                "HOME",
                "LC_ALL",
                "LOGNAME",
                "OPENAI_API_KEY",
                "PATH",
                // Its own setting, not the operator's.
                "RUST_LOG",
                "TERM",
                "USER",
                "https_proxy"
            ]
        );
        assert_eq!(child["LOGNAME"], "dev");
        assert_eq!(child["TERM"], "dumb");
    }

    #[test]
    fn tokens_and_the_configuration_stay_out_even_when_a_table_names_them() {
        let secrets = [
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "TELEGRAM_BOT_TOKEN",
            "TELEGRAM_CHAT_ID",
            "AGENTOS_CONFIG",
            "AGENT_OS_CONFIG",
            "AGENTOS_ROOT",
        ];
        let base = operator(&secrets.map(|name| (name, "secret")));
        let mut table = builtin("codex").unwrap();
        table.env.extend(secrets.map(str::to_owned));
        table.set.extend(secrets.map(|name| (name.to_owned(), "secret".to_owned())));
        let child = child_environment(&base, &table, &[]);
        assert!(child.values().all(|value| value != "secret"), "{child:?}");
    }

    #[test]
    fn what_the_run_sets_wins() {
        let base = operator(&[("TMPDIR", "/tmp"), ("IS_SANDBOX", "0")]);
        let claude = builtin("claude").unwrap();
        let child = child_environment(&base, &claude, &[("TMPDIR", "/run/tmp".to_owned())]);
        assert_eq!((child["TMPDIR"].as_str(), child["IS_SANDBOX"].as_str()), ("/run/tmp", "1"));
        assert_eq!(child["USER"], "agent");
    }
}
