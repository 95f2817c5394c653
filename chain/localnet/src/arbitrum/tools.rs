//! Where anvil and the contracts are.

use super::ArbitrumError;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Names anvil's program where it is not the one beside the contracts.
const ANVIL: &str = "OXEN_ANVIL";
/// Names the folder of the contracts where it is not the one of the sources.
const CONTRACTS: &str = "OXEN_CONTRACTS";

/// Anvil and the contracts.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The program.
    pub(super) anvil: PathBuf,
    /// The folder with the sources, and what forge made of them in `out`.
    pub(super) contracts: PathBuf,
}

impl Tools {
    /// Finds them: what the environment names, or what npm installed beside the contracts' sources. Contracts that were not built
    /// yet, or whose sources changed, are built, which takes a minute.
    ///
    /// # Errors
    /// Something is missing, or forge fails.
    pub fn find() -> Result<Self, ArbitrumError> {
        let contracts = env::var_os(CONTRACTS).map_or_else(sources, PathBuf::from);
        let anvil = match env::var_os(ANVIL) {
            Some(program) => PathBuf::from(program),
            None => installed(&contracts, "anvil")?,
        };
        if !anvil.is_file() {
            return Err(missing(&anvil.display().to_string()));
        }
        build(&contracts)?;
        Ok(Self { anvil, contracts })
    }

    /// For tests that start nothing.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        Self {
            anvil: PathBuf::new(),
            contracts: PathBuf::new(),
        }
    }
}

/// The folder that this program was built from.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts")
}

fn missing(what: &str) -> ArbitrumError {
    ArbitrumError::Missing { what: what.to_owned() }
}

/// A program of Foundry: npm puts it into the package of the platform.
fn installed(contracts: &Path, name: &str) -> Result<PathBuf, ArbitrumError> {
    let packages = contracts.join("node_modules").join("@foundry-rs");
    let of_platform = |entry: std::fs::DirEntry| {
        let package = entry.file_name().into_string().ok()?;
        let program = entry.path().join("bin").join(name);
        (package.starts_with(&format!("{name}-")) && program.is_file()).then_some(program)
    };
    std::fs::read_dir(packages)
        .into_iter()
        .flatten()
        .flatten()
        .find_map(of_platform)
        .ok_or_else(|| missing(name))
}

/// Brings what forge built up to date. Without forge, what is there must do.
fn build(contracts: &Path) -> Result<(), ArbitrumError> {
    let forge = match installed(contracts, "forge") {
        Ok(forge) => forge,
        Err(_) if contracts.join("out").is_dir() => return Ok(()),
        Err(error) => return Err(error),
    };
    let output = Command::new(forge)
        .args(["build", "src"])
        .current_dir(contracts)
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(ArbitrumError::Build {
        folder: contracts.to_owned(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_program_is_in_the_package_of_the_platform() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            installed(folder.path(), "anvil"),
            Err(ArbitrumError::Missing { what }) if what == "anvil"
        ));
        let packages = folder.path().join("node_modules/@foundry-rs");
        for (package, file) in [
            ("anvil", "bin.mjs"),
            ("anvil-some-platform", "anvil"),
            ("forge-x", "forge"),
        ] {
            fs::create_dir_all(packages.join(package).join("bin")).unwrap();
            fs::write(packages.join(package).join("bin").join(file), "").unwrap();
        }
        let expected = packages.join("anvil-some-platform/bin/anvil");
        assert_eq!(installed(folder.path(), "anvil").unwrap(), expected);
    }
}
