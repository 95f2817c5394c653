//! Reading one JSON file of a directory, plain or gzipped, with a bound on its size.

use crate::error::ConformanceError;
use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// Most bytes of JSON that are read of one file.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// A directory of recorded files; remembers which were asked for.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    present: BTreeSet<String>,
    read: BTreeSet<String>,
    absent: Vec<AbsentFile>,
}

/// An optional file that is not there, or has no entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentFile {
    /// Its name.
    pub name: &'static str,
    /// What is not compared without it.
    pub consequence: &'static str,
}

impl Directory {
    /// Lists a directory.
    ///
    /// # Errors
    /// It is none, or cannot be listed.
    pub fn open(path: &Path) -> Result<Self, ConformanceError> {
        if !path.is_dir() {
            return Err(ConformanceError::NotADirectory { path: path.to_owned() });
        }
        let unlistable = |source| ConformanceError::Unlistable {
            path: path.to_owned(),
            source,
        };
        let mut present = BTreeSet::new();
        for entry in fs::read_dir(path).map_err(unlistable)? {
            present.insert(entry.map_err(unlistable)?.file_name().to_string_lossy().into_owned());
        }
        Ok(Self {
            path: path.to_owned(),
            present,
            read: BTreeSet::new(),
            absent: Vec::new(),
        })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file that must be there.
    ///
    /// # Errors
    /// It is missing, unreadable or not of the form.
    pub fn required<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        needed_for: &'static str,
    ) -> Result<T, ConformanceError> {
        let path = self.find(name)?.ok_or_else(|| ConformanceError::MissingFile {
            directory: self.path.clone(),
            name,
            needed_for,
        })?;
        parse(&path)
    }

    /// Reads a file that may be absent, and notes it if it is.
    ///
    /// # Errors
    /// It is there but unreadable or not of the form.
    pub fn optional<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        consequence: &'static str,
    ) -> Result<Option<T>, ConformanceError> {
        let Some(path) = self.find(name)? else {
            self.absent.push(AbsentFile { name, consequence });
            return Ok(None);
        };
        parse(&path).map(Some)
    }

    /// Reads a list that may be absent; one without entries proves nothing and counts as absent.
    ///
    /// # Errors
    /// It is there but unreadable or not of the form.
    pub fn optional_list<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        consequence: &'static str,
    ) -> Result<Option<Vec<T>>, ConformanceError> {
        let list = self.optional::<Vec<T>>(name, consequence)?;
        if list.as_ref().is_some_and(Vec::is_empty) {
            self.absent.push(AbsentFile { name, consequence });
            return Ok(None);
        }
        Ok(list)
    }

    /// The text of a file that must be there.
    ///
    /// # Errors
    /// It is missing or unreadable.
    pub fn required_text(&mut self, name: &'static str, needed_for: &'static str) -> Result<String, ConformanceError> {
        let path = self.find(name)?.ok_or_else(|| ConformanceError::MissingFile {
            directory: self.path.clone(),
            name,
            needed_for,
        })?;
        let bytes = read(&path)?;
        String::from_utf8(bytes).map_err(|error| ConformanceError::Unreadable {
            path,
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, error),
        })
    }

    /// Optional files that were asked for and are not there, or have no entries.
    #[must_use]
    pub fn absent(&self) -> &[AbsentFile] {
        &self.absent
    }

    /// Files that nobody asked for.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        self.present.difference(&self.read).map(String::as_str)
    }

    fn find(&mut self, name: &'static str) -> Result<Option<PathBuf>, ConformanceError> {
        let compressed = format!("{name}.gz");
        let found = match (self.present.contains(name), self.present.contains(&compressed)) {
            (true, true) => {
                return Err(ConformanceError::TwoForms {
                    directory: self.path.clone(),
                    name,
                });
            }
            (true, false) => name.to_owned(),
            (false, true) => compressed,
            (false, false) => return Ok(None),
        };
        let path = self.path.join(&found);
        self.read.insert(found);
        Ok(Some(path))
    }
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, ConformanceError> {
    let bytes = read(path)?;
    serde_json::from_slice(&bytes).map_err(|source| ConformanceError::Malformed {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ConformanceError> {
    let unreadable = |source| ConformanceError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES.saturating_add(1);
    if path.extension().is_some_and(|extension| extension == "gz") {
        MultiGzDecoder::new(file).take(limit).read_to_end(&mut bytes)
    } else {
        file.take(limit).read_to_end(&mut bytes)
    }
    .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ConformanceError::TooLarge {
            path: path.to_owned(),
            limit: MAX_FILE_BYTES,
        });
    }
    Ok(bytes)
}
