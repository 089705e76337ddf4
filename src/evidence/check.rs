//! Every objective and every evidence file of an installation, looked at for `config check`.

use std::path::{Path, PathBuf};

use super::fetch::Domains;
use super::{EvidenceError, Places, load_objective, locate, read_measurement};
use crate::domain::objective::{Objective, Place};

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
                checked.warnings.extend(out_of_reach(&path, &loaded.objective, evidence));
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

/// Absolute paths of an objective that lie where no evidence is read; where relative ones lie depends on the repository.
fn out_of_reach(file: &Path, objective: &Objective, evidence_dir: &Path) -> Vec<String> {
    let places = Places { evidence_dir: evidence_dir.to_owned(), ..Places::default() };
    let of_metric = |metric: &crate::domain::objective::Metric| {
        let source = metric.source.as_ref().map(|source| source.place.clone());
        let check = metric.outcome_check.as_ref().map(|check| check.place.clone());
        source.into_iter().chain(check).collect::<Vec<Place>>()
    };
    let mut warnings: Vec<String> = Vec::new();
    for place in objective.metrics.iter().flat_map(of_metric) {
        if let Place::File(path) = place
            && Path::new(&path).is_absolute()
            && let Err(error @ EvidenceError::Refused { .. }) = locate(&path, &places)
        {
            warnings.push(format!("{}: {error}", file.display()));
        }
    }
    warnings.dedup();
    warnings
}

/// What would keep a source from being read, as far as can be told without asking anybody.
pub fn obstacle(place: &Place, domains: &Domains, places: &Places) -> Option<String> {
    match place {
        Place::Web(address) => domains.check(address).err(),
        Place::File(path) => match locate(path, places) {
            Ok(_) => None,
            Err(EvidenceError::Refused { why, .. }) => Some(why),
            Err(EvidenceError::Absent(_)) => Some("there is no such file".to_owned()),
            Err(error) => Some(error.to_string()),
        },
    }
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
