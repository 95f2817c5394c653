//! One message a stream: four bytes of length, little-endian, and the message in SCALE.
//!
//! A request that is none is handed on as what is wrong with it: of an error while reading one, libp2p tells nobody.

use crate::limits::QUORUM_FREE_BYTES;
use async_trait::async_trait;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::request_response;
use parity_scale_codec::{DecodeAll, Encode};
use std::{io, marker::PhantomData, sync::Arc};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum FrameError {
    /// Longer than it may be.
    #[error("a message of {bytes} bytes; at most {limit} are allowed")]
    TooLong {
        /// Announced.
        bytes: usize,
        /// Allowed.
        limit: usize,
    },
    /// Not a message.
    #[error("a message that does not decode")]
    Garbage,
}

impl FrameError {
    /// What a transport error is about, if it came from here.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// There is no room for the rest of a message: no offence, others take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many bytes of messages are being read from all peers")]
struct NoRoom;

/// Bytes that may be read together. Who sends them is not known while they are read, so it is one for all peers.
#[derive(Debug, Clone)]
struct Budget {
    /// Of each message that need no room.
    free: usize,
    room: Arc<Semaphore>,
}

/// Reads and writes requests `Q` and answers `A`.
pub(crate) struct Frames<Q, A> {
    request_limit: usize,
    answer_limit: usize,
    /// For requests; answers are asked for one by one.
    budget: Option<Budget>,
    messages: PhantomData<fn() -> (Q, A)>,
}

impl<Q, A> Frames<Q, A> {
    /// With limits in bytes.
    pub(crate) const fn new(request_limit: usize, answer_limit: usize) -> Self {
        Self {
            request_limit,
            answer_limit,
            budget: None,
            messages: PhantomData,
        }
    }

    /// With a bound for the bytes of all requests that are read together, those aside that any of them may have.
    pub(crate) fn reading_at_most(self, bytes: usize) -> Self {
        let budget = Budget {
            free: QUORUM_FREE_BYTES,
            room: Arc::new(Semaphore::new(bytes)),
        };
        Self {
            budget: Some(budget),
            ..self
        }
    }
}

impl<Q, A> Clone for Frames<Q, A> {
    fn clone(&self) -> Self {
        Self {
            budget: self.budget.clone(),
            ..Self::new(self.request_limit, self.answer_limit)
        }
    }
}

#[async_trait]
impl<Q, A> request_response::Codec for Frames<Q, A>
where
    Q: Encode + DecodeAll + Send + 'static,
    A: Encode + DecodeAll + Send + 'static,
{
    type Protocol = libp2p::StreamProtocol;
    type Request = Result<Q, FrameError>;
    type Response = A;

    async fn read_request<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<Result<Q, FrameError>>
    where
        T: AsyncRead + Unpin + Send,
    {
        match read(io, self.request_limit, self.budget.as_ref()).await {
            Ok(request) => Ok(Ok(request)),
            Err(error) => FrameError::of(&error).map(Err).ok_or(error),
        }
    }

    async fn read_response<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<A>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.answer_limit, None).await
    }

    async fn write_request<T>(
        &mut self,
        _: &Self::Protocol,
        io: &mut T,
        request: Result<Q, FrameError>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &request?.encode(), self.request_limit).await
    }

    async fn write_response<T>(&mut self, _: &Self::Protocol, io: &mut T, answer: A) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &answer.encode(), self.answer_limit).await
    }
}

/// Bytes that are read, and for which room is taken, at a time.
const PIECE: usize = 64 * 1024;

async fn read<M: DecodeAll>(
    io: &mut (impl AsyncRead + Unpin + Send),
    limit: usize,
    budget: Option<&Budget>,
) -> io::Result<M> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let bytes = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if bytes > limit {
        return Err(FrameError::TooLong { bytes, limit }.into());
    }
    // Grows with what arrives: an announced length alone takes neither memory nor room.
    let mut message = Vec::new();
    let mut room = Vec::new();
    while message.len() < bytes {
        let piece = match budget {
            None => bytes.saturating_sub(message.len()),
            Some(budget) if message.len() < budget.free => budget.free.min(bytes),
            Some(budget) => {
                let piece = PIECE.min(bytes.saturating_sub(message.len()));
                room.push(budget.take(piece)?);
                // With what reading to the end wants free, so that the capacity is not doubled.
                message.reserve_exact(piece.saturating_add(32));
                piece
            }
        };
        let before = message.len();
        io.take(piece as u64).read_to_end(&mut message).await?;
        if message.len() == before {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    M::decode_all(&mut message.as_slice()).map_err(|_| FrameError::Garbage.into())
}

impl Budget {
    fn take(&self, bytes: usize) -> io::Result<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).map_err(io::Error::other)?;
        Arc::clone(&self.room)
            .try_acquire_many_owned(bytes)
            .map_err(|_| io::Error::other(NoRoom))
    }
}

async fn write(io: &mut (impl AsyncWrite + Unpin + Send), message: &[u8], limit: usize) -> io::Result<()> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    if message.len() > limit {
        return Err(FrameError::TooLong {
            bytes: message.len(),
            limit,
        }
        .into());
    }
    io.write_all(&length.to_le_bytes()).await?;
    io.write_all(message).await?;
    io.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{executor::block_on, io::Cursor};

    fn read_all(bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        block_on(read(&mut Cursor::new(bytes), limit, None))
    }

    #[test]
    fn a_message_returns_as_it_was() {
        let mut written = Vec::new();
        block_on(write(&mut Cursor::new(&mut written), &vec![1_u8, 2].encode(), 10)).unwrap();
        assert_eq!(read_all(&written, 10).unwrap(), [1, 2]);
    }

    #[test]
    fn a_long_message_is_refused_by_its_length() {
        let error = read_all(&u32::MAX.to_le_bytes(), 10).unwrap_err();
        assert!(matches!(
            FrameError::of(&error),
            Some(FrameError::TooLong { limit: 10, .. })
        ));
        let mut nothing = Vec::new();
        assert!(block_on(write(&mut Cursor::new(&mut nothing), &[0; 11], 10)).is_err());
        assert!(nothing.is_empty());
    }

    #[test]
    fn garbage_and_cut_messages_are_told_apart() {
        let garbage = read_all(&[2, 0, 0, 0, 9, 9], 10).unwrap_err();
        assert_eq!(FrameError::of(&garbage), Some(FrameError::Garbage));
        let cut = read_all(&[2, 0, 0, 0, 4], 10).unwrap_err();
        assert_eq!(FrameError::of(&cut), None);
    }

    fn written(bytes: usize) -> Vec<u8> {
        let mut written = Vec::new();
        block_on(write(
            &mut Cursor::new(&mut written),
            &vec![7_u8; bytes].encode(),
            usize::MAX,
        ))
        .unwrap();
        written
    }

    #[test]
    fn bytes_that_all_peers_send_together_are_bounded_and_small_messages_pass_always() {
        let budget = Budget {
            free: 100,
            room: Arc::new(Semaphore::new(3 * PIECE)),
        };
        let read = |bytes: usize| -> io::Result<Vec<u8>> {
            block_on(read(&mut Cursor::new(written(bytes)), usize::MAX, Some(&budget)))
        };
        assert_eq!(read(3 * PIECE).unwrap(), vec![7; 3 * PIECE]);
        assert_eq!(
            budget.room.available_permits(),
            3 * PIECE,
            "what was read gives its room back"
        );
        let error = read(4 * PIECE).unwrap_err();
        assert!(error.get_ref().unwrap().is::<NoRoom>(), "{error}");
        assert_eq!(FrameError::of(&error), None, "it is no offence");
        assert_eq!(budget.room.available_permits(), 3 * PIECE);
        let others = budget.take(3 * PIECE).unwrap();
        assert!(read(200).is_err());
        assert_eq!(read(50).unwrap(), vec![7; 50]);
        drop(others);
        assert_eq!(read(200).unwrap(), vec![7; 200]);
    }

    #[test]
    fn an_announced_length_alone_takes_no_room_and_a_half_message_takes_what_came_at_most() {
        let codec = Frames::<Vec<u8>, Vec<u8>>::new(usize::MAX, usize::MAX).reading_at_most(2 * PIECE);
        let budget = codec.clone().budget.unwrap();
        let mut cut = written(10 * PIECE);
        cut.truncate(4 + budget.free);
        let error = block_on(read::<Vec<u8>>(&mut Cursor::new(&cut[..4]), usize::MAX, Some(&budget))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error = block_on(read::<Vec<u8>>(&mut Cursor::new(&cut), usize::MAX, Some(&budget))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(
            codec.budget.unwrap().room.available_permits(),
            2 * PIECE,
            "clones share it"
        );
    }
}
