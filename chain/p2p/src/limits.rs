//! Every limit of the peer-to-peer network in one place: what it bounds, and why it is as large as it is.

use std::time::Duration;

// Frames.

/// Largest greeting. It holds a name, two ids and a status: a tenth of this.
pub(crate) const HELLO_BYTES: usize = 1024;
/// Largest request for data: 512 ids take 16 KiB.
pub(crate) const REQUEST_BYTES: usize = 32 * 1024;
/// Largest answer. One block with its transactions must fit: at the largest median that the long-term rule allows within a year
/// of growth, with room. Memory is taken as bytes arrive, not when a length is announced.
pub(crate) const RESPONSE_BYTES: usize = 32 * 1024 * 1024;
/// Where an answer of several blocks ends: small enough that many peers can be asked at once, large enough that the time of a
/// round trip does not count.
pub(crate) const RESPONSE_SOFT_BYTES: usize = 2 * 1024 * 1024;

// Counts inside messages.

/// Ids of a locator: ten near the tip, then at doubling distances; 64 reach back further than a chain can be long.
pub(crate) const LOCATOR_IDS: u32 = 64;
/// Block ids of one answer.
pub(crate) const ANSWERED_IDS: u32 = 2_048;
/// Blocks of one request. An empty block takes a third of a kilobyte, so that this many make a tenth of a megabyte.
pub(crate) const REQUESTED_BLOCKS: u32 = 256;
/// Transactions of one request: those of a block that nobody sent before.
pub(crate) const REQUESTED_TRANSACTIONS: u32 = 512;
/// Addresses that a peer tells of at a time.
pub(crate) const EXCHANGED_PEERS: u32 = 64;
/// Addresses taken from one answer. Less than a peer may tell, so that one liar cannot fill the book.
pub(crate) const ACCEPTED_PEERS: usize = 32;
/// Transactions of a block in an answer; each takes at least [`LEAST_TRANSACTION_BYTES`], which bounds what decoding allocates.
pub(crate) const BLOCK_TRANSACTIONS: u32 = 0x0010_0000;
/// No transaction is smaller: its key alone takes more.
pub(crate) const LEAST_TRANSACTION_BYTES: u32 = 16;
/// Largest transaction (chain §2.6 rule 1).
pub(crate) const TRANSACTION_BYTES: u32 = 1_000_000;
/// Largest block without its transactions: twice the full reward zone would fit in as ids (chain §4.5).
pub(crate) const BLOCK_BYTES: u32 = 1_048_576;
/// Largest checkpoint: a vote takes 66 bytes, a quorum has 20 voters (chain §4.12).
pub(crate) const CHECKPOINT_BYTES: u32 = 8_192;
/// Ids of waiting transactions in one answer.
pub(crate) const POOL_IDS: u32 = 4_096;

// Gossip.

/// Largest gossip message of all, with what the transport adds.
pub(crate) const GOSSIP_FRAME_BYTES: usize = 1_048_576 + 16 * 1024;
/// Largest vote; a checkpoint vote takes about 150 bytes (staking §15.7).
pub(crate) const VOTE_BYTES: usize = 4_096;
/// Largest uptime proof; with keys, versions and addresses about 500 bytes (staking §14).
pub(crate) const UPTIME_PROOF_BYTES: usize = 16_384;
/// Largest approved blink: a transaction with at most twenty signatures (chain §5.3).
pub(crate) const BLINK_BYTES: usize = TRANSACTION_BYTES as usize + 4_096;
/// Messages that are looked at together: one thread for blocks must always be left.
pub(crate) const JUDGED_TOGETHER: usize = 4;
/// Messages of one topic that are looked at together.
pub(crate) const JUDGED_OF_TOPIC: usize = 2;
/// Bytes of messages that wait to be looked at, of each topic. What does not fit is not passed on.
pub(crate) const WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Messages that wait to be looked at, of each topic.
pub(crate) const WAITING_MESSAGES: usize = 1_024;
/// Messages of this node's own that wait to be sent, and bytes of them; the oldest make room.
pub(crate) const OUTBOX_MESSAGES: usize = 1_024;
/// See [`OUTBOX_MESSAGES`].
pub(crate) const OUTBOX_BYTES: usize = 16 * 1024 * 1024;
/// How long a message is remembered so that it is not taken twice.
pub(crate) const REMEMBER_MESSAGES: Duration = Duration::from_secs(120);

// Messages between service nodes.

/// Largest message or answer. A block template of Pulse is as large as a block without its transactions, a transaction for the
/// blink quorum as large as a transaction.
pub(crate) const QUORUM_MESSAGE_BYTES: u32 = BLOCK_BYTES + 64 * 1024;
/// Largest frame of one: with its subject and length.
pub(crate) const QUORUM_FRAME_BYTES: usize = QUORUM_MESSAGE_BYTES as usize + 16;
/// Bytes of each message and each question that are read from anybody at any time: all that Pulse says while its blocks hold no
/// more than 250 transactions.
pub(crate) const QUORUM_FREE_BYTES: usize = 8 * 1024;
/// Bytes beyond these of messages that are being read, from all peers together, and as many of questions.
pub(crate) const QUORUM_READ_BYTES: usize = 64 * 1024 * 1024;
/// Messages and questions that wait for one service node, and bytes of them; the oldest messages make room. A round of Pulse takes
/// about 66 messages between two nodes at most.
pub(crate) const WAITING_FOR_NODE: usize = 256;
/// See [`WAITING_FOR_NODE`].
pub(crate) const WAITING_FOR_NODE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that wait for all service nodes together; while there are as many, nothing more is taken.
pub(crate) const WAITING_FOR_ALL_BYTES: usize = 64 * 1024 * 1024;
/// Service nodes for which something waits or to which a way is remembered.
pub(crate) const QUORUM_ROUTES: usize = 512;
/// How long a message waits for its connection. What is older is of no use to Pulse.
pub(crate) const MESSAGE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a question waits for its connection.
pub(crate) const QUESTION_PATIENCE: Duration = Duration::from_secs(10);
/// Messages to one node that it did not confirm yet; the rest waits here.
pub(crate) const TOLD_TOGETHER: usize = 32;
/// Questions to one node that it did not answer yet; more are not asked.
pub(crate) const QUESTIONS_TO_NODE: usize = 16;
/// Streams of messages of one connection: those of both sides with as much room again, and the same for questions.
pub(crate) const QUORUM_STREAMS: usize = 64;
/// Time until a message is confirmed: a megabyte over a slow line.
pub(crate) const TOLD_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the answer to a question. A blink quorum answers within a minute (chain §5).
pub(crate) const QUESTION_TIMEOUT: Duration = Duration::from_secs(75);
/// Messages of one service node that wait to be handed on, and bytes of them. More are refused: the others have room of their own.
pub(crate) const HEARD_OF_NODE: usize = 256;
/// See [`HEARD_OF_NODE`].
pub(crate) const HEARD_OF_NODE_BYTES: usize = 4 * 1024 * 1024;
/// Messages that a service node may tell at once after a pause, and how many more each second: four blocks of Pulse a second.
pub(crate) const TOLD_BURST: u32 = 2_048;
/// See [`TOLD_BURST`].
pub(crate) const TOLD_A_SECOND: u32 = 256;
/// Questions that are being answered, of all peers and of one.
pub(crate) const QUESTIONS_TOGETHER: usize = 64;
/// See [`QUESTIONS_TOGETHER`].
pub(crate) const QUESTIONS_OF_PEER: usize = 8;
/// Messages and questions of a peer that come before its greeting was read and are looked at then, and bytes of them.
pub(crate) const EARLY_MESSAGES: usize = 32;
/// See [`EARLY_MESSAGES`].
pub(crate) const EARLY_BYTES: usize = 64 * 1024;
/// Connections to and from service nodes beside the ordinary ones. A quorum has a dozen, a network some hundred active nodes;
/// the least recently used goes.
pub(crate) const SERVICE_NODE_CONNECTIONS: usize = 128;
/// Service nodes that are kept connected because they will be needed.
pub(crate) const PREPARED_NODES: usize = 64;
/// Connections to a service node beside the ordinary ones by those that did not prove to be one: newcomers, and nodes that ask.
pub(crate) const PASSING_CONNECTIONS: usize = 32;
/// How long these stay: as long as a question takes.
pub(crate) const PASSING_TIME: Duration = Duration::from_secs(90);
/// Longest pause between two attempts to reach a service node.
pub(crate) const QUORUM_DIAL_PAUSE: Duration = Duration::from_secs(30);

// Requests.

/// Time for an answer. A block of megabytes over a slow line takes seconds.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Time from the connection to the greeting.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests of one peer that are read together.
pub(crate) const STREAMS_OF_PEER: usize = 16;
/// Requests of all peers that are answered together: bounds the memory for answers.
pub(crate) const ANSWERED_TOGETHER: usize = 16;
/// Requests of one peer that are answered together: twice what its sync asks, and no quarter of the places is more.
pub(crate) const ANSWERED_OF_PEER: usize = 4;
/// Transactions on their stem that are looked at together. Apart from answers: a declined stem gives its origin away sooner.
pub(crate) const STEMS_TOGETHER: usize = 8;
/// Requests that a peer may make at once after a pause, and how many more each second. A syncing peer makes ten a second.
pub(crate) const REQUEST_BURST: u32 = 256;
/// See [`REQUEST_BURST`].
pub(crate) const REQUESTS_A_SECOND: u32 = 32;
/// Requests of this node's own to one peer that wait for an answer while it syncs: one arrives while the next is made.
pub(crate) const REQUESTS_OF_SYNC: usize = 2;
/// Bytes of blocks that came and wait for those before them, and of answers that may be as large as one can be: eight at a time.
pub(crate) const SYNC_WINDOW_BYTES: usize = 8 * RESPONSE_BYTES;
/// Batches that are asked or wait: with small blocks their number is the limit.
pub(crate) const SYNC_WINDOW_BATCHES: usize = 24;
/// Transactions whose proofs are verified together before their blocks are applied: a third of a second of two cores.
pub(crate) const SYNC_TRANSACTIONS_AHEAD: usize = 128;
/// Ids known ahead; below half of it more are asked for.
pub(crate) const SYNC_IDS_AHEAD: usize = 8_192;

// Connections.

/// Connections that are being opened by others.
pub(crate) const PENDING_INBOUND: usize = 32;
/// Connections of one peer that it opened itself: two nodes that call each other at the same time have two for a moment.
pub(crate) const CONNECTIONS_OF_PEER: u32 = 2;
/// Connections of one host, loopback excepted.
pub(crate) const PEERS_OF_HOST: usize = 4;
/// How often a missing greeting, a dead connection or a lack of peers is looked for.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// How often peers tell each other their newest block when nothing else happens.
pub(crate) const STATUS_INTERVAL: Duration = Duration::from_secs(30);
/// How often addresses are asked for while there are too few peers.
pub(crate) const EXCHANGE_INTERVAL: Duration = Duration::from_secs(60);
/// How often the book of addresses is written.
pub(crate) const SAVE_INTERVAL: Duration = Duration::from_secs(120);

// Memory of peers.

/// Addresses remembered.
pub(crate) const KNOWN_PEERS: usize = 2_000;
/// Peers whose penalties are remembered after they went.
pub(crate) const REMEMBERED_STANDINGS: usize = 4_096;
/// Bans remembered.
pub(crate) const REMEMBERED_BANS: usize = 10_000;
/// Peers that the next start goes to first: the longest connected of this one, so that nobody can surround a node that starts.
pub(crate) const ANCHORS: usize = 3;
/// Largest file of bans that is read: what is remembered takes a third of it.
pub(crate) const BANS_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Largest file of addresses that is read.
pub(crate) const BOOK_FILE_BYTES: u64 = 1024 * 1024;
