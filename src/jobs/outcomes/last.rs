//! The last merge, as far as the end of the records tells.

use jiff::Timestamp;

use super::FILE;
use crate::app::App;
use crate::domain::outcome::{Kind, Record};
use crate::sys::files::{self, FileError};

/// How much of the end of the records is looked through: a thousand lines.
const TAIL_BYTES: u64 = 256 * 1024;

/// When the last change was merged; no records tell of no merge.
///
/// # Errors
///
/// When the records cannot be read.
pub(in crate::jobs) fn last_merge(app: &App) -> Result<Option<Timestamp>, FileError> {
    let path = app.runtime().join("metrics").join(FILE);
    let tail = files::read_end(&path, TAIL_BYTES)?;
    let tail = String::from_utf8_lossy(&tail);
    // A line that was cut off by the end of what is read, or torn by a crash, is none.
    let records = tail.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    Ok(records.filter(|record| record.kind == Kind::Merged).map(|record| record.timestamp).max())
}
