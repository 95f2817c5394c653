//! Accounts and their addresses, with labels, and the table in which scanning looks addresses up (wallet §5.2.11).
//!
//! Every address that exists, and as many again ahead of it, is in the table: a wallet restored elsewhere then finds payments
//! to addresses that it does not know yet. What was found makes the table grow.

use oxen_crypto::{Address, KeyError, SubaddressIndex, ViewKeys, subaddress::SubaddressTable};
use oxen_types::PublicKey;
use parity_scale_codec::{Decode, Encode};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;

/// Most accounts a wallet keeps.
pub const MAX_ACCOUNTS: u32 = 100_000;
/// Most addresses an account keeps.
pub const MAX_ADDRESSES: u32 = 1_000_000;
/// Label of the first account, as the reference wallet has it.
const PRIMARY_LABEL: &str = "Primary account";

/// How far the table reaches beyond what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Lookahead {
    /// Accounts.
    pub accounts: u32,
    /// Addresses of each account.
    pub addresses: u32,
}

impl Default for Lookahead {
    /// 50 accounts of 200 addresses, as the reference wallet does.
    fn default() -> Self {
        Self {
            accounts: 50,
            addresses: 200,
        }
    }
}

/// Why accounts cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AccountsError {
    /// There is no such account.
    #[error("there is no account {account}: this wallet has accounts 0 to {last}")]
    NoSuchAccount {
        /// Asked for.
        account: u32,
        /// The last that exists.
        last: u32,
    },
    /// There is no such address.
    #[error("account {account} has no address {address}: its addresses are 0 to {last}")]
    NoSuchAddress {
        /// The account.
        account: u32,
        /// Asked for.
        address: u32,
        /// The last that exists.
        last: u32,
    },
    /// As many accounts as there can be.
    #[error("a wallet has at most {MAX_ACCOUNTS} accounts")]
    TooManyAccounts,
    /// As many addresses as there can be.
    #[error("an account has at most {MAX_ADDRESSES} addresses: make another account")]
    TooManyAddresses,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    /// What the user calls it.
    pub label: String,
    /// A group the user put it in.
    pub tag: Option<String>,
    /// What the user calls its addresses, from 0 on; how many there are is how many addresses exist.
    pub address_labels: Vec<String>,
}

impl Account {
    fn new(label: String) -> Self {
        Self {
            label,
            tag: None,
            address_labels: vec![String::new()],
        }
    }

    /// Number of addresses.
    #[must_use]
    pub fn addresses(&self) -> u32 {
        u32::try_from(self.address_labels.len()).unwrap_or(u32::MAX)
    }
}

/// All accounts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Accounts {
    accounts: Vec<Account>,
    lookahead: Lookahead,
    /// The highest address of each account that ever received something; kept over reorganisations and rescans.
    highest_used: BTreeMap<u32, u32>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self::new(Lookahead::default())
    }
}

impl Accounts {
    /// One account with one address.
    #[must_use]
    pub fn new(lookahead: Lookahead) -> Self {
        Self {
            accounts: vec![Account::new(PRIMARY_LABEL.to_owned())],
            lookahead,
            highest_used: BTreeMap::new(),
        }
    }

    /// The accounts in order.
    #[must_use]
    pub fn all(&self) -> &[Account] {
        &self.accounts
    }

    /// Number of accounts.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.accounts.len()).unwrap_or(u32::MAX)
    }

    /// One account.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`].
    pub fn get(&self, account: u32) -> Result<&Account, AccountsError> {
        let missing = self.no_such_account(account);
        usize::try_from(account)
            .ok()
            .and_then(|place| self.accounts.get(place))
            .ok_or(missing)
    }

    fn get_mut(&mut self, account: u32) -> Result<&mut Account, AccountsError> {
        let missing = self.no_such_account(account);
        usize::try_from(account)
            .ok()
            .and_then(|place| self.accounts.get_mut(place))
            .ok_or(missing)
    }

    fn no_such_account(&self, account: u32) -> AccountsError {
        AccountsError::NoSuchAccount {
            account,
            last: self.count().saturating_sub(1),
        }
    }

    /// Adds an account with one address and tells its number.
    ///
    /// # Errors
    /// [`AccountsError::TooManyAccounts`].
    pub fn add_account(&mut self, label: &str) -> Result<u32, AccountsError> {
        let account = self.count();
        if account >= MAX_ACCOUNTS {
            return Err(AccountsError::TooManyAccounts);
        }
        self.accounts.push(Account::new(label.to_owned()));
        Ok(account)
    }

    /// Adds an address to an account.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`], [`AccountsError::TooManyAddresses`].
    pub fn add_address(&mut self, account: u32, label: &str) -> Result<SubaddressIndex, AccountsError> {
        let entry = self.get_mut(account)?;
        let minor = entry.addresses();
        if minor >= MAX_ADDRESSES {
            return Err(AccountsError::TooManyAddresses);
        }
        entry.address_labels.push(label.to_owned());
        Ok(SubaddressIndex::new(account, minor))
    }

    /// Names an account.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`].
    pub fn label_account(&mut self, account: u32, label: &str) -> Result<(), AccountsError> {
        label.clone_into(&mut self.get_mut(account)?.label);
        Ok(())
    }

    /// Puts an account in a group, or takes it out.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`].
    pub fn tag_account(&mut self, account: u32, tag: Option<&str>) -> Result<(), AccountsError> {
        self.get_mut(account)?.tag = tag.map(ToOwned::to_owned);
        Ok(())
    }

    /// Names an address.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchAccount`], [`AccountsError::NoSuchAddress`].
    pub fn label_address(&mut self, index: SubaddressIndex, label: &str) -> Result<(), AccountsError> {
        let entry = self.get_mut(index.major)?;
        let last = entry.addresses().saturating_sub(1);
        let missing = AccountsError::NoSuchAddress {
            account: index.major,
            address: index.minor,
            last,
        };
        let place = usize::try_from(index.minor).map_err(|_| missing)?;
        label.clone_into(entry.address_labels.get_mut(place).ok_or(missing)?);
        Ok(())
    }

    /// The name of an address; for the address 0 of an account without one, the account's.
    #[must_use]
    pub fn address_label(&self, index: SubaddressIndex) -> &str {
        let Ok(account) = self.get(index.major) else {
            return "";
        };
        let label = usize::try_from(index.minor)
            .ok()
            .and_then(|place| account.address_labels.get(place));
        match label {
            Some(label) if !label.is_empty() => label,
            Some(_) if index.minor == 0 => &account.label,
            _ => "",
        }
    }

    /// True when the address exists.
    #[must_use]
    pub fn contains(&self, index: SubaddressIndex) -> bool {
        self.get(index.major)
            .is_ok_and(|account| index.minor < account.addresses())
    }

    /// How far the table reaches.
    #[must_use]
    pub const fn lookahead(&self) -> Lookahead {
        self.lookahead
    }

    /// Changes how far the table reaches. To find payments beyond the former reach, scan again.
    pub const fn set_lookahead(&mut self, lookahead: Lookahead) {
        self.lookahead = lookahead;
    }

    /// The highest address of an account that ever received something.
    #[must_use]
    pub fn highest_used(&self, account: u32) -> Option<u32> {
        self.highest_used.get(&account).copied()
    }

    /// Notes that an address received something: accounts and addresses up to it come into being.
    pub(crate) fn note_used(&mut self, index: SubaddressIndex) {
        if index.major >= MAX_ACCOUNTS || index.minor >= MAX_ADDRESSES {
            return;
        }
        while self.count() <= index.major {
            self.accounts.push(Account::new(String::new()));
        }
        if let Ok(account) = self.get_mut(index.major) {
            while account.addresses() <= index.minor {
                account.address_labels.push(String::new());
            }
        }
        let highest = self.highest_used.entry(index.major).or_insert(index.minor);
        *highest = (*highest).max(index.minor);
    }

    /// Ends of the ranges that the table must cover: account and number of addresses.
    fn required(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let accounts = self.count().saturating_add(self.lookahead.accounts).min(MAX_ACCOUNTS);
        (0..accounts).map(|major| {
            let existing = self.get(major).map_or(0, Account::addresses);
            (
                major,
                existing
                    .max(1)
                    .saturating_add(self.lookahead.addresses)
                    .min(MAX_ADDRESSES),
            )
        })
    }
}

/// Spend keys of every address the wallet looks out for; made when it is first needed, and grown.
#[derive(Debug, Clone, Default)]
pub(crate) struct AddressTable {
    table: Arc<SubaddressTable>,
    covered: BTreeMap<u32, u32>,
}

impl AddressTable {
    /// Adds what is missing; tells whether anything was.
    pub(crate) fn cover(&mut self, keys: &ViewKeys, accounts: &Accounts) -> Result<bool, KeyError> {
        let mut grew = false;
        for (major, end) in accounts.required() {
            let start = self.covered.get(&major).copied().unwrap_or(0);
            if start < end {
                Arc::make_mut(&mut self.table).add(keys, major, start..end)?;
                self.covered.insert(major, end);
                grew = true;
            }
        }
        Ok(grew)
    }

    /// The table as it is now, to be read elsewhere.
    pub(crate) fn snapshot(&self) -> Arc<SubaddressTable> {
        Arc::clone(&self.table)
    }

    /// How many addresses it knows: it only grows, so that this tells two states of it apart.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// The address with this spend key.
    pub(crate) fn find(&self, spend: &PublicKey) -> Option<SubaddressIndex> {
        self.table.find(spend)
    }
}

/// The address at `index`, whether or not it exists yet.
///
/// # Errors
/// [`KeyError::InvalidPoint`] when the wallet's spend key is none.
pub fn address_at(keys: &ViewKeys, index: SubaddressIndex) -> Result<Address, KeyError> {
    Address::of_account(keys, index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxen_crypto::{AccountKeys, subaddress};

    fn keys() -> ViewKeys {
        AccountKeys::from_seed(&[7; 32]).view_keys()
    }

    #[test]
    fn labels_are_kept_and_missing_places_are_named() {
        let mut accounts = Accounts::default();
        assert_eq!(accounts.add_account("savings"), Ok(1));
        assert_eq!(accounts.add_address(1, "shop"), Ok(SubaddressIndex::new(1, 1)));
        accounts.label_address(SubaddressIndex::new(1, 0), "own").unwrap();
        accounts.tag_account(1, Some("cold")).unwrap();
        assert_eq!(accounts.address_label(SubaddressIndex::new(1, 0)), "own");
        assert_eq!(accounts.address_label(SubaddressIndex::new(1, 1)), "shop");
        assert_eq!(accounts.address_label(SubaddressIndex::PRIMARY), PRIMARY_LABEL);
        assert_eq!(accounts.get(1).unwrap().tag.as_deref(), Some("cold"));
        assert_eq!(
            accounts.get(2).err(),
            Some(AccountsError::NoSuchAccount { account: 2, last: 1 })
        );
        let missing = accounts.label_address(SubaddressIndex::new(1, 2), "x");
        assert_eq!(
            missing,
            Err(AccountsError::NoSuchAddress {
                account: 1,
                address: 2,
                last: 1
            })
        );
    }

    #[test]
    fn the_table_reaches_fifty_accounts_and_two_hundred_addresses_ahead() {
        let (keys, mut accounts, mut table) = (keys(), Accounts::default(), AddressTable::default());
        assert_eq!(table.cover(&keys, &accounts), Ok(true));
        assert_eq!(table.cover(&keys, &accounts), Ok(false), "nothing is missing");
        let spend = |major, minor| {
            subaddress::public_keys(&keys, SubaddressIndex::new(major, minor))
                .unwrap()
                .spend
        };
        assert_eq!(table.find(&spend(50, 200)), Some(SubaddressIndex::new(50, 200)));
        assert_eq!((table.find(&spend(51, 0)), table.find(&spend(0, 201))), (None, None));
        accounts.note_used(SubaddressIndex::new(50, 200));
        assert_eq!(table.cover(&keys, &accounts), Ok(true));
        assert_eq!(table.find(&spend(50, 400)), Some(SubaddressIndex::new(50, 400)));
        assert_eq!(table.find(&spend(100, 3)), Some(SubaddressIndex::new(100, 3)));
        assert_eq!(accounts.count(), 51);
        assert_eq!(accounts.get(50).unwrap().addresses(), 201);
    }
}
