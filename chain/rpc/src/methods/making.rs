//! Making blocks: templates, submissions, and blocks on request (rpc §3.10).

use crate::{
    error::MethodError,
    method::Method,
    node::Call,
    render::{halves, wide},
    types::{
        ErrorCode, Status,
        admin::{
            GenerateAnswer, GenerateRequest, MiningStatusAnswer, SubmitBlockAnswer, TemplateAnswer, TemplateRequest,
        },
        chain::NoParameters,
    },
};
use oxen_crypto::address::Address;
use oxen_node_api::{BlockOutcome, BlockSubmission, MiningError, SubmitBlockError};
use oxen_state::{BlockError, apply::seed_height, queries};
use oxen_types::{
    Block, ConsensusDecode, ConsensusEncode, Extra, ExtraField, Height, extra::ExtraNonce, network::ProofOfWorkRule,
};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "get_block_template",
            "The next block, which lacks its proof of work.",
            get_block_template,
        )
        .aliases(&["getblocktemplate"])
        .parameters(&["wallet_address", "reserve_size", "prev_block"])
        .errors(&[
            ErrorCode::ReserveSizeTooBig,
            ErrorCode::WrongAddress,
            ErrorCode::Subaddress,
            ErrorCode::CoreBusy,
            ErrorCode::Unsupported,
        ]),
        Method::new("submit_block", "Takes a block.", submit_block)
            .aliases(&["submitblock"])
            .positional()
            .parameters(&["blob"])
            .errors(&[
                ErrorCode::WrongParameter,
                ErrorCode::WrongBlock,
                ErrorCode::BlockNotAccepted,
                ErrorCode::CoreBusy,
                ErrorCode::WrongBlockSize,
            ])
            .example(r#"["00"]"#),
        Method::new(
            "generateblocks",
            "Makes blocks at once, on a network where that is allowed.",
            generateblocks,
        )
        .aliases(&["generate_blocks"])
        .admin()
        .parameters(&["amount_of_blocks", "wallet_address", "prev_block", "starting_nonce"])
        .errors(&[
            ErrorCode::WrongParameter,
            ErrorCode::WrongAddress,
            ErrorCode::BlockNotAccepted,
            ErrorCode::Subaddress,
            ErrorCode::RegtestRequired,
        ])
        .example(r#"{"amount_of_blocks":1}"#),
        Method::new(
            "mining_status",
            "That this version makes blocks only on request.",
            mining_status,
        )
        .admin()
        .path(),
    ]
}

/// Checks an address to mine to. Since HF19 pays a miner nothing, none is needed.
fn check_miner(call: &Call<'_>, text: &str) -> Result<(), MethodError> {
    if text.is_empty() {
        return Ok(());
    }
    let address =
        Address::parse(text, &call.network().address_prefixes).map_err(|reason| MethodError::WrongAddress {
            address: MethodError::excerpt(text),
            reason,
        })?;
    if address.is_subaddress() {
        Err(MethodError::Subaddress)
    } else {
        Ok(())
    }
}

const fn check_synchronised(call: Option<u64>) -> Result<(), MethodError> {
    if call.is_some() {
        Err(MethodError::CoreBusy)
    } else {
        Ok(())
    }
}

fn get_block_template(call: &Call<'_>, request: TemplateRequest) -> Result<TemplateAnswer, MethodError> {
    check_synchronised(call.sync_target())?;
    check_miner(call, &request.wallet_address)?;
    let reserve = request.reserve_size.unwrap_or(0);
    let reserve = usize::try_from(reserve)
        .ok()
        .filter(|size| *size <= ExtraNonce::MAX_LENGTH)
        .ok_or(MethodError::ReserveSizeTooBig { size: reserve })?;
    let snapshot = call.snapshot();
    let (_, tip) = queries::tip(&*snapshot)?;
    if !request.prev_block.is_empty() && request.prev_block != tip.id.to_string() {
        return Err(MethodError::NotOnTip { tip: tip.id });
    }
    let template = call.handles().mining.template()?;
    let mut block = template.block;
    let reserved_offset = reserve_bytes(&mut block, reserve);
    let seed_height = seed_height(template.height);
    let seed = queries::block_row(&*snapshot, seed_height)?
        .map(|row| row.id)
        .unwrap_or_default();
    let (difficulty, difficulty_top64) = halves(template.difficulty);
    Ok(TemplateAnswer {
        blockhashing_blob: block.hashing_blob().into(),
        difficulty,
        difficulty_top64,
        wide_difficulty: wide(template.difficulty),
        expected_reward: template.expected_reward,
        height: template.height.index(),
        prev_hash: block.header.previous,
        blocktemplate_blob: block.encode().into(),
        reserved_offset,
        seed_hash: seed,
        seed_height: seed_height.index(),
        untrusted: false,
        status: Status::OK,
    })
}

/// Adds a nonce of this many zero bytes to the coinbase and says where in the block it stands.
fn reserve_bytes(block: &mut Block, size: usize) -> u64 {
    let Some(coinbase) = block.miner_transaction.as_mut().filter(|_| size > 0) else {
        return 0;
    };
    let Some(nonce) = ExtraNonce::new(vec![0; size]) else {
        return 0;
    };
    let field = Extra::from_fields(vec![ExtraField::Nonce(nonce)]).encode();
    coinbase.prefix.extra.extend_from_slice(&field);
    // Behind the extra come the type, one byte, and the empty proofs, one byte.
    const BEHIND: usize = 2;
    let header = block.header.encode().len();
    let coinbase = block
        .miner_transaction
        .as_ref()
        .map_or(0, |coinbase| coinbase.encode().len());
    header
        .saturating_add(coinbase)
        .saturating_sub(BEHIND)
        .saturating_sub(size) as u64
}

fn submit_block(call: &Call<'_>, request: Vec<String>) -> Result<SubmitBlockAnswer, MethodError> {
    /// Bytes of a header.
    const SMALLEST: usize = 40;
    check_synchronised(call.sync_target())?;
    let [text] = request.as_slice() else {
        return Err(MethodError::ParameterCount { expected: "one block" });
    };
    let bytes = hex::decode(text.trim()).map_err(|_| MethodError::NotHex { what: "the block" })?;
    let most = call.sizes().request_bytes / 2;
    if bytes.len() < SMALLEST || bytes.len() > most {
        return Err(MethodError::WrongBlockSize {
            least: SMALLEST,
            most,
            found: bytes.len(),
        });
    }
    Block::decode(&bytes).map_err(MethodError::WrongBlock)?;
    let submission = BlockSubmission::alone(bytes);
    let outcome = call
        .handles()
        .writer
        .submit_block(submission)
        .map_err(|error| match error {
            SubmitBlockError::Invalid(BlockError::View(error)) => MethodError::View(error),
            error => MethodError::BlockNotAccepted(error),
        })?;
    let (id, height) = match outcome {
        BlockOutcome::Extended { id, height }
        | BlockOutcome::Reorganised { id, height, .. }
        | BlockOutcome::Alternative { id, height } => (id, Some(height)),
        BlockOutcome::AlreadyKnown { id } => (id, None),
    };
    Ok(SubmitBlockAnswer {
        block_id: id,
        height: height.map(Height::index),
        untrusted: false,
        status: Status::OK,
    })
}

fn generateblocks(call: &Call<'_>, request: GenerateRequest) -> Result<GenerateAnswer, MethodError> {
    check_miner(call, &request.wallet_address)?;
    let count = request.amount_of_blocks.ok_or(MethodError::MissingParameter {
        name: "amount_of_blocks",
    })?;
    let blocks = call.handles().mining.generate(count).map_err(|error| match error {
        MiningError::Refused(SubmitBlockError::Invalid(BlockError::View(error))) => MethodError::View(error),
        error => error.into(),
    })?;
    let snapshot = call.snapshot();
    let last = match blocks.last() {
        Some(id) => queries::block_height(&*snapshot, id)?,
        None => None,
    };
    let height = match last {
        Some(height) => height,
        None => queries::totals(&*snapshot)?.tip,
    };
    Ok(GenerateAnswer {
        height: height.index(),
        blocks,
        untrusted: false,
        status: Status::OK,
    })
}

fn mining_status(call: &Call<'_>, _: NoParameters) -> Result<MiningStatusAnswer, MethodError> {
    let network = call.network();
    let facts = call.facts(&call.snapshot())?;
    Ok(MiningStatusAnswer {
        pow_algorithm: match network.proof_of_work {
            ProofOfWorkRule::ByVersion => "RandomX (OXEN variant)",
            ProofOfWorkRule::AlwaysTurtle => "CryptoNight Turtle Light (Variant 2)",
        }
        .to_owned(),
        block_target: network.target_block_seconds,
        block_reward: facts.tip.reward.atomic(),
        difficulty: halves(facts.next_difficulty).0,
        status: Status::OK,
        ..MiningStatusAnswer::default()
    })
}
