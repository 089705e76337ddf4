//! What a base branch demands before a merge, on whatever host.

/// A check that must be green.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredCheck {
    /// Its name.
    pub name: String,
    /// The app that must report it, by its number; `None` where anybody may.
    pub app: Option<u64>,
}

impl RequiredCheck {
    /// A check that anybody may report.
    pub fn by_anybody(name: impl Into<String>) -> Self {
        Self { name: name.into(), app: None }
    }
}

/// The demands of a base branch, from all its protections together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boundary {
    /// The checks that must be green, each once.
    pub required: Vec<RequiredCheck>,
    /// Whether a required check that is skipped or neutral counts as green here.
    pub accepts_skipped: bool,
    /// Whether the head must hold every commit of the base.
    pub up_to_date: bool,
    /// How many people with a say must approve.
    pub approvals: u32,
    /// Whether they must have approved exactly this head.
    pub approvals_of_head: bool,
    /// Demands that no merge of ours meets, or of which it cannot be seen whether they are met; in words.
    pub obstacles: Vec<String>,
}
