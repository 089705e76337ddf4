//! Every objective and every evidence file of an installation, looked at for `config check`.

use std::path::{Path, PathBuf};

use super::{EvidenceError, load_objective, read_measurement};

/// What a look at all files found.
#[derive(Debug, Default)]
pub struct Checked {
    /// Objectives that were read.
    pub objectives: usize,
    /// Evidence files that were read.
    pub evidence: usize,
    /// Objectives that cannot be used: a person wrote them and can mend them.
    pub faults: Vec<EvidenceError>,
    /// Keys that nobody reads, and evidence that its exporter has to mend.
    pub warnings: Vec<String>,
}

/// Reads all of them. Folders that are not there have no files.
pub fn check(
    objectives: &Path,
    evidence: &Path,
    expand: &dyn Fn(&str) -> Result<String, String>,
) -> Checked {
    let mut checked = Checked::default();
    for path in yaml_files(objectives) {
        match load_objective(&path, expand) {
            Ok(loaded) => {
                checked.objectives += 1;
                checked.warnings.extend(loaded.warnings);
            }
            Err(error) => checked.faults.push(error),
        }
    }
    for path in folders(evidence).iter().flat_map(|folder| yaml_files(folder)) {
        match read_measurement(&path) {
            Ok(measurement) => {
                checked.evidence += 1;
                if measurement.observed_at.is_none() {
                    let path = path.display();
                    checked.warnings.push(format!(
                        "{path}: it does not say when it was observed (`observed_at`); the date of the file is taken"
                    ));
                }
            }
            Err(error) => checked.warnings.push(error.to_string()),
        }
    }
    checked
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let is_yaml = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") && path.is_file()
    };
    entries(folder).into_iter().filter(is_yaml).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_dir()).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
