//! The values that keys take: closed choices, and forms that people write in more than one way.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Serialize};

use crate::text::yaml::Value;

macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$case_meta:meta])* $case:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$case_meta])* #[serde(rename = $word)] $case,)*
        }

        impl $name {
            /// The word in the configuration.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$case => $word,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(super) use choice;

choice! {
    /// How much is done for a repository without being asked.
    AutomationMode {
        /// Everything.
        Full = "full",
        /// Dispatch and pull requests only; no planner, groomer, merges or repairs.
        DispatcherOnly = "dispatcher_only",
    }
}

choice! {
    /// Who merges.
    MergePolicy {
        /// A person, always.
        Manual = "manual",
        /// A person first; we, once a person merged one of our green pull requests.
        SupervisedFirst = "supervised_first",
        /// We, whenever every condition holds.
        Auto = "auto",
    }
}

choice! {
    /// Where a repository's issues and pull requests are.
    HostKind {
        /// On GitHub or GitHub Enterprise.
        Github = "github",
        /// In Markdown files and a bare repository on this machine.
        Local = "local",
    }
}

choice! {
    /// How agents are confined.
    SandboxMode {
        /// By Landlock where the kernel has it; otherwise it is reported.
        Auto = "auto",
        /// By Landlock, or not at all started.
        Landlock = "landlock",
        /// By bubblewrap.
        Bwrap = "bwrap",
        /// Not.
        Off = "off",
    }
}

choice! {
    /// Whether a sprint waits for a person.
    PlanApproval {
        /// It does not.
        None = "none",
        /// It does.
        Required = "required",
    }
}

choice! {
    /// How an agent gets its prompt.
    PromptMode {
        /// By standard input.
        Stdin = "stdin",
        /// By the file that `AGENTOS_PROMPT_FILE` names.
        File = "file",
    }
}

choice! {
    /// The form of what an agent prints.
    Transcript {
        /// Text.
        Plain = "plain",
        /// Claude's JSON.
        Claude = "claude",
        /// Codex' JSON lines.
        Codex = "codex",
        /// Gemini's JSON.
        Gemini = "gemini",
    }
}

/// A command: a text for `/bin/sh -c`, or a program with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CommandLine {
    /// Runs under `/bin/sh -c`.
    Shell(String),
    /// Runs as it is; never empty.
    Argv(Vec<String>),
}

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = CommandLine;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command: a text, or a list of program and arguments")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CommandLine, E> {
                if text.trim().is_empty() || text.contains('\0') {
                    return Err(E::custom("the command is empty"));
                }
                Ok(CommandLine::Shell(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<CommandLine, A::Error> {
                let argv = Vec::<String>::deserialize(value::SeqAccessDeserializer::new(items))?;
                match argv.first() {
                    Some(program) if !program.is_empty() => Ok(CommandLine::Argv(argv)),
                    _ => Err(de::Error::custom("the command is empty")),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// A truth value, also as YAML 1.1 wrote it: `yes`, `no`, `on`, `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or `false`")
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Flag, E> {
                Ok(Flag(truth))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Flag, E> {
                match text.to_lowercase().as_str() {
                    "yes" | "on" | "true" => Ok(Flag(true)),
                    "no" | "off" | "false" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// A list of texts; a single text is a list of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Words(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Words, A::Error> {
                Vec::<String>::deserialize(value::SeqAccessDeserializer::new(items)).map(Words)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// A chain of agents as it is written: one for all priorities, or one for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Chain {
    /// For every priority.
    List(Vec<String>),
    /// By `high`, `normal`, `low`, or the labels `prio:…`.
    ByPriority(BTreeMap<String, Words>),
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Chain;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of agents, or a map from priority to such a list")
            }

            fn visit_str<E>(self, text: &str) -> Result<Chain, E> {
                Ok(Chain::List(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Chain, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(items)).map(Chain::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Chain, A::Error> {
                BTreeMap::deserialize(value::MapAccessDeserializer::new(entries))
                    .map(Chain::ByPriority)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// A key of the system that this one follows, which has no meaning here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Unused(pub(super) Value);

impl Unused {
    /// Whether it is a block that says `enabled: true`, or a plain `true`.
    pub(super) fn is_enabled(&self) -> bool {
        self.0.as_bool().or_else(|| self.0.get("enabled").and_then(Value::as_bool)) == Some(true)
    }
}

macro_rules! described {
    ($name:ident, $schema:tt) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }

            fn inline_schema() -> bool {
                true
            }
        }
    };
}

described!(Flag, { "type": "boolean" });
described!(Words, { "type": ["array", "string"], "items": { "type": "string" } });
described!(CommandLine, { "type": ["string", "array"], "items": { "type": "string" }, "minItems": 1 });
described!(Chain, {
    "type": ["array", "string", "object"],
    "items": { "type": "string" },
    "additionalProperties": { "type": "array", "items": { "type": "string" } }
});

impl CommandLine {
    /// What is started for it: standard error joins standard output, so that a log reads in the order in which it was written.
    pub fn argv(&self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        match self {
            Self::Shell(line) => words(&["/bin/sh", "-c", &format!("exec 2>&1\n{line}")]),
            Self::Argv(argv) => {
                let mut all = words(&["/bin/sh", "-c", "exec \"$@\" 2>&1", "sh"]);
                all.extend(argv.iter().cloned());
                all
            }
        }
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => f.write_str(line),
            Self::Argv(argv) => f.write_str(&argv.join(" ")),
        }
    }
}
