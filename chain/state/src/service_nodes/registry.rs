//! The registry between tables and memory.
//!
//! A block needs every node (for quorums, leader, pay), so the transition works on the whole registry in memory. It follows
//! from the tables of a state and is the same for every state with the same newest block: [`RegistryCache`] keeps those of the
//! last few blocks by their ids, which share what did not change.

use super::tables::{
    BlacklistRow, KeyImageBlacklist, LockedKeyImages, Quorums, RemovedNodes, SentRequirement, ServiceNodeRecords,
    ServiceNodeStakes, UnregisteredStakes,
};
use crate::{
    bridge::payments,
    delta::{Overlay, scan_rows},
    table::{Table, TableId},
    tables::{Blocks, Totals},
    view::{TypedView, View, ViewError},
};
use oxen_staking_rules::{
    Registry, ServiceNode,
    registry::{BlacklistedStake, BridgeStakes, NodeChange, RegistryUpdate, RequirementChange, Stake},
};
use oxen_types::{Hash, Height, KeyImage, PublicKey, bytes::BlsPublicKey};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Blocks for which quorums are kept: two weeks of mainnet. Votes need sixty; the rest is for readers.
pub const QUORUM_HISTORY_BLOCKS: u64 = 10_080;

/// The service node on which the output with this key image is staked; the one of the lowest key should there be several.
///
/// # Errors
/// The state could not be read.
pub fn locking_node(view: &dyn View, image: &KeyImage) -> Result<Option<PublicKey>, ViewError> {
    let nodes = view.get::<LockedKeyImages>(image)?;
    Ok(nodes.and_then(|nodes| nodes.first().copied()))
}

/// The height of the block that lets a blacklisted stake go, above which it may be spent; `None` when it is not blacklisted.
///
/// # Errors
/// The state could not be read.
pub fn blacklisted_until(view: &dyn View, image: &KeyImage) -> Result<Option<Height>, ViewError> {
    let rows = view.get::<KeyImageBlacklist>(image)?.unwrap_or_default();
    Ok(rows.iter().map(|row| row.stake.unlock_height).max())
}

/// Reads the whole registry.
///
/// # Errors
/// The state could not be read.
pub fn load(view: &dyn View) -> Result<Registry, ViewError> {
    let records = scan_rows::<ServiceNodeRecords>(view, &[], &[], usize::MAX)?;
    let stakes = scan_rows::<ServiceNodeStakes>(view, &[], &[], usize::MAX)?;
    if records.len() != stakes.len() {
        return Err(ViewError::Missing {
            table: TableId::ServiceNodeStakes,
        });
    }
    let mut nodes = Vec::with_capacity(records.len());
    for ((key, record), (stake_key, stake)) in records.into_iter().zip(stakes) {
        if key != stake_key {
            return Err(ViewError::Missing {
                table: TableId::ServiceNodeStakes,
            });
        }
        let node = ServiceNode {
            record,
            stake: Arc::new(stake),
        };
        nodes.push((node_key(&key)?, Arc::new(node)));
    }
    let mut blacklist: Vec<BlacklistRow> = scan_rows::<KeyImageBlacklist>(view, &[], &[], usize::MAX)?
        .into_iter()
        .flat_map(|(_, rows)| rows)
        .collect();
    blacklist.sort_by_key(|row| (row.since, row.position));
    let stakes = blacklist.into_iter().map(|row| row.stake);
    Ok(Registry::new(nodes, stakes).with_bridge(load_bridge(view)?))
}

/// What is known of stakes on L2 beside the nodes.
fn load_bridge(view: &dyn View) -> Result<BridgeStakes, ViewError> {
    let mut bridge = BridgeStakes {
        requirement: view.get::<SentRequirement>(&())?,
        ..BridgeStakes::default()
    };
    for (key, node) in scan_rows::<RemovedNodes>(view, &[], &[], usize::MAX)? {
        bridge
            .removed
            .insert_mut(bls_key(&key, RemovedNodes::ID)?, Arc::new(node));
    }
    for (key, stake) in scan_rows::<UnregisteredStakes>(view, &[], &[], usize::MAX)? {
        let key = bls_key(&key, UnregisteredStakes::ID)?;
        bridge.unregistered.insert_mut(key, Arc::new(stake));
    }
    Ok(bridge)
}

fn bls_key(bytes: &[u8], table: TableId) -> Result<BlsPublicKey, ViewError> {
    let bytes = <[u8; BlsPublicKey::LENGTH]>::try_from(bytes).map_err(|_| ViewError::Corrupt { table })?;
    Ok(BlsPublicKey::new(bytes))
}

fn node_key(bytes: &[u8]) -> Result<PublicKey, ViewError> {
    let bytes = <[u8; PublicKey::LENGTH]>::try_from(bytes).map_err(|_| ViewError::Corrupt {
        table: ServiceNodeRecords::ID,
    })?;
    Ok(PublicKey::new(bytes))
}

/// Writes what a block changed.
///
/// # Errors
/// The state could not be read.
pub(super) fn write(state: &mut Overlay<&dyn View>, update: &RegistryUpdate, height: Height) -> Result<(), ViewError> {
    for (key, change) in &update.nodes {
        write_node(state, key, change)?;
    }
    for stake in &update.released {
        release(state, stake)?;
    }
    for (stake, position) in update.blacklisted.iter().zip(0_u32..) {
        let mut rows = state.get::<KeyImageBlacklist>(&stake.key_image)?.unwrap_or_default();
        rows.push(BlacklistRow {
            stake: *stake,
            since: height,
            position,
        });
        state.put::<KeyImageBlacklist>(&stake.key_image, &rows);
    }
    write_bridge(state, update);
    payments::send(state, &update.returned, height);
    state.put::<Quorums>(&height, &update.quorums);
    if let Some(old) = height.checked_sub(QUORUM_HISTORY_BLOCKS) {
        state.delete::<Quorums>(&old);
    }
    Ok(())
}

fn write_bridge(state: &mut Overlay<&dyn View>, update: &RegistryUpdate) {
    for (key, node) in &update.removed {
        match node {
            Some(node) => state.put::<RemovedNodes>(key, node),
            None => state.delete::<RemovedNodes>(key),
        }
    }
    for (key, stake) in &update.unregistered {
        match stake {
            Some(stake) => state.put::<UnregisteredStakes>(key, stake),
            None => state.delete::<UnregisteredStakes>(key),
        }
    }
    match update.requirement {
        RequirementChange::Kept => {}
        RequirementChange::Set(requirement) => state.put::<SentRequirement>(&(), &requirement),
        RequirementChange::Default => state.delete::<SentRequirement>(&()),
    }
}

/// Stakes are written only when they changed, which is seldom.
fn write_node(state: &mut Overlay<&dyn View>, key: &PublicKey, change: &NodeChange) -> Result<(), ViewError> {
    let before = change.before.as_deref();
    let after = change.after.as_deref();
    match after {
        Some(after) => state.put::<ServiceNodeRecords>(key, &after.record),
        None => state.delete::<ServiceNodeRecords>(key),
    }
    let (before, after) = (before.map(|node| &*node.stake), after.map(|node| &*node.stake));
    if before == after {
        return Ok(());
    }
    match after {
        Some(after) => state.put::<ServiceNodeStakes>(key, after),
        None => state.delete::<ServiceNodeStakes>(key),
    }
    let images = |stake: Option<&Stake>| -> BTreeSet<KeyImage> {
        stake
            .into_iter()
            .flat_map(Stake::locked)
            .map(|output| output.key_image)
            .collect()
    };
    let (before, after) = (images(before), images(after));
    for image in before.difference(&after) {
        change_locking_nodes(state, image, |nodes| nodes.remove(key))?;
    }
    for image in after.difference(&before) {
        change_locking_nodes(state, image, |nodes| nodes.insert(*key))?;
    }
    Ok(())
}

fn change_locking_nodes(
    state: &mut Overlay<&dyn View>,
    image: &KeyImage,
    change: impl FnOnce(&mut BTreeSet<PublicKey>) -> bool,
) -> Result<(), ViewError> {
    let mut nodes: BTreeSet<PublicKey> = state.get::<LockedKeyImages>(image)?.into_iter().flatten().collect();
    change(&mut nodes);
    if nodes.is_empty() {
        state.delete::<LockedKeyImages>(image);
    } else {
        state.put::<LockedKeyImages>(image, &nodes.into_iter().collect());
    }
    Ok(())
}

/// Of several stakes with the same key image the oldest goes first.
fn release(state: &mut Overlay<&dyn View>, stake: &BlacklistedStake) -> Result<(), ViewError> {
    let mut rows = state.get::<KeyImageBlacklist>(&stake.key_image)?.unwrap_or_default();
    if let Some(place) = rows.iter().position(|row| row.stake == *stake) {
        rows.remove(place);
    }
    if rows.is_empty() {
        state.delete::<KeyImageBlacklist>(&stake.key_image);
    } else {
        state.put::<KeyImageBlacklist>(&stake.key_image, &rows);
    }
    Ok(())
}

/// Registries of the newest blocks, by block id.
#[derive(Debug, Default)]
pub struct RegistryCache {
    recent: Mutex<VecDeque<(Hash, Arc<Registry>)>>,
}

impl RegistryCache {
    /// Enough for the chain, a branch beside it, and readers of older snapshots.
    const SIZE: usize = 16;

    /// The registry after the newest block of `view`, and the block's id.
    ///
    /// # Errors
    /// The state could not be read.
    pub fn at_tip(&self, view: &dyn View) -> Result<(Hash, Arc<Registry>), ViewError> {
        let Some(totals) = view.get::<Totals>(&())? else {
            return Ok((Hash::ZERO, Arc::default()));
        };
        let tip = view.expect::<Blocks>(&totals.tip)?.id;
        if let Some(registry) = self.get(&tip) {
            return Ok((tip, registry));
        }
        let registry = Arc::new(load(view)?);
        self.insert(tip, Arc::clone(&registry));
        Ok((tip, registry))
    }

    fn get(&self, tip: &Hash) -> Option<Arc<Registry>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let found = recent.iter().find(|(id, _)| id == tip);
        found.map(|(_, registry)| Arc::clone(registry))
    }

    /// Remembers the registry after the block with this id.
    pub fn insert(&self, tip: Hash, registry: Arc<Registry>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.iter().any(|(id, _)| *id == tip) {
            return;
        }
        if recent.len() >= Self::SIZE {
            recent.pop_back();
        }
        recent.push_front((tip, registry));
    }
}
