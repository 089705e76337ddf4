//! What went wrong, for people: the message, its causes, the hint; and the exit code that says who must act.

use crate::app::BuildError;
use crate::config::ConfigError;
use crate::jobs::commands::ApproveError;
use crate::jobs::control::ControlError;
use crate::jobs::why::LookError;
use crate::prompt::PromptError;
use crate::sys::files::FileError;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) code: u8,
}

impl Fault {
    /// Usage or configuration: the operator must act.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: 2 }
    }

    /// Something failed: somebody should look.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: 1 }
    }

    /// The next run may simply try again.
    pub(super) fn temporary(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: 75 }
    }

    /// With advice.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        let hint = error.hint.clone();
        Self { message: error.to_string(), hint, code: 2 }
    }
}

impl From<BuildError> for Fault {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Config(error) => (*error).into(),
            BuildError::Unsupported { message, hint } => Self::usage(message).hint(hint),
            BuildError::Prompt(error) => error.into(),
            BuildError::File(error) => error.into(),
        }
    }
}

impl From<PromptError> for Fault {
    fn from(error: PromptError) -> Self {
        Self::usage(error.to_string())
            .hint("mend the file, or remove it to use the built-in one; see docs/prompts.md")
    }
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        let code = if error.is_temporary() { 75 } else { 1 };
        Self { message: error.to_string(), hint: None, code }
    }
}

impl From<ControlError> for Fault {
    fn from(error: ControlError) -> Self {
        let message = error.to_string();
        match error {
            ControlError::Unknown(_) => Self::usage(message),
            ControlError::NotNow(_) | ControlError::Over(_) | ControlError::Mailbox(_) => {
                Self::failed(message)
            }
            ControlError::File(error) => error.into(),
            ControlError::Untold(..) => {
                Self::temporary(message).hint("the next `agentos dispatch` tells it")
            }
        }
    }
}

impl From<LookError> for Fault {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Unknown(message) => Self::usage(message),
            LookError::Unreadable(message) => Self::failed(message),
            LookError::Away(message) => Self::temporary(message),
        }
    }
}

impl From<crate::host::HostError> for Fault {
    fn from(error: crate::host::HostError) -> Self {
        use crate::host::HostError;
        let message = error.to_string();
        match error {
            HostError::Denied { .. } | HostError::Moved { .. } => {
                let mend = error.mend().unwrap_or_default().to_owned();
                Self::failed(message).hint(mend)
            }
            HostError::Unavailable { .. } | HostError::RateLimited { .. } => {
                Self::temporary(message)
            }
            _ => Self::failed(message),
        }
    }
}

impl From<crate::mailbox::MailboxError> for Fault {
    fn from(error: crate::mailbox::MailboxError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<crate::git::GitError> for Fault {
    fn from(error: crate::git::GitError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<crate::effects::EffectError> for Fault {
    fn from(error: crate::effects::EffectError) -> Self {
        let code = if error.is_temporary() { 75 } else { 1 };
        Self { message: error.to_string(), hint: None, code }
    }
}

impl From<ApproveError> for Fault {
    fn from(error: ApproveError) -> Self {
        match error {
            ApproveError::Refused(message) | ApproveError::NotNow(message) => Self::failed(message),
            ApproveError::Host(error) => error.into(),
            ApproveError::Mailbox(error) => error.into(),
        }
    }
}

impl From<crate::jobs::merge_by_hand::MergeError> for Fault {
    fn from(error: crate::jobs::merge_by_hand::MergeError) -> Self {
        use crate::jobs::merge_by_hand::MergeError;
        match error {
            MergeError::Refused(message) => Self::failed(message),
            MergeError::Trouble(message) => Self::temporary(message),
        }
    }
}
