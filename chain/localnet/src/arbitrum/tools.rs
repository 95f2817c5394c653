//! Where anvil and the contracts are.

use super::ArbitrumError;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Names anvil's program where it is not the one beside the contracts.
const ANVIL: &str = "OXEN_ANVIL";
/// Names the folder of the contracts where it is neither in the folder that the program is started in nor above it.
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
        let named = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let contracts = match named(CONTRACTS) {
            Some(folder) => folder,
            None => above(&env::current_dir()?).ok_or_else(|| missing("contracts/foundry.toml"))?,
        };
        let anvil = match named(ANVIL) {
            Some(program) => program,
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

/// The contracts of the clone that a folder belongs to. Where the program was built says nothing: what is built outlives a clone
/// and serves the next one.
fn above(folder: &Path) -> Option<PathBuf> {
    let contracts = folder.ancestors().map(|folder| folder.join("contracts"));
    contracts
        .into_iter()
        .find(|contracts| contracts.join("foundry.toml").is_file())
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
        output: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_contracts_are_those_of_the_clone_one_stands_in() {
        let clone = tempfile::tempdir().unwrap();
        let inside = clone.path().join("chain/localnet");
        fs::create_dir_all(&inside).unwrap();
        assert_eq!(above(&inside), None);
        let contracts = clone.path().join("contracts");
        fs::create_dir(&contracts).unwrap();
        fs::write(contracts.join("foundry.toml"), "").unwrap();
        assert_eq!(above(&inside), Some(contracts));
    }

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
