//! What the daemon says of names (rpc §3.9).

use super::{Daemon, DaemonError, client::check};
use oxen_crypto::AddressPrefixes;
use oxen_names::{
    NameEntry, NameKind,
    name::{hash_text, parse_hash},
    owner::parse_owner,
};
use oxen_rpc::types::names::{
    FoundName, NameQuery, NamesToOwnersAnswer, NamesToOwnersRequest, OwnersToNamesAnswer, OwnersToNamesRequest,
};
use oxen_types::{Hash, Height};

const BY_NAME: &str = "ons_names_to_owners";
const BY_OWNER: &str = "ons_owners_to_names";
/// Most owners of one request (rpc §1.4).
const OWNERS_AT_ONCE: usize = 256;

impl Daemon {
    /// The rows of one name in these registers that are not expired.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn names(
        &self,
        hash: &Hash,
        kinds: &[NameKind],
        prefixes: &AddressPrefixes,
    ) -> Result<Vec<NameEntry>, DaemonError> {
        let query = NameQuery {
            name_hash: hash_text(hash),
            types: kinds.iter().map(|kind| u64::from(kind.number())).collect(),
        };
        let request = NamesToOwnersRequest {
            entries: vec![query],
            ..NamesToOwnersRequest::default()
        };
        let answer: NamesToOwnersAnswer = self.connection().call(BY_NAME, request).await?;
        check(BY_NAME, &answer.status)?;
        let rows = answer.entries.into_iter().map(|found| row(found, prefixes, BY_NAME));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        match rows
            .iter()
            .find(|row| row.name_hash != *hash || !kinds.contains(&row.kind))
        {
            Some(_) => Err(unreadable(BY_NAME, "it is another name than was asked for")),
            None => Ok(rows),
        }
    }

    /// Every name of these owners that is not expired, each once.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn names_of(&self, owners: &[String], prefixes: &AddressPrefixes) -> Result<Vec<NameEntry>, DaemonError> {
        let mut rows: Vec<NameEntry> = Vec::new();
        for part in owners.chunks(OWNERS_AT_ONCE) {
            let request = OwnersToNamesRequest {
                entries: part.to_vec(),
                include_expired: false,
            };
            let answer: OwnersToNamesAnswer = self.connection().call(BY_OWNER, request).await?;
            check(BY_OWNER, &answer.status)?;
            for found in answer.entries {
                let row = row(found, prefixes, BY_OWNER)?;
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
        }
        Ok(rows)
    }
}

fn row(found: FoundName, prefixes: &AddressPrefixes, method: &'static str) -> Result<NameEntry, DaemonError> {
    let owner = |text: &str| parse_owner(text, prefixes).map_err(|error| unreadable(method, error.to_string()));
    Ok(NameEntry {
        kind: NameKind::from_number(found.kind.into())
            .ok_or_else(|| unreadable(method, "there is no such kind of name"))?,
        name_hash: parse_hash(&found.name_hash).map_err(|error| unreadable(method, error.to_string()))?,
        encrypted_value: found.encrypted_value.0,
        transaction: found.txid,
        owner: owner(&found.owner)?,
        backup_owner: found.backup_owner.as_deref().map(owner).transpose()?,
        update_height: Height::new(found.update_height),
        expiration: found.expiration_height.map(Height::new),
    })
}

fn unreadable(method: &'static str, reason: impl Into<String>) -> DaemonError {
    DaemonError::Unreadable {
        method,
        reason: reason.into(),
    }
}
