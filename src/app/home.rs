//! What an agent's program finds on its own: its home with its login and the files of its recipe, and where the program itself is.

use std::path::{Path, PathBuf};

use super::App;
use crate::agent::{AgentTable, Home};
use crate::sys::files::{self, FileError};

impl App {
    /// The agent's own home, with its login and what its recipe puts there. `has_key` says that a key for Gemini is in its environment.
    ///
    /// # Errors
    ///
    /// When the folder or a file in it cannot be written.
    pub fn prepare_home(
        &self,
        table: &AgentTable,
        recipe: &[(PathBuf, String)],
        has_key: bool,
    ) -> Result<Home, FileError> {
        let dir = self.confiner.agent_home(&table.name);
        let program = table.argv.first().map(String::as_str).unwrap_or_default();
        let operator = self.environment.get("HOME").map(Path::new);
        let home = Home::prepare(&dir, program, operator, has_key)?;
        for (path, text) in recipe {
            write_unled(&dir, path, text)?;
        }
        Ok(home)
    }

    /// An agent's table with its program where it is: a relative one is the operator's where the root has it (`./scripts/house-bot.sh`
    /// beside the configuration), else the repository's own.
    pub fn located(&self, table: &AgentTable) -> AgentTable {
        let mut table = table.clone();
        if let Some(program) = table.argv.first_mut()
            && program.contains('/')
            && self.settings.root.join(&*program).is_file()
        {
            *program = self.settings.root.join(&*program).display().to_string();
        }
        table
    }
}

/// Writes a file of ours where an agent may have put links that lead elsewhere: these are removed first.
fn write_unled(home: &Path, path: &Path, text: &str) -> Result<(), FileError> {
    let below_home = path.ancestors().take_while(|part| *part != home && part.starts_with(home));
    for part in below_home {
        if part.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            files::remove(part)?;
        }
    }
    if let Some(folder) = path.parent() {
        files::make_dir(folder)?;
    }
    files::replace(path, text.as_bytes())
}
