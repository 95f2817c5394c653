//! What an operator sees of the node when things go right and when they go wrong.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use oxen_localnet::{NodeProcess, programs};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Output},
};

fn oxend(data_directory: &Path, arguments: &[&str]) -> Output {
    Command::new(programs::find("oxend").expect("oxend is built"))
        .arg("--data-dir")
        .arg(data_directory)
        .args(arguments)
        .output()
        .expect("oxend runs")
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "it should have been refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_taken_port_a_used_folder_and_an_unknown_network_are_refused_in_a_sentence() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = NodeProcess::start_regtest(first.path(), 0, &[]).unwrap();
    let port = node.address().rsplit(':').next().unwrap().to_owned();

    let taken = refusal(&oxend(second.path(), &["--regtest", &format!("--rpc-port={port}")]));
    assert!(
        taken.contains(&format!("port {port}")) && taken.contains("is taken"),
        "{taken}"
    );
    let used = refusal(&oxend(first.path(), &["--regtest", "--rpc-port=0"]));
    assert!(used.contains("is in use by another oxend"), "{used}");
    assert!(used.contains(&node.process_id().to_string()), "{used}");
    let mainnet = refusal(&oxend(second.path(), &["--rpc-port=0"]));
    assert!(
        mainnet.contains("mainnet cannot be followed by this version"),
        "{mainnet}"
    );
    let missing = refusal(&oxend(second.path(), &["--network", "/nonexistent/network.json"]));
    assert!(missing.contains("cannot read the network description"), "{missing}");
    assert!(node.stop().unwrap().success());
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_database_of_another_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).unwrap();
    assert!(node.stop().unwrap().success());
    // The same folder, another genesis: what a copied data directory looks like.
    let description = json!({
        "name": "other", "network_id": "00112233445566778899aabbccddeeff",
        "address_prefixes": { "standard": 114, "integrated": 115, "subaddress": 116 },
        "hard_forks": [{ "version": 7, "revision": 0, "height": 0 }, { "version": 19, "revision": 3, "height": 1 }],
        "genesis_tx": "021e01ff000380808d93f5d771027c4fd4553bc9886f1f49e3f76d945bf71e8632a94e6c177b19cbc780e7e6bdb48080b4ccd4dfc60302c8b9f6461f58ef3f2107e577c7425d06af584a1c7482bf19060e84059c98b4c3808088fccdbcc32302732b53b0b0db706fcc3087074fb4b786da5ab72b2065699f9453448b0db27f892101ed71f2ce3fc70d7b2036f8a4e4b3fb75c66c12184b55a908e7d1a1d6995566cf00",
        "genesis_nonce": 1_022_201, "genesis_block_version": [7, 7], "genesis_timestamp": 0,
        "genesis_hash": "08ff156d993012b0bdf2816c4bee47c9bbc7930593b70ee02574edddf15ee933",
        "constants": { "FIXED_DIFFICULTY": { "value": 1 } },
    });
    let file = folder.path().join("network.json");
    std::fs::write(&file, description.to_string()).unwrap();
    let other = NodeProcess::start(folder.path(), &["--network", file.to_str().unwrap(), "--rpc-port=0"]);
    // A private network has its own folder, so it starts beside the other chain.
    let other = other.unwrap();
    assert_eq!(other.rpc().height().unwrap(), 1);
    assert!(other.stop().unwrap().success());
    let mut private = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let chain = private
        .find(|path| path.join("chain").is_dir() && !path.ends_with("regtest"))
        .unwrap();
    std::fs::remove_dir_all(folder.path().join("regtest/chain")).unwrap();
    std::fs::rename(chain.join("chain"), folder.path().join("regtest/chain")).unwrap();
    let text = refusal(&oxend(folder.path(), &["--regtest", "--rpc-port=0"]));
    assert!(text.contains("network"), "{text}");
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn garbage_on_the_rpc_port_neither_stops_nor_fills_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).unwrap();
    node.rpc().generate_blocks(5).unwrap();
    let bodies: [Vec<u8>; 6] = [
        b"\0\x01\x02\xff".to_vec(),
        b"POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{".to_vec(),
        b"POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{{{{{".to_vec(),
        [
            b"POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n".as_slice(),
            &[b'['; 200_000],
        ]
        .concat(),
        [b"GET /".as_slice(), &[b'a'; 100_000], b" HTTP/1.1\r\n\r\n"].concat(),
        b"POST /wallet_blocks HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff"
            .to_vec(),
    ];
    for body in &bodies {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(node.address()).unwrap();
            stream
                .set_read_timeout(Some(std::time::Duration::from_millis(50)))
                .unwrap();
            // The node may close the connection before it has read everything.
            let _ = stream.write_all(body);
            let _ = stream.read(&mut [0; 1024]);
        }
    }
    for params in [
        json!({"tx_as_hex": "00"}),
        json!({"tx_as_hex": "zz"}),
        json!({"tx_as_hex": 7}),
        json!([]),
    ] {
        let answer = node.rpc().call("send_raw_transaction", &params);
        assert!(answer.is_err() || answer.unwrap()["status"] != "OK", "{params}");
    }
    assert_eq!(node.rpc().height().unwrap(), 6);
    assert_eq!(node.rpc().get("/healthy").unwrap().0, 200);
    assert!(node.stop().unwrap().success());
}

#[test]
#[ignore = "needs the programs: make end-to-end"]
fn a_signal_stops_the_node_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let node = NodeProcess::start_regtest(folder.path(), 0, &[]).unwrap();
    node.rpc().generate_blocks(3).unwrap();
    let killed = Command::new("kill")
        .args(["-TERM", &node.process_id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert!(node.wait().unwrap().success(), "SIGTERM ends with exit status 0");
    let again = NodeProcess::start_regtest(folder.path(), 0, &[]).unwrap();
    assert_eq!(again.rpc().height().unwrap(), 4);
}
