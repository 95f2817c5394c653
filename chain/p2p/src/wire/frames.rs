//! One message a stream: four bytes of length, little-endian, and the message in SCALE.
//!
//! A request that is none is handed on as what is wrong with it: of an error while reading one, libp2p tells nobody.

use async_trait::async_trait;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::request_response;
use parity_scale_codec::{DecodeAll, Encode};
use std::{io, marker::PhantomData};
use thiserror::Error;

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

/// Reads and writes requests `Q` and answers `A`.
pub(crate) struct Frames<Q, A> {
    request_limit: usize,
    answer_limit: usize,
    messages: PhantomData<fn() -> (Q, A)>,
}

impl<Q, A> Frames<Q, A> {
    /// With limits in bytes.
    pub(crate) const fn new(request_limit: usize, answer_limit: usize) -> Self {
        Self {
            request_limit,
            answer_limit,
            messages: PhantomData,
        }
    }
}

impl<Q, A> Clone for Frames<Q, A> {
    fn clone(&self) -> Self {
        Self::new(self.request_limit, self.answer_limit)
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
        match read(io, self.request_limit).await {
            Ok(request) => Ok(Ok(request)),
            Err(error) => FrameError::of(&error).map(Err).ok_or(error),
        }
    }

    async fn read_response<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<A>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.answer_limit).await
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

async fn read<M: DecodeAll>(io: &mut (impl AsyncRead + Unpin + Send), limit: usize) -> io::Result<M> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let bytes = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if bytes > limit {
        return Err(FrameError::TooLong { bytes, limit }.into());
    }
    // Grows with what arrives: an announced length alone takes no memory.
    let mut message = Vec::new();
    io.take(bytes as u64).read_to_end(&mut message).await?;
    if message.len() < bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    M::decode_all(&mut message.as_slice()).map_err(|_| FrameError::Garbage.into())
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
        block_on(read(&mut Cursor::new(bytes), limit))
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
}
