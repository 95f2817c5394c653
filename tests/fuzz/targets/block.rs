//! A block that decodes encodes to a block that is the same, with the same id.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_types::{Block, Checkpoint, ConsensusDecode, ConsensusEncode};

fuzz_target!(|data: &[u8]| {
    if let Ok(block) = Block::decode(data) {
        let bytes = block.encode();
        // Unused bits of L2 votes are ignored when reading: only there may the bytes differ.
        assert!(bytes == data || block.header.l2.is_some());
        let again = Block::decode(&bytes).expect("what was written reads back");
        assert_eq!(again.id(), block.id());
        assert_eq!(again, block);
        let _ = (block.height(), block.has_pulse(), block.reward());
    }
    if let Ok(checkpoint) = Checkpoint::decode(data) {
        assert_eq!(checkpoint.encode(), data);
    }
});
