//! The templates: built in, or the operator's of the same name. A broken one is an error that names file and line; the built-in one never takes
//! its place in silence.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use minijinja::{Environment, Error, UndefinedBehavior, Value};

use super::{brief, evidence, execution, groom, plan};
use crate::sys::files;
use crate::text::similar;

/// Templates are texts for people to write; a larger file is something else.
const MAX_BYTES: u64 = 256 * 1024;

/// Every template by its name.
const BUILT_IN: [(&str, &str); 11] = [
    ("layout.md", include_str!("templates/layout.md")),
    ("first_attempt.md", include_str!("templates/first_attempt.md")),
    ("follow_up.md", include_str!("templates/follow_up.md")),
    ("second_chance.md", include_str!("templates/second_chance.md")),
    ("repair.md", include_str!("templates/repair.md")),
    ("conflict.md", include_str!("templates/conflict.md")),
    ("brief.md", include_str!("templates/brief.md")),
    ("digest.md", include_str!("templates/digest.md")),
    ("outcome.md", include_str!("templates/outcome.md")),
    ("plan.md", include_str!("templates/plan.md")),
    ("groom.md", include_str!("templates/groom.md")),
];

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the prompt template {}{}: {reason}", .file.display(), .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct PromptError {
    /// The file.
    pub file: PathBuf,
    /// The line, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// The templates of an installation, read and tried out.
pub struct Prompts {
    /// Filled when a template is first needed: an idle run needs none.
    environment: OnceCell<Environment<'static>>,
    folder: PathBuf,
    overridden: Vec<String>,
}

impl Prompts {
    /// Reads the operator's templates from a folder, which need not exist, and tries out every purpose. Where there are none, those that are
    /// built in, which tests have tried, are left until one is needed.
    ///
    /// # Errors
    ///
    /// When a file there is no template of ours, cannot be read, has a fault, or names what does not exist.
    pub fn load(folder: &Path) -> Result<Self, PromptError> {
        let mut prompts = Self {
            environment: OnceCell::new(),
            folder: folder.to_owned(),
            overridden: Vec::new(),
        };
        let own = own_templates(folder)?;
        if own.is_empty() {
            return Ok(prompts);
        }
        let mut environment = prompts.built_in_environment()?;
        for name in own {
            let path = folder.join(&name);
            let fault = |reason| PromptError { file: path.clone(), line: None, reason };
            if !BUILT_IN.iter().any(|(known, _)| *known == name) {
                return Err(fault(unknown_name(&name)));
            }
            let text = files::read_text(&path, MAX_BYTES).map_err(|e| fault(e.to_string()))?;
            prompts.overridden.push(name.clone());
            prompts.add(&mut environment, &name, &text)?;
        }
        prompts.environment = OnceCell::from(environment);
        prompts.try_out()?;
        Ok(prompts)
    }

    /// Fills in every template once.
    fn try_out(&self) -> Result<(), PromptError> {
        execution::try_out(self)?;
        brief::try_out(self)?;
        evidence::try_out(self)?;
        plan::try_out(self)?;
        groom::try_out(self)
    }

    /// The templates that are built in.
    ///
    /// # Errors
    ///
    /// None that a test would not have found.
    pub fn built_in() -> Result<Self, PromptError> {
        Self::load(Path::new(""))
    }

    /// The names of the operator's templates.
    pub fn overridden(&self) -> &[String] {
        &self.overridden
    }

    fn built_in_environment(&self) -> Result<Environment<'static>, PromptError> {
        let mut environment = environment();
        for (name, text) in BUILT_IN {
            self.add(&mut environment, name, text)?;
        }
        Ok(environment)
    }

    fn add(
        &self,
        environment: &mut Environment<'static>,
        name: &str,
        text: &str,
    ) -> Result<(), PromptError> {
        let added = environment.add_template_owned(name.to_owned(), text.to_owned());
        added.map_err(|error| self.fault(name, &error))
    }

    /// Fills a template in.
    pub(super) fn render(&self, name: &str, values: Value) -> Result<String, PromptError> {
        let environment = if let Some(environment) = self.environment.get() {
            environment
        } else {
            let built_in = self.built_in_environment()?;
            self.environment.get_or_init(|| built_in)
        };
        let template = environment.get_template(name);
        let text = template.and_then(|template| template.render(values));
        text.map_err(|error| self.fault(name, &error))
    }

    fn fault(&self, name: &str, error: &Error) -> PromptError {
        // A fault in a layout shows as one of the template that uses it: the innermost cause knows the place.
        let mut innermost = error;
        let mut next = std::error::Error::source(error);
        while let Some(cause) = next {
            if let Some(cause) = cause.downcast_ref::<Error>() {
                innermost = cause;
            }
            next = cause.source();
        }
        let name = innermost.name().unwrap_or(name);
        let detail = innermost.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        let file = if self.overridden.iter().any(|own| own == name) {
            self.folder.join(name)
        } else {
            PathBuf::from(format!("{name} (built in)"))
        };
        PromptError {
            file,
            line: innermost.line(),
            reason: format!("{}{detail}", innermost.kind()),
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// The templates in a folder, by name; a folder that is not there has none.
fn own_templates(folder: &Path) -> Result<Vec<String>, PromptError> {
    if folder.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let fault = |error: std::io::Error| PromptError {
        file: folder.to_owned(),
        line: None,
        reason: error.to_string(),
    };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(fault)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(fault)?.file_name().to_string_lossy().into_owned();
        let is_template = Path::new(&name).extension().is_some_and(|end| end == "md");
        if is_template && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn unknown_name(name: &str) -> String {
    let known = BUILT_IN.map(|(name, _)| name);
    match similar::nearest(name, known) {
        Some(near) => format!("there is no such template; did you mean `{near}`?"),
        None => format!("there is no such template; there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_template_can_be_filled_in() {
        let prompts = Prompts::built_in().unwrap();
        assert_eq!(prompts.try_out(), Ok(()));
        let environment = prompts.environment.get().unwrap();
        assert_eq!(environment.templates().count(), BUILT_IN.len());
    }

    #[test]
    fn templates_are_read_when_one_is_needed() {
        let prompts = Prompts::built_in().unwrap();
        assert!(prompts.environment.get().is_none());
    }
}
