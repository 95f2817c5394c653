//! Lists and byte strings that know how long they may be. SCALE itself has no limits.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input, Output};

/// At most `MOST` values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounded<T, const MOST: u32>(Vec<T>);

impl<T, const MOST: u32> Default for Bounded<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MOST: u32> Bounded<T, MOST> {
    /// Takes the first `MOST`.
    pub(crate) fn of(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().take(MOST as usize).collect())
    }

    pub(crate) fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MOST: u32> std::ops::Deref for Bounded<T, MOST> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Encode, const MOST: u32> Encode for Bounded<T, MOST> {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        self.0.encode_to(output);
    }
}

impl<T: Decode, const MOST: u32> Decode for Bounded<T, MOST> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        /// Values for which room is made before any of them is read.
        const ROOM: usize = 64;
        let count = length(input, 0, MOST)?;
        let mut values = Vec::with_capacity(count.min(ROOM));
        for _ in 0..count {
            values.push(T::decode(input)?);
        }
        Ok(Self(values))
    }
}

/// From `LEAST` to `MOST` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes<const LEAST: u32, const MOST: u32>(Vec<u8>);

impl<const LEAST: u32, const MOST: u32> Bytes<LEAST, MOST> {
    /// The bytes, if there are not too few or too many.
    pub(crate) fn new(bytes: Vec<u8>) -> Option<Self> {
        let fits = (LEAST as usize..=MOST as usize).contains(&bytes.len());
        fits.then_some(Self(bytes))
    }

    pub(crate) fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<const LEAST: u32, const MOST: u32> std::ops::Deref for Bytes<LEAST, MOST> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const LEAST: u32, const MOST: u32> Encode for Bytes<LEAST, MOST> {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        self.0.encode_to(output);
    }
}

impl<const LEAST: u32, const MOST: u32> Decode for Bytes<LEAST, MOST> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let count = length(input, LEAST, MOST)?;
        if input.remaining_len()?.is_some_and(|left| left < count) {
            return Err("fewer bytes than announced".into());
        }
        let mut bytes = vec![0; count];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

fn length<I: Input>(input: &mut I, least: u32, most: u32) -> Result<usize, Error> {
    let Compact(count) = Compact::<u32>::decode(input)?;
    if count < least || count > most {
        return Err("a length outside its limits".into());
    }
    usize::try_from(count).map_err(|_| "a length outside its limits".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::DecodeAll;

    #[test]
    fn what_fits_returns_as_it_was() {
        let list = Bounded::<u32, 3>::of([1, 2, 3]);
        assert_eq!(Bounded::decode_all(&mut &list.encode()[..]), Ok(list));
        let bytes = Bytes::<1, 4>::new(vec![7; 4]).unwrap();
        assert_eq!(Bytes::decode_all(&mut &bytes.encode()[..]), Ok(bytes));
    }

    #[test]
    fn more_than_the_limit_is_refused_by_its_length_alone() {
        assert!(Bounded::<u32, 3>::decode(&mut &Compact(4_u32).encode()[..]).is_err());
        assert!(Bounded::<u32, 3>::decode(&mut &vec![0_u32; 4].encode()[..]).is_err());
        assert!(Bytes::<1, 4>::decode(&mut &vec![0_u8; 5].encode()[..]).is_err());
        assert!(Bytes::<2, 4>::decode(&mut &vec![0_u8; 1].encode()[..]).is_err());
        assert!(Bytes::<1, 5>::new(vec![0; 6]).is_none());
    }

    #[test]
    fn an_announced_length_takes_no_memory_that_did_not_arrive() {
        let mut announced = Compact(u32::MAX).encode();
        announced.push(1);
        assert!(Bytes::<0, { u32::MAX }>::decode(&mut &announced[..]).is_err());
        assert!(Bounded::<u64, { u32::MAX }>::decode(&mut &announced[..]).is_err());
    }

    #[test]
    fn a_list_is_cut_to_its_limit_when_it_is_made() {
        assert_eq!(&*Bounded::<u8, 2>::of([1, 2, 3]), &[1, 2]);
    }
}
