//! How RocksDB is set up: little memory, a short log, and each column for what it holds.

use crate::column::Column;
use oxen_state::TableId;
use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, DBRecoveryMode, LogLevel, Options};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Bits of bloom filter a key: about one needless look into a file in a hundred.
const BLOOM_BITS_A_KEY: f64 = 10.0;
/// Proofs from this size on stand in files of their own.
const SMALLEST_BLOB_BYTES: u64 = 256;

/// Memory and log of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RocksSettings {
    /// Bytes of blocks, indexes and filters kept in memory.
    pub cache_bytes: usize,
    /// Bytes of rows kept in memory before they are written to files, all columns together.
    pub write_buffer_bytes: usize,
    /// Bytes of log after which rows are written to files: bounds what is replayed after a crash.
    pub log_bytes: u64,
}

impl Default for RocksSettings {
    /// Together well below 150 MiB of memory, and a replay of about half a second.
    fn default() -> Self {
        Self {
            cache_bytes: 64 * MIB,
            write_buffer_bytes: 32 * MIB,
            log_bytes: 32 * MIB as u64,
        }
    }
}

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Rows are added at the end and read in order.
    Sequence,
    /// Rows are looked up by a hash, and often are not there.
    Lookup,
    /// Large incompressible rows by hash, rarely read, forgotten some day.
    Proofs,
}

fn use_of(name: &str) -> Use {
    let Some(column) = Column::all().find(|column| column.name() == name) else {
        return Use::Lookup;
    };
    match column {
        Column::State(TableId::TransactionProofs) => Use::Proofs,
        Column::State(TableId::Blocks | TableId::BlockBlobs | TableId::Outputs | TableId::Checkpoints)
        | Column::Undo => Use::Sequence,
        Column::State(_) | Column::Meta | Column::Auxiliary(_) => Use::Lookup,
    }
}

/// Settings made into what the library takes; all columns share one cache.
pub(super) struct Tuning {
    settings: RocksSettings,
    cache: Cache,
}

impl Tuning {
    pub(super) fn new(settings: &RocksSettings) -> Self {
        let cache = Cache::new_lru_cache(settings.cache_bytes).expect("the library reports no error for any size");
        Self {
            settings: *settings,
            cache,
        }
    }

    /// Bytes the cache holds now.
    pub(super) fn cache_bytes(&self) -> usize {
        self.cache.get_usage()
    }

    /// Options of the database as a whole.
    pub(super) fn database(&self) -> Options {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_db_write_buffer_size(self.settings.write_buffer_bytes);
        options.set_max_total_wal_size(self.settings.log_bytes);
        // After a crash the log is replayed up to its first incomplete record: batches are records, so this ends at a commit.
        options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
        options.set_max_background_jobs(2);
        options.set_max_open_files(512);
        options.set_bytes_per_sync(MIB as u64);
        options.set_skip_stats_update_on_db_open(true);
        options.set_log_level(LogLevel::Warn);
        options.set_keep_log_file_num(2);
        options.set_max_log_file_size(MIB);
        options.set_stats_dump_period_sec(0);
        options.set_stats_persist_period_sec(0);
        options
    }

    /// Options of the column `name`.
    pub(super) fn column(&self, name: &str) -> Options {
        let usage = use_of(name);
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&self.cache);
        blocks.set_cache_index_and_filter_blocks(true);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
        blocks.set_format_version(5);
        blocks.set_block_size(if usage == Use::Sequence { 16 * KIB } else { 4 * KIB });
        if usage != Use::Sequence {
            blocks.set_bloom_filter(BLOOM_BITS_A_KEY, false);
        }
        let mut options = Options::default();
        options.set_block_based_table_factory(&blocks);
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_write_buffer_size(8 * MIB);
        options.set_max_write_buffer_number(3);
        // Many columns hold little: memory for rows is taken in small pieces.
        options.set_arena_block_size(64 * KIB);
        options.set_target_file_size_base(32 * MIB as u64);
        options.set_max_bytes_for_level_base(128 * MIB as u64);
        if usage == Use::Proofs {
            // Curve points do not compress. In files of their own they are written once instead of at every compaction.
            options.set_enable_blob_files(true);
            options.set_min_blob_size(SMALLEST_BLOB_BYTES);
            options.set_blob_file_size(64 * MIB as u64);
            options.set_blob_compression_type(DBCompressionType::None);
            options.set_enable_blob_gc(true);
        }
        options
    }
}
