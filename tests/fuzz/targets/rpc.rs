//! Bodies and paths sent to the real RPC server over a socket: it answers each, and goes on answering.
#![no_main]
use libfuzzer_sys::fuzz_target;
use oxen_rpc::Access;
use std::sync::OnceLock;

#[path = "../../../chain/rpc/tests/daemon/fixture.rs"]
#[allow(dead_code)]
mod fixture;
#[path = "../../../chain/rpc/tests/daemon/http.rs"]
#[allow(dead_code)]
mod http;

fn daemon() -> &'static fixture::Fixture {
    static DAEMON: OnceLock<fixture::Fixture> = OnceLock::new();
    DAEMON.get_or_init(|| fixture::Fixture::with(|config| {
        for listener in &mut config.listeners {
            listener.limits.rate = None;
        }
    }))
}

/// Paths that the first byte chooses from: every kind of endpoint.
const PATHS: &[&str] = &[
    "/json_rpc",
    "/get_transactions",
    "/send_raw_transaction",
    "/is_key_image_spent",
    "/get_outs",
    "/wallet_blocks",
    "/get_blocks.bin",
    "/get_hashes.bin",
    "/get_outs.bin",
    "/get_o_indexes.bin",
    "/get_output_distribution.bin",
    "/get_transaction_pool_hashes.bin",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let path = PATHS[usize::from(*choice) % PATHS.len()];
    // A stop or a wait for news would end or stall the run.
    let forbidden = [b"stop_daemon".as_slice(), b"long_poll", b"pop_blocks", b"generateblocks"];
    if forbidden.iter().any(|word| body.windows(word.len()).any(|window| window == *word)) {
        return;
    }
    let answer = daemon().client(Access::Public).post(path, body);
    assert!((200..600).contains(&answer.status));
});
