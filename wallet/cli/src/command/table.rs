//! Every command: its name, how it is used, what it does.

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is described in the table below")]
pub enum CommandId {
    Help,
    Welcome,
    Version,
    Exit,
    Save,
    Refresh,
    Status,
    ChainHeight,
    WalletHeight,
    Fee,
    SetDaemon,
    WalletInfo,
    Balance,
    Address,
    IntegratedAddress,
    Account,
    AddressBook,
    Transfer,
    LockedTransfer,
    SweepAll,
    LockedSweepAll,
    SweepBelow,
    SweepSingle,
    SweepAccount,
    RegisterServiceNode,
    Stake,
    RequestStakeUnlock,
    PrintLockedStakes,
    BuyName,
    RenewName,
    UpdateName,
    SignNameUpdate,
    LookUpName,
    NamesByOwner,
    EncryptName,
    Swap,
    Resend,
    ShowTransfers,
    ShowTransfer,
    ExportTransfers,
    IncomingTransfers,
    UnspentOutputs,
    Freeze,
    Thaw,
    Frozen,
    SetTransactionNote,
    GetTransactionNote,
    SetDescription,
    GetDescription,
    Set,
    Seed,
    ViewKey,
    SpendKey,
    Password,
    Lock,
    RestoreHeight,
    SaveWatchOnly,
    RescanBlockchain,
    GetTransactionKey,
    SetTransactionKey,
    CheckTransactionKey,
    GetTransactionProof,
    CheckTransactionProof,
    GetSpendProof,
    CheckSpendProof,
    Sign,
    SignValue,
    Verify,
    VerifyValue,
    ExportKeyImages,
    ImportKeyImages,
    UnsetRing,
    Ethereum,
    Rewards,
    Bridge,
}

/// Under which heading `help` lists a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The program itself.
    General,
    /// Balance, addresses.
    Money,
    /// Sending.
    Sending,
    /// Service nodes.
    Staking,
    /// The name system.
    Names,
    /// What happened.
    History,
    /// Keys and files.
    Keys,
    /// Proofs and signatures.
    Proofs,
    /// Service nodes, rewards and swapped coins on Arbitrum.
    Arbitrum,
}

impl Group {
    /// All, in the order of `help`.
    pub const ALL: [Self; 9] = [
        Self::General,
        Self::Money,
        Self::Sending,
        Self::Staking,
        Self::Names,
        Self::History,
        Self::Keys,
        Self::Proofs,
        Self::Arbitrum,
    ];

    /// The heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Money => "Balance, addresses, accounts",
            Self::Sending => "Sending",
            Self::Staking => "Service nodes and stakes",
            Self::Names => "Names",
            Self::History => "History and outputs",
            Self::Keys => "Keys and wallet files",
            Self::Proofs => "Proofs and signatures",
            Self::Arbitrum => "Arbitrum: SESH, rewards, registrations, swapped coins",
        }
    }
}

/// What a command that is run alone needs first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// The newest blocks, if they can be had.
    NewestBlocks,
}

/// One command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandInfo {
    /// Which.
    pub id: CommandId,
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Its heading.
    pub group: Group,
    /// How it is used, one line for each way.
    pub usage: &'static [&'static str],
    /// What it does, in a line.
    pub summary: &'static str,
    /// What else is to be known.
    pub details: &'static str,
    /// What it needs first.
    pub needs: Needs,
}

/// Commands whose arguments are secret: they are not kept in the history of the prompt.
pub const SECRET_COMMANDS: &[&str] = &["set_tx_key", "check_tx_key"];

const fn entry(
    id: CommandId,
    name: &'static str,
    group: Group,
    usage: &'static [&'static str],
    summary: &'static str,
) -> CommandInfo {
    CommandInfo {
        id,
        name,
        aliases: &[],
        group,
        usage,
        summary,
        details: "",
        needs: Needs::Nothing,
    }
}

impl CommandInfo {
    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn more(self, details: &'static str) -> Self {
        Self { details, ..self }
    }

    const fn up_to_date(self) -> Self {
        Self {
            needs: Needs::NewestBlocks,
            ..self
        }
    }

    /// The command with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        COMMANDS
            .iter()
            .find(|info| info.name == name || info.aliases.contains(&name))
    }
}

const PAYING: &str = "\
index=0,2 pays from these addresses of the account only; index=all from any (the default). The priority of an ordinary
payment is default or unimportant, which is the same, or blink: service nodes then approve it within seconds, for three times the fee,
and the receiver can count on it before it is in a block. Their answer is one of three: approved; not approved, and then
`resend ordinary` sends the very same transaction without them, while its money stays reserved for 13 blocks, because they have it
signed; or undecided, and then it must not be paid again: `show_transfer` shows what becomes of it, and `resend` asks once more.
subtractfeefrom=0,2 takes the fee from the first and third destination, in equal parts, instead of from you.
An address may be a payment link (oxen:…?tx_amount=…) with or without an amount behind it. Payments that do not fit into
one transaction become several, each with its own change and fee. Before anything is sent the keys and destinations are
written to disk. The result is one of three: sent; refused, and the money is free again; or unknown, when the daemon's
answer was lost: then `resend` hands over the very same transaction, which can never pay twice.";

const REGISTERING: &str = "\
Paste the whole line that prepare_registration printed on the service node, as it is: fee, addresses and amounts are signed,
and a copy that was wrapped by the terminal is put together again. The wallet must be the operator's: its primary address is the
first one in the line. The line holds until the next hard fork. Only words of priority may be put in front of it.";

const STAKING: &str = "\
The amount is in OXEN, or a part of the staking requirement such as 25%. More than the node has room for is lowered to the room;
what is less than it accepts is refused with the least amount. The stake is for the wallet's primary address, whichever of
account 0's addresses pays. It stays locked until somebody with a stake on the node requests the unlock.";

const NAMING: &str = "\
A session name points to a Session id (66 hexadecimal characters, the first 05), a wallet name to an address, and a lokinet name,
which ends in .loki, to an onion address. Session and wallet names have 1 to 64 letters, digits, hyphens and underscores and are
never over; lokinet names are registered for one, two, five or ten years. The price is burned. Without type= a name that ends in
.loki is a lokinet name of one year and every other one a session name. The owner, an address or an ed25519 key in hexadecimal, is
the account's first address unless you say otherwise; the backup owner may change the name too. The chain sees a hash of the name
and the value encrypted with it: whoever knows the name can read the value, nobody else.";

const UPDATING: &str = "\
An update costs the network fee alone. It must be signed by the owner or the backup owner: this wallet signs when one of them is
an address of its own. Otherwise the owner's wallet makes the signature with ons_make_update_mapping_signature, which prints the
command to type here: encrypted_value= and signature= are what it printed.";

const ETHEREUM: &str = "\
The key lies beside the wallet, <name>.ethereum, encrypted with a password of its own. Where the wallet's password is given with
--password or --password-file, and none with --ethereum-password, the key has the same one. Your 25 seed words do not restore it: write
down what `ethereum key` shows, or keep a file of `ethereum export`. That is a keystore file as other wallets of Ethereum have them
(Web3 Secret Storage, version 3), under a password that you are asked for; `ethereum import` takes such a file, or asks for the secret
key itself. The key pays gas in ETH on Arbitrum, so send it a little. Transactions are written to disk before they are handed over:
after a crash, or when the provider goes away, `ethereum resume` (or the same command again) goes on where it was, and nothing is ever
done twice. Where the key of what was begun is lost, `ethereum forget` leaves it; while its transaction may still be mined, or nobody
can say, it wants the word anyway.";

const REWARDS: &str = "\
Rewards and returned stakes of service nodes come to an Ethereum address. A claim has two transactions: the service nodes sign
what the address has earned in all, which the contract then credits; and the contract pays what is credited to the address. An amount is
in SESH; without one everything is claimed. unsigned prints the transactions as JSON for another wallet to sign instead, which
needs address=. If it stops anywhere, give the same command again.";

const BRIDGE: &str = "\
register asks the wallet's daemon, which must be the service node to be registered, for its keys and proofs, lets the contract
take the stake, and registers the node with all of the stake from this key. The fee is what the operator gets in advance of the
rewards of others, such as fee=10%. exit asks for the exit of a node: it works on for 15 days, and then `bridge exit finish` takes
it out with a signature of the network, which anybody may do. Without the network, `bridge exit unilateral` takes it out 30 days
after the request. The stake comes back like rewards: `rewards claim`. liquidate takes a node out that should have left and did
not, for a small part of its stake. A node is named by its key, as print_sn_key shows it.

A node of several contributors has a contract that collects its stake. The operator's create asks the wallet's daemon, which must be
the service node, for its keys, and contributes first, at least a quarter: stake= (asked for, if you leave it away; 0: later).
reserve=<0x address>:<amount> keeps a place, as often as you like; finalize=manual leaves it to you when the complete stake registers
the node, otherwise the last contribution does. Everybody else looks with status, and then contributes: no less than it shows, which
changes as others contribute. status also takes the id of the transaction that had the contract made, and alone it lists the contracts
that this wallet had to do with. Only contracts that the network's factory made are accepted: any other one may keep what it is sent,
however it looks. Who has contributed adds to it with the word more, so that a repeated command does nothing twice. A contribution can
be taken back with withdraw, a day after it was last raised, as long as the node is not registered; the operator's reset gives
everybody's back. A repeated create goes on with the contract that is there; with the word anew it has another one made.
beneficiary= is who gets the rewards; the stake comes back to the address that contributed it.";

const SWAP: &str = "\
Burned OXEN never come back: the recipient can claim SESH for them on Arbitrum, at the ratio that is shown before you say yes. The
address is one of Ethereum with its checksum, as your Ethereum wallet shows it, and you type it twice; a wrong one cannot be put
right, so try a small amount first. With --l2-provider the contract on Arbitrum is looked at before anything is burned: a burn that
it could not credit any more is refused, and you are warned while it is paused, or when the address is a contract. swap status tells
how far a burn is: pending, mined, matured (after 30 blocks), claimable (once service nodes have signed a block above it), and with
--l2-provider what of it the contract has paid. The receipts are kept in the wallet's journal, whatever happens to the chain's cache.
swap claim pays what OXEN that were burned for an Ethereum address have become: the service nodes sign the total, the contract
credits it and pays it out. With address= it pays another address than the key's, everything to that address, or what the limit of all claims in 12 hours leaves; unsigned prints the
transactions as JSON instead.";

/// Every command, in the order of `help`.
pub const COMMANDS: &[CommandInfo] = &[
    entry(CommandId::Help, "help", Group::General, &["help [command]"], "Lists the commands, or explains one"),
    entry(CommandId::Welcome, "welcome", Group::General, &["welcome"], "Says how to begin"),
    entry(CommandId::Version, "version", Group::General, &["version"], "Shows the version of the wallet"),
    entry(CommandId::Refresh, "refresh", Group::General, &["refresh"], "Scans new blocks and the pool")
        .more("Can be interrupted with Ctrl-C and goes on where it was."),
    entry(CommandId::Status, "status", Group::General, &["status"], "Shows how far wallet and daemon are"),
    entry(CommandId::ChainHeight, "bc_height", Group::General, &["bc_height"], "Shows the number of blocks the daemon has"),
    entry(CommandId::WalletHeight, "wallet_height", Group::General, &["wallet_height"], "Shows the number of blocks the wallet knows")
        .up_to_date(),
    entry(CommandId::Fee, "fee", Group::General, &["fee"], "Shows what transactions cost now"),
    entry(CommandId::SetDaemon, "set_daemon", Group::General, &["set_daemon <host:port or URL> [trusted|untrusted]"], "Uses another daemon"),
    entry(CommandId::WalletInfo, "wallet_info", Group::General, &["wallet_info"], "Shows facts about this wallet"),
    entry(CommandId::Set, "set", Group::General, &["set", "set <name> <value>"], "Shows or changes the settings"),
    entry(CommandId::Save, "save", Group::General, &["save"], "Saves the wallet (it is also saved by itself)"),
    entry(CommandId::Lock, "lock", Group::General, &["lock"], "Asks for the password before the next command"),
    entry(CommandId::Exit, "exit", Group::General, &["exit"], "Saves and ends").also(&["quit", "q"]),
    entry(CommandId::Balance, "balance", Group::Money, &["balance [detail]"], "Shows the balance of the account")
        .more("With detail: of each address. Balance is everything, locked or not; unlocked is what the next block can spend.")
        .up_to_date(),
    entry(
        CommandId::Address,
        "address",
        Group::Money,
        &["address", "address new [label]", "address all", "address <from> [<to>]", "address label <number> <text>"],
        "Shows, makes and labels addresses of the account",
    ),
    entry(
        CommandId::IntegratedAddress,
        "integrated_address",
        Group::Money,
        &["integrated_address [payment id]", "integrated_address <address>"],
        "Makes an address with a payment id (a random one without), or takes one apart",
    ),
    entry(
        CommandId::Account,
        "account",
        Group::Money,
        &[
            "account",
            "account new [label]",
            "account switch <number>",
            "account label <number> <text>",
            "account tag <tag> <number> [<number> ...]",
            "account untag <number> [<number> ...]",
        ],
        "Shows, makes, labels and switches accounts",
    )
    .up_to_date(),
    entry(
        CommandId::AddressBook,
        "address_book",
        Group::Money,
        &["address_book", "address_book add <address or link> [description]", "address_book delete <number>"],
        "Keeps addresses of others",
    ),
    entry(
        CommandId::Transfer,
        "transfer",
        Group::Sending,
        &[
            "transfer [index=<N1>[,<N2>...]] [subtractfeefrom=<D1>[,<D2>...]|all] [<priority>] <address> <amount> [<address> <amount> ...]",
            "transfer [index=<N1>[,<N2>...]] [<priority>] <link>",
        ],
        "Pays one or several addresses",
    )
    .also(&["transfer_split"])
    .more(PAYING)
    .up_to_date(),
    entry(
        CommandId::LockedTransfer,
        "locked_transfer",
        Group::Sending,
        &["locked_transfer [index=<N1>[,<N2>...]] [<priority>] <address> <amount> [...] <blocks>"],
        "Pays, and locks the payment for a number of blocks",
    )
    .more("At most 1,000,000 blocks, counted from now. Nobody, neither the receiver nor you, can spend it earlier.")
    .up_to_date(),
    entry(
        CommandId::SweepAll,
        "sweep_all",
        Group::Sending,
        &["sweep_all [index=<N1>[,<N2>...] | index=all] [<priority>] [outputs=<N>] [<address>]"],
        "Sends everything unlocked, less the fee, to one address",
    )
    .more("Without an address: to this account's own first address, which puts many small outputs together.\noutputs=N splits it into N equal parts (1 to 16). Without index= everything of the account is swept.")
    .up_to_date(),
    entry(
        CommandId::LockedSweepAll,
        "locked_sweep_all",
        Group::Sending,
        &["locked_sweep_all [index=...] [<priority>] [outputs=<N>] [<address>] <blocks>"],
        "As sweep_all, and locks it for a number of blocks",
    )
    .up_to_date(),
    entry(
        CommandId::SweepBelow,
        "sweep_below",
        Group::Sending,
        &["sweep_below <amount> [index=...] [<priority>] [outputs=<N>] [<address>]"],
        "As sweep_all, only of outputs below an amount",
    )
    .up_to_date(),
    entry(
        CommandId::SweepSingle,
        "sweep_single",
        Group::Sending,
        &["sweep_single [<priority>] [outputs=<N>] <key image> <address>"],
        "Sends one output, less the fee, to one address",
    )
    .up_to_date(),
    entry(
        CommandId::SweepAccount,
        "sweep_account",
        Group::Sending,
        &["sweep_account <account> [index=...] [<priority>] [outputs=<N>] [<address>]"],
        "As sweep_all, of another account",
    )
    .up_to_date(),
    entry(CommandId::Resend, "resend", Group::Sending, &["resend [ordinary] [<transaction id>]"], "Hands over again a transaction whose fate is not known")
        .more("Without an id: all of them. With ordinary: without asking service nodes, also what was to be instant. A refusal frees no\n\
             money, because an earlier attempt may have succeeded. It is the very same transaction, so it can never pay twice."),
    entry(
        CommandId::RegisterServiceNode,
        "register_service_node",
        Group::Staking,
        &["register_service_node [index=<N1>[,<N2>...]] [<priority>] <fee> <address> <amount> [<address> <amount> ...] <hard fork> <service node key> <signature>"],
        "Registers a service node and stakes the operator's part on it",
    )
    .more(REGISTERING)
    .up_to_date(),
    entry(
        CommandId::Stake,
        "stake",
        Group::Staking,
        &["stake [index=<N1>[,<N2>...]] [<priority>] <service node key> <amount|percent%>"],
        "Stakes on a service node of somebody else, or fills a reserved part",
    )
    .more(STAKING)
    .up_to_date(),
    entry(
        CommandId::RequestStakeUnlock,
        "request_stake_unlock",
        Group::Staking,
        &["request_stake_unlock <service node key>"],
        "Asks for the stakes on a service node back, yours and those of all others",
    )
    .more("Shows the height at which they are free before anything is signed. The node works on until then, and ends. It costs no fee.")
    .up_to_date(),
    entry(
        CommandId::PrintLockedStakes,
        "print_locked_stakes",
        Group::Staking,
        &["print_locked_stakes [+key_images]"],
        "Lists the stakes of this wallet, and those that were frozen by a deregistration",
    )
    .up_to_date(),
    entry(
        CommandId::BuyName,
        "ons_buy_mapping",
        Group::Names,
        &["ons_buy_mapping [index=<N1>[,<N2>...]] [<priority>] [type=session|wallet|lokinet|lokinet_2y|lokinet_5y|lokinet_10y] [owner=<owner>] [backup_owner=<owner>] <name> <value>"],
        "Buys a name",
    )
    .more(NAMING)
    .up_to_date(),
    entry(
        CommandId::RenewName,
        "ons_renew_mapping",
        Group::Names,
        &["ons_renew_mapping [index=<N1>[,<N2>...]] [<priority>] [type=lokinet|lokinet_2y|lokinet_5y|lokinet_10y] <name>"],
        "Gives a lokinet name more time, whoever owns it",
    )
    .more("The years are added to those that are left. A name that is over cannot be renewed: buy it again.")
    .up_to_date(),
    entry(
        CommandId::UpdateName,
        "ons_update_mapping",
        Group::Names,
        &["ons_update_mapping [index=<N1>[,<N2>...]] [<priority>] [type=session|wallet|lokinet] [owner=<owner>] [backup_owner=<owner>] [value=<value>|encrypted_value=<hex>] [signature=<hex>] <name>"],
        "Changes what a name points to, or who owns it",
    )
    .more(UPDATING)
    .up_to_date(),
    entry(
        CommandId::SignNameUpdate,
        "ons_make_update_mapping_signature",
        Group::Names,
        &["ons_make_update_mapping_signature [type=session|wallet|lokinet] [owner=<owner>] [backup_owner=<owner>] [value=<value>|encrypted_value=<hex>] [previous=<transaction id>] [address=<N>] <name>"],
        "Signs a change of a name for another wallet to pay for",
    )
    .more("The transaction that last changed the name is looked up. With previous= nothing is asked of a daemon, which is how a wallet\nwithout one signs; it signs with the account's address 0, or the one that address= names."),
    entry(
        CommandId::LookUpName,
        "ons_lookup",
        Group::Names,
        &["ons_lookup [type=session|wallet|lokinet] <name> [<name> ...]"],
        "Shows what names point to, who owns them and how long",
    ),
    entry(
        CommandId::NamesByOwner,
        "ons_by_owner",
        Group::Names,
        &["ons_by_owner", "ons_by_owner <owner> [<owner> ...]"],
        "Lists the names of this wallet's addresses, or of others",
    )
    .more("The chain has only hashes of names. Beside names that this wallet registered stands what it noted about the transaction."),
    entry(
        CommandId::EncryptName,
        "ons_encrypt",
        Group::Names,
        &["ons_encrypt [type=session|wallet|lokinet] <name> <value>"],
        "Encrypts a value with a name, for encrypted_value=",
    ),
    entry(
        CommandId::ShowTransfers,
        "show_transfers",
        Group::History,
        &["show_transfers [in] [out] [stake] [reward] [pending] [failed] [pool] [all] [index=<N1>[,<N2>...]] [<from height> [<to height>]]"],
        "Lists what came and went",
    )
    .up_to_date(),
    entry(CommandId::ShowTransfer, "show_transfer", Group::History, &["show_transfer <transaction id>"], "Shows everything about one transaction")
        .up_to_date(),
    entry(
        CommandId::ExportTransfers,
        "export_transfers",
        Group::History,
        &["export_transfers [in|out|stake|reward|pending|failed|all] [index=...] [<from height> [<to height>]] [output=<file>]"],
        "Writes what came and went to a CSV file",
    )
    .more("Times are UTC in ISO 8601; amounts are OXEN with nine decimals; the running balance is that of the account.")
    .up_to_date(),
    entry(
        CommandId::IncomingTransfers,
        "incoming_transfers",
        Group::History,
        &["incoming_transfers [available|unavailable] [verbose] [index=<N1>[,<N2>...]]"],
        "Lists the outputs that were received",
    )
    .up_to_date(),
    entry(
        CommandId::UnspentOutputs,
        "unspent_outputs",
        Group::History,
        &["unspent_outputs [index=<N1>[,<N2>...]] [<least amount> [<most amount>]]"],
        "Shows the unspent outputs and how old and large they are",
    )
    .up_to_date(),
    entry(CommandId::Freeze, "freeze", Group::History, &["freeze <key image>"], "Keeps an output out of payments"),
    entry(CommandId::Thaw, "thaw", Group::History, &["thaw <key image>"], "Uses a frozen output again"),
    entry(CommandId::Frozen, "frozen", Group::History, &["frozen", "frozen <key image>"], "Lists frozen outputs, or says whether one is frozen"),
    entry(CommandId::SetTransactionNote, "set_tx_note", Group::History, &["set_tx_note <transaction id> [text]"], "Writes a note about a transaction; no text removes it"),
    entry(CommandId::GetTransactionNote, "get_tx_note", Group::History, &["get_tx_note <transaction id>"], "Shows the note about a transaction"),
    entry(CommandId::SetDescription, "set_description", Group::History, &["set_description [text]"], "Writes a note about the wallet"),
    entry(CommandId::GetDescription, "get_description", Group::History, &["get_description"], "Shows the note about the wallet"),
    entry(CommandId::Seed, "seed", Group::Keys, &["seed [language]"], "Shows the 25 words that restore this wallet"),
    entry(CommandId::ViewKey, "viewkey", Group::Keys, &["viewkey"], "Shows the secret and public view key"),
    entry(CommandId::SpendKey, "spendkey", Group::Keys, &["spendkey"], "Shows the secret and public spend key"),
    entry(CommandId::Password, "password", Group::Keys, &["password"], "Changes the password"),
    entry(CommandId::RestoreHeight, "restore_height", Group::Keys, &["restore_height", "restore_height <height>"], "Shows or changes where scanning starts"),
    entry(CommandId::SaveWatchOnly, "save_watch_only", Group::Keys, &["save_watch_only"], "Makes a copy that can see and not spend: <name>-watchonly"),
    entry(
        CommandId::RescanBlockchain,
        "rescan_bc",
        Group::Keys,
        &["rescan_bc [soft|hard] [start_height=<N>]"],
        "Forgets what was found on the chain and scans again",
    )
    .more("Notes, transaction keys, destinations, labels and the address book stay, soft or hard. hard also forgets the rings of\nearlier payments and which outputs are frozen."),
    entry(CommandId::ExportKeyImages, "export_key_images", Group::Keys, &["export_key_images <file>"], "Writes the key images, for a copy of this wallet that only sees")
        .more("The file is encrypted with the secret view key, which that copy has too."),
    entry(CommandId::ImportKeyImages, "import_key_images", Group::Keys, &["import_key_images <file>"], "Reads key images, so that this wallet knows what was spent"),
    entry(CommandId::UnsetRing, "unset_ring", Group::Keys, &["unset_ring <key image>"], "Forgets the ring of an earlier attempt to spend an output"),
    entry(CommandId::GetTransactionKey, "get_tx_key", Group::Proofs, &["get_tx_key <transaction id>"], "Shows the secret keys of a transaction of this wallet"),
    entry(CommandId::SetTransactionKey, "set_tx_key", Group::Proofs, &["set_tx_key <transaction id> <keys> [<address it pays>]"], "Keeps secret keys of a transaction that another copy of this wallet made"),
    entry(CommandId::CheckTransactionKey, "check_tx_key", Group::Proofs, &["check_tx_key <transaction id> <keys> <address>"], "Shows what a transaction paid to an address, by its secret keys"),
    entry(CommandId::GetTransactionProof, "get_tx_proof", Group::Proofs, &["get_tx_proof <transaction id> <address> [message]"], "Proves a payment; writes the file oxen_tx_proof"),
    entry(CommandId::CheckTransactionProof, "check_tx_proof", Group::Proofs, &["check_tx_proof <transaction id> <address> <file or proof> [message]"], "Checks a proof of payment"),
    entry(CommandId::GetSpendProof, "get_spend_proof", Group::Proofs, &["get_spend_proof <transaction id> [message]"], "Proves that this wallet made a transaction; writes the file oxen_spend_proof"),
    entry(CommandId::CheckSpendProof, "check_spend_proof", Group::Proofs, &["check_spend_proof <transaction id> <file or proof> [message]"], "Checks a proof of spending"),
    entry(CommandId::Sign, "sign", Group::Proofs, &["sign <file> [<account>,<address>]"], "Signs the content of a file"),
    entry(CommandId::SignValue, "sign_value", Group::Proofs, &["sign_value <text>"], "Signs a text"),
    entry(CommandId::Verify, "verify", Group::Proofs, &["verify <file> <address> <signature>"], "Verifies the signature of a file"),
    entry(CommandId::VerifyValue, "verify_value", Group::Proofs, &["verify_value <address> <signature> <text>"], "Verifies the signature of a text"),
    entry(
        CommandId::Ethereum,
        "ethereum",
        Group::Arbitrum,
        &["ethereum create", "ethereum import [<keystore file>]", "ethereum export <keystore file>", "ethereum address", "ethereum balance [<0x address>]", "ethereum key", "ethereum password", "ethereum resume", "ethereum forget [anyway]"],
        "Makes, shows and uses the Ethereum key of this wallet",
    )
    .more(ETHEREUM),
    entry(
        CommandId::Rewards,
        "rewards",
        Group::Arbitrum,
        &["rewards status [<0x address>]", "rewards claim [<amount>] [address=<0x address>] [unsigned]"],
        "Shows and claims the rewards of service nodes",
    )
    .more(REWARDS),
    entry(
        CommandId::Bridge,
        "bridge",
        Group::Arbitrum,
        &[
            "bridge register fee=<percent>% [address=<0x address>] [unsigned]",
            "bridge exit <service node key> [address=<0x address>] [unsigned]",
            "bridge exit finish <service node key> [address=<0x address>] [unsigned]",
            "bridge exit unilateral <service node key> [address=<0x address>] [unsigned]",
            "bridge liquidate <service node key> [address=<0x address>] [unsigned]",
            "bridge contract create fee=<percent>% [stake=<amount>] [reserve=<0x address>:<amount> ...] [finalize=auto|manual] [beneficiary=<0x address>] [anew] [address=<0x address>] [unsigned]",
            "bridge contract status [<contract or transaction id>] [address=<0x address>]",
            "bridge contract contribute <contract> <amount> [more] [beneficiary=<0x address>] [address=<0x address>] [unsigned]",
            "bridge contract withdraw <contract> [address=<0x address>] [unsigned]",
            "bridge contract beneficiary <contract> <0x address> [address=<0x address>] [unsigned]",
            "bridge contract finalize <contract> [address=<0x address>] [unsigned]",
            "bridge contract reset <contract> [address=<0x address>] [unsigned]",
        ],
        "Registers service nodes with the contract, and takes them out",
    )
    .more(BRIDGE),
    entry(
        CommandId::Swap,
        "swap",
        Group::Arbitrum,
        &[
            "swap [index=<N1>[,<N2>...]] [<priority>] <amount> <0x address>",
            "swap status [<transaction id>]",
            "swap claim [<amount>] [address=<0x address>] [unsigned]",
            "swap history",
        ],
        "Burns OXEN for SESH on Arbitrum, tells how far that is, and pays them out",
    )
    .more(SWAP),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_means_one_command() {
        let names: Vec<&str> = COMMANDS
            .iter()
            .flat_map(|info| std::iter::once(info.name).chain(info.aliases.iter().copied()))
            .collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len());
        let ids: BTreeSet<CommandId> = COMMANDS.iter().map(|info| info.id).collect();
        assert_eq!(ids.len(), COMMANDS.len());
    }

    #[test]
    fn every_usage_begins_with_the_name() {
        for info in COMMANDS {
            assert!(!info.usage.is_empty());
            for usage in info.usage {
                assert_eq!(usage.split(' ').next(), Some(info.name), "{usage}");
            }
        }
    }

    #[test]
    fn secret_commands_exist() {
        assert!(SECRET_COMMANDS.iter().all(|name| CommandInfo::find(name).is_some()));
    }
}
