//! The three evidence blocks of seed 000 as they are written: `planning_research`, `production_feedback`, `outcome_attribution`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{Flag, Unused, Words, choice};

choice! {
    /// How far a piece of evidence may be believed; the lowest is the smallest.
    TrustLevel {
        /// Hardly.
        Low = "low",
        /// With care.
        Medium = "medium",
        /// As a fact.
        High = "high",
    }
}

choice! {
    /// Who may see a piece of evidence.
    Privacy {
        /// Everybody.
        Public = "public",
        /// The organisation.
        Internal = "internal",
        /// Few.
        Restricted = "restricted",
        /// Nobody else.
        Private = "private",
        /// Nobody else.
        Confidential = "confidential",
        /// Nobody else; about persons.
        Sensitive = "sensitive",
    }
}

choice! {
    /// What a piece of evidence tells about.
    SignalClass {
        /// Measured use.
        Analytics = "analytics",
        /// What users say.
        UserFeedback = "user_feedback",
        /// What was seen in the product.
        ProductInspection = "product_inspection",
        /// Incidents and service levels.
        IncidentSlo = "incident_slo",
        /// The market; from the older `planning_signals`.
        MarketSignal = "market_signal",
    }
}

choice! {
    /// How a source is read.
    SourceType {
        /// By HTTPS from an allowed domain.
        Web = "web",
        /// From a file.
        File = "file",
    }
}

/// Takes what is set above, else what is set below.
pub(super) trait Over {
    /// `self` wins key by key.
    fn over(self, below: Self) -> Self;
}

macro_rules! block {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default, expecting = "a map of keys")]
        pub(super) struct $name {
            $($(#[$field_meta])* #[serde(skip_serializing_if = "Option::is_none")] pub(super) $field: Option<$type>,)*
        }

        impl $name {
            /// Every key of this block.
            pub(super) const KEYS: &'static [&'static str] = &[$(stringify!($field),)*];
        }

        impl Over for $name {
            fn over(self, below: Self) -> Self {
                Self { $($field: self.$field.or(below.$field),)* }
            }
        }
    };
}
pub(super) use block;

block! {
    /// Bounded reading before a sprint is planned.
    RawResearch {
        /// Whether it is done; default false.
        enabled: Flag,
        /// A younger artefact is used again; default 72.
        max_age_hours: f64,
        /// At most so many sources; default 4.
        max_sources: usize,
        /// At most so much of each; default 4000.
        max_source_chars: usize,
        /// Hosts (and those below them) that may be read; default none.
        allowed_domains: Words,
        /// Name of the artefact; default `PLANNING_RESEARCH.md`.
        artifact_file: String,
        /// What to read.
        sources: Vec<RawSource>,
        /// Not used: there is no search step.
        #[schemars(skip)]
        dynamic_search: Unused,
    }
}

block! {
    /// A page or file to read before planning.
    RawSource {
        /// Its name; default its address.
        name: String,
        /// web or file; default by `url` or `path`.
        r#type: SourceType,
        /// What it is, for example `official_docs`, competitor, `repo_reference`.
        kind: String,
        /// Its address, https only.
        url: String,
        /// Its path, relative to the repository.
        path: String,
    }
}

block! {
    /// Evidence from production that planning may use.
    RawFeedback {
        /// Whether it is gathered; default false.
        enabled: Flag,
        /// A younger artefact is used again; default 24.
        max_age_hours: f64,
        /// Older evidence is guarded; default three times `max_age_hours`.
        stale_after_hours: f64,
        /// Less trusted evidence is guarded; default medium.
        minimum_trust_level: TrustLevel,
        /// Other evidence is guarded; default `[public]`.
        allowed_privacy_levels: Vec<Privacy>,
        /// At most so many inputs; default 6.
        max_inputs: usize,
        /// At most so much of each; default 4000.
        max_source_chars: usize,
        /// Hosts (and those below them) that may be read; default none.
        allowed_domains: Words,
        /// Name of the artefact; default `PRODUCTION_FEEDBACK.md`.
        artifact_file: String,
        /// What to read.
        inputs: Vec<RawInput>,
    }
}

block! {
    /// A page or file with evidence from production.
    RawInput {
        /// Its name; default its address.
        name: String,
        /// web or file; default by `url` or `path`.
        r#type: SourceType,
        /// What it tells about; `input_type` in older files.
        #[serde(alias = "input_type")]
        signal_class: SignalClass,
        /// Its address, https only.
        url: String,
        /// Its path, relative to the repository.
        path: String,
        /// When it was observed, RFC 3339.
        observed_at: String,
        /// Where it comes from.
        provenance: String,
        /// How far it may be believed; absent = guarded.
        trust_level: TrustLevel,
        /// Why.
        trust_note: String,
        /// Who may see it; absent = guarded.
        privacy: Privacy,
        /// Why.
        privacy_note: String,
    }
}

block! {
    /// Measuring what merged work changed.
    RawAttribution {
        /// Whether it is done; default false.
        enabled: Flag,
        /// At most so much of each source; default 4000.
        max_source_chars: usize,
        /// Hosts (and those below them) that may be read; default none.
        allowed_domains: Words,
        /// What can be measured.
        checks: Vec<RawCheck>,
    }
}

block! {
    /// Something that can be measured after a merge.
    RawCheck {
        /// The id by which issues name it.
        id: String,
        /// Its name; default its id.
        name: String,
        /// web or file; default by `url` or `path`.
        r#type: SourceType,
        /// Its address, https only.
        url: String,
        /// Its path, relative to the repository.
        path: String,
        /// How long after the merge it is measured; default 7.
        measurement_window_days: f64,
        /// What is compared with what.
        comparison_window: String,
        /// Only for issues with one of these labels; default all.
        labels: Words,
    }
}
