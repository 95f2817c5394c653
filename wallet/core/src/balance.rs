//! Adding outputs up (wallet §5.3).

use crate::{
    accounts::AccountsError,
    spendability::{ChainView, Spendability},
    wallet::Wallet,
};
use oxen_types::{Amount, Timestamp};
use std::collections::BTreeMap;

/// What an address, an account or the wallet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// All of it, locked or not, without what is on its way in.
    pub total: Amount,
    /// What the next block can spend.
    pub unlocked: Amount,
    /// Part of `total` that is staked on service nodes.
    pub staked: Amount,
    /// Part of `total` that deregistration froze.
    pub blacklisted: Amount,
    /// Part of `total` that the user froze.
    pub frozen: Amount,
    /// Blocks until everything that is only too young or locked by height can be spent.
    pub blocks_to_unlock: u64,
    /// When everything that is locked by time can be spent; none when nothing is.
    pub unlock_time: Option<Timestamp>,
    /// Part of `total` that comes back from transactions that are not mined yet: change, payments to oneself.
    pub returning: Amount,
    /// Not in `total`: payments from others that wait in the pool.
    pub arriving: Amount,
    /// Outputs in `total`, those on their way not counted.
    pub outputs: u64,
}

/// Whether money that is only on its way back counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// It does, as the reference wallet shows it.
    #[default]
    WithReturning,
    /// Only what is mined counts.
    MinedOnly,
}

impl Balance {
    /// Adds another one; amounts cannot exceed what exists, so saturating never happens.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            total: sum(self.total, other.total),
            unlocked: sum(self.unlocked, other.unlocked),
            staked: sum(self.staked, other.staked),
            blacklisted: sum(self.blacklisted, other.blacklisted),
            frozen: sum(self.frozen, other.frozen),
            blocks_to_unlock: self.blocks_to_unlock.max(other.blocks_to_unlock),
            unlock_time: self.unlock_time.max(other.unlock_time),
            returning: sum(self.returning, other.returning),
            arriving: sum(self.arriving, other.arriving),
            outputs: self.outputs.saturating_add(other.outputs),
        }
    }
}

fn sum(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or(Amount::from_atomic(u64::MAX))
}

impl Wallet {
    /// Balances of every address of an account that has or awaits something, by address number.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`].
    pub fn balances_of_addresses(
        &self,
        account: u32,
        view: ChainView<'_>,
        counting: Counting,
    ) -> Result<BTreeMap<u32, Balance>, AccountsError> {
        self.check_account(account)?;
        let mut balances = self.all_balances(view, counting);
        Ok(balances.remove(&account).unwrap_or_default())
    }

    /// Balance of an account.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`].
    pub fn balance(&self, account: u32, view: ChainView<'_>, counting: Counting) -> Result<Balance, AccountsError> {
        let addresses = self.balances_of_addresses(account, view, counting)?;
        Ok(addresses.values().fold(Balance::default(), Balance::plus))
    }

    /// Balance of the whole wallet.
    #[must_use]
    pub fn total_balance(&self, view: ChainView<'_>, counting: Counting) -> Balance {
        let all = self.all_balances(view, counting);
        all.values()
            .flat_map(BTreeMap::values)
            .fold(Balance::default(), Balance::plus)
    }

    /// By account, then by address.
    fn all_balances(&self, view: ChainView<'_>, counting: Counting) -> BTreeMap<u32, BTreeMap<u32, Balance>> {
        let rules = self.spend_rules(view);
        let mut all: BTreeMap<u32, BTreeMap<u32, Balance>> = BTreeMap::new();
        for output in self.state.outputs.all() {
            let judged = rules.judge(output);
            if !judged.counts() {
                continue;
            }
            let address = all
                .entry(output.address.major)
                .or_default()
                .entry(output.address.minor)
                .or_default();
            let one = Balance {
                total: output.amount,
                outputs: 1,
                ..Balance::default()
            };
            *address = address.plus(&match judged {
                Spendability::Ready => Balance {
                    unlocked: output.amount,
                    ..one
                },
                Spendability::Frozen => Balance {
                    frozen: output.amount,
                    ..one
                },
                Spendability::Staked(_) => Balance {
                    staked: output.amount,
                    ..one
                },
                Spendability::Blacklisted { .. } => Balance {
                    blacklisted: output.amount,
                    ..one
                },
                Spendability::LockedUntilHeight(height) => Balance {
                    blocks_to_unlock: rules.blocks_until(height),
                    ..one
                },
                Spendability::LockedUntilTime(time) => Balance {
                    unlock_time: Some(time),
                    ..one
                },
                Spendability::Spent(_) | Spendability::PendingSpend(_) | Spendability::Duplicate => one,
            });
        }
        self.add_returning(&mut all, counting);
        self.add_arriving(&mut all);
        all
    }

    /// Change goes to the address 0 of the account that paid.
    fn add_returning(&self, all: &mut BTreeMap<u32, BTreeMap<u32, Balance>>, counting: Counting) {
        if counting == Counting::MinedOnly {
            return;
        }
        for sent in self.waiting_sent() {
            let change = (sent.account, 0, sent.change);
            let own = sent.destinations.iter().filter_map(|destination| {
                let index = oxen_crypto::SubaddressIndex::from(destination.own?);
                Some((index.major, index.minor, destination.amount))
            });
            for (major, minor, amount) in std::iter::once(change).chain(own) {
                if !amount.is_zero() {
                    let address = all.entry(major).or_default().entry(minor).or_default();
                    *address = address.plus(&Balance {
                        total: amount,
                        returning: amount,
                        ..Balance::default()
                    });
                }
            }
        }
    }

    /// Payments of others; outputs of transactions that spend our own are change.
    fn add_arriving(&self, all: &mut BTreeMap<u32, BTreeMap<u32, Balance>>) {
        for (id, record) in self.waiting_pool() {
            if !record.spent.is_empty() || self.state.journal.sent_transaction(id).is_some() {
                continue;
            }
            for output in &record.outputs {
                let index = output.address;
                let address = all.entry(index.major).or_default().entry(index.minor).or_default();
                *address = address.plus(&Balance {
                    arriving: output.amount,
                    ..Balance::default()
                });
            }
        }
    }
}
