//! The journal file: records behind each other, each sealed, so that one more can be added without touching the others.
//!
//! Behind the prefix ([`super::prefix`]) follow frames: the length of the sealed record, u32 little endian, and the sealed
//! record. Its context is the prefix and the number of the frame, u64 little endian, so that frames can be neither moved nor
//! left out. A frame that a crash cut off was never reported as written, and is dropped when the file is opened.

use super::{
    FileError,
    prefix::{self, FileKind, PREFIX_BYTES, WalletId},
    record::{JournalRecord, Unrecoverable},
    replace::{self, Previous},
    sealing::SealingKey,
};
use rand_core::{CryptoRng, RngCore};
use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// More bytes than a journal has.
pub const MAX_BYTES: u64 = 4 << 30;
const LENGTH_BYTES: usize = 4;

/// The journal of an open wallet.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    prefix: [u8; PREFIX_BYTES],
    /// Number of the next frame.
    next_frame: u64,
    /// Bytes up to the end of the last whole frame.
    length: u64,
}

/// What was read from a journal.
#[derive(Debug)]
pub struct ReadJournal {
    /// The file, to go on writing.
    pub file: JournalFile,
    /// The records in order.
    pub records: Vec<Zeroizing<Vec<u8>>>,
    /// What is behind them.
    pub tail: Tail,
}

/// What is behind the last good frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    Clean,
    /// The beginning of a frame that a crash cut off, or one bad frame at the very end: never reported as written.
    CutOff,
    /// A bad frame with more behind it: the file was changed.
    Damaged,
}

impl ReadJournal {
    /// What the records say together.
    #[must_use]
    pub fn replay(&self) -> Option<Unrecoverable> {
        JournalRecord::replay(self.records.iter().map(|record| record.as_slice()))
    }
}

impl JournalFile {
    /// The journal of a wallet, whether or not the file is there.
    #[must_use]
    pub fn new(path: PathBuf, id: WalletId) -> Self {
        Self {
            path,
            prefix: prefix::encode(FileKind::Journal, id),
            next_frame: 0,
            length: 0,
        }
    }

    /// Reads the bytes of a journal file.
    ///
    /// # Errors
    /// [`FileError`] of the prefix, [`FileError::OtherWallet`].
    pub fn read(path: &Path, id: WalletId, bytes: &[u8], key: &SealingKey) -> Result<ReadJournal, FileError> {
        let (found, _, mut rest) = prefix::split(path, FileKind::Journal, bytes)?;
        if found != id {
            return Err(FileError::OtherWallet { path: path.to_owned() });
        }
        let mut file = Self::new(path.to_owned(), id);
        let mut records = Vec::new();
        let tail = loop {
            if rest.is_empty() {
                break Tail::Clean;
            }
            let Some((frame, behind)) = split_frame(rest) else {
                break Tail::CutOff;
            };
            let Ok(record) = key.open(&file.context(), frame) else {
                break if behind.is_empty() { Tail::CutOff } else { Tail::Damaged };
            };
            records.push(record);
            file.next_frame += 1;
            rest = behind;
        };
        file.length = (bytes.len() - rest.len()) as u64;
        Ok(ReadJournal { file, records, tail })
    }

    /// Replaces everything by one record.
    ///
    /// # Errors
    /// [`FileError::Io`]; the file is as it was before then.
    pub fn rewrite(
        &mut self,
        key: &SealingKey,
        record: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FileError> {
        let mut fresh = Self {
            next_frame: 0,
            length: 0,
            path: self.path.clone(),
            ..*self
        };
        let bytes = [fresh.prefix.as_slice(), &fresh.frame(key, record, rng)].concat();
        replace::replace(&self.path, &bytes, Previous::Keep)?;
        fresh.next_frame = 1;
        fresh.length = bytes.len() as u64;
        *self = fresh;
        Ok(())
    }

    /// Adds a record and brings it to disk.
    ///
    /// # Errors
    /// [`FileError::Io`]; the record is not in the journal then.
    pub fn append(
        &mut self,
        key: &SealingKey,
        record: &[u8],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FileError> {
        let frame = self.frame(key, record, rng);
        let mut file = OpenOptions::new()
            .write(true)
            .open(&self.path)
            .map_err(FileError::io("open", &self.path))?;
        let mut write = || -> std::io::Result<()> {
            // What a crash cut off behind the last whole frame goes away first.
            file.set_len(self.length)?;
            std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0))?;
            file.write_all(&frame)?;
            file.sync_all()
        };
        write().map_err(FileError::io("write", &self.path))?;
        self.next_frame += 1;
        self.length += frame.len() as u64;
        Ok(())
    }

    /// True when the file is there, begins with a record of everything, and has nothing bad in it.
    #[must_use]
    pub const fn can_be_added_to(&self) -> bool {
        self.next_frame > 0
    }

    fn frame(&self, key: &SealingKey, record: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
        let sealed = key.seal(&self.context(), record, rng);
        let length = u32::try_from(sealed.len()).expect("a record is limited by the memory of one wallet, below 4 GiB");
        [length.to_le_bytes().as_slice(), &sealed].concat()
    }

    fn context(&self) -> Vec<u8> {
        [self.prefix.as_slice(), &self.next_frame.to_le_bytes()].concat()
    }
}

/// The next frame without its length, and what is behind it; nothing when it is cut off.
fn split_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::OsRng;
    use std::fs;

    struct Fixture {
        _folder: tempfile::TempDir,
        path: PathBuf,
        id: WalletId,
        key: SealingKey,
        file: JournalFile,
    }

    /// A journal with the records `one`, `two` and `three`.
    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wallet.journal");
        let (id, key) = (WalletId::random(&mut OsRng), SealingKey::random(&mut OsRng));
        let mut file = JournalFile::new(path.clone(), id);
        file.rewrite(&key, b"one", &mut OsRng).unwrap();
        file.append(&key, b"two", &mut OsRng).unwrap();
        file.append(&key, b"three", &mut OsRng).unwrap();
        Fixture {
            _folder: folder,
            path,
            id,
            key,
            file,
        }
    }

    impl Fixture {
        fn read(&self, bytes: &[u8]) -> ReadJournal {
            JournalFile::read(&self.path, self.id, bytes, &self.key).unwrap()
        }

        fn bytes(&self) -> Vec<u8> {
            fs::read(&self.path).unwrap()
        }
    }

    fn texts(journal: &ReadJournal) -> Vec<&str> {
        journal
            .records
            .iter()
            .map(|record| std::str::from_utf8(record).unwrap())
            .collect()
    }

    #[test]
    fn records_come_back_in_order_and_can_be_replaced_by_one() {
        let mut fixture = fixture();
        let journal = fixture.read(&fixture.bytes());
        assert_eq!(
            (texts(&journal), journal.tail),
            (vec!["one", "two", "three"], Tail::Clean)
        );
        fixture.file.rewrite(&fixture.key, b"all", &mut OsRng).unwrap();
        fixture.file.append(&fixture.key, b"more", &mut OsRng).unwrap();
        assert_eq!(texts(&fixture.read(&fixture.bytes())), ["all", "more"]);
    }

    #[test]
    fn a_crash_at_any_byte_of_an_append_loses_that_record_only_and_the_journal_goes_on() {
        let fixture = fixture();
        let whole = fixture.bytes();
        let third = 4 + 5 + super::super::sealing::OVERHEAD;
        for length in whole.len() - third..whole.len() {
            fs::write(&fixture.path, &whole[..length]).unwrap();
            let mut journal = fixture.read(&whole[..length]);
            assert_eq!(texts(&journal), ["one", "two"], "length {length}");
            assert_eq!(journal.tail == Tail::Clean, length == whole.len() - third);
            journal.file.append(&fixture.key, b"four", &mut OsRng).unwrap();
            let journal = fixture.read(&fixture.bytes());
            assert_eq!(
                (texts(&journal), journal.tail),
                (vec!["one", "two", "four"], Tail::Clean)
            );
        }
    }

    #[test]
    fn a_changed_bit_is_never_read_as_a_record() {
        let fixture = fixture();
        let whole = fixture.bytes();
        for bit in PREFIX_BYTES * 8..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let journal = fixture.read(&changed);
            assert!(journal.tail != Tail::Clean && journal.records.len() < 3, "bit {bit}");
        }
    }

    #[test]
    fn frames_cannot_change_places_or_be_left_out() {
        let fixture = fixture();
        let whole = fixture.bytes();
        let (prefix, frames) = whole.split_at(PREFIX_BYTES);
        let (first, rest) = frames.split_at(4 + 3 + super::super::sealing::OVERHEAD);
        let (second, third) = rest.split_at(first.len());
        assert_eq!(
            texts(&fixture.read(&[prefix, second, first, third].concat())),
            Vec::<&str>::new()
        );
        let journal = fixture.read(&[prefix, first, third].concat());
        assert_eq!(texts(&journal), ["one"]);
    }

    #[test]
    fn the_journal_of_another_wallet_is_refused() {
        let fixture = fixture();
        let other = WalletId::random(&mut OsRng);
        let refused = JournalFile::read(&fixture.path, other, &fixture.bytes(), &fixture.key).unwrap_err();
        assert!(matches!(refused, FileError::OtherWallet { .. }));
    }
}
