//! Peers: who is connected, who is known, who is kept away.

use crate::fixture::Fixture;
use oxen_node_api::{Acquaintance, Direction, KnownPeer, PeerConnection, SyncSpan};
use oxen_rpc::{Access, types::ErrorCode};
use oxen_types::{Hash, Height, Timestamp};
use serde_json::json;
use std::time::Duration;

fn connection(direction: Direction, tip: Option<(Height, Hash)>, since: u64) -> PeerConnection {
    PeerConnection {
        peer: "12D3KooW".to_owned(),
        address: "/ip4/127.0.0.1/tcp/5".to_owned(),
        host: [127, 0, 0, 1].into(),
        port: 5,
        direction,
        since: Timestamp::from_seconds(since),
        tip,
        round_trip: Some(Duration::from_millis(12)),
        penalty_points: 7,
    }
}

#[test]
fn connections_tell_where_the_peer_is_and_what_it_has() {
    let fixture = Fixture::start();
    let tip = (Height::new(9), Hash::new([3; 32]));
    *fixture.peers.connections.lock().unwrap() = vec![
        connection(Direction::Inbound, Some(tip), fixture.now() - 5),
        connection(Direction::Outbound, None, fixture.now()),
    ];
    let answer = fixture.result("get_connections", &json!({}));
    let greeted = &answer["connections"][0];
    assert_eq!(greeted["incoming"], true);
    assert_eq!(greeted["state"], "normal");
    assert_eq!(greeted["height"], 10);
    assert_eq!(greeted["port"], "5");
    assert_eq!(greeted["live_time"], 5);
    assert_eq!(greeted["round_trip_ms"], 12);
    assert_eq!(answer["connections"][1]["state"], "before_handshake");
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(info["incoming_connections_count"], 1);
    assert_eq!(info["outgoing_connections_count"], 1);
}

#[test]
fn known_addresses_are_told_apart_by_who_met_them() {
    let fixture = Fixture::start();
    let known = |acquaintance, last| KnownPeer {
        peer: "id".to_owned(),
        host: [10, 0, 0, last].into(),
        port: 22022,
        last_seen: Timestamp::from_seconds(8),
        acquaintance,
    };
    *fixture.peers.known.lock().unwrap() = vec![known(Acquaintance::Met, 1), known(Acquaintance::Heard, 2)];
    let answer = fixture.path(Access::Admin, "/get_peer_list", &json!({})).json();
    assert_eq!(answer["white_list"][0]["host"], "10.0.0.1");
    assert_eq!(answer["gray_list"][0]["host"], "10.0.0.2");
    assert_eq!(answer["gray_list"][0]["port"], 22022);
    let info = fixture.result("get_info", &json!({}));
    assert_eq!(
        (&info["white_peerlist_size"], &info["grey_peerlist_size"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn the_sync_shows_its_target_and_what_is_on_its_way() {
    let fixture = Fixture::start();
    *fixture.control.sync.lock().unwrap() = Some(Height::new(99));
    let span = |first, bytes| SyncSpan {
        first: Height::new(first),
        blocks: 20,
        peer: "id".to_owned(),
        bytes,
    };
    *fixture.peers.spans.lock().unwrap() = vec![span(11, 0), span(31, 500)];
    let answer = fixture.result("sync_info", &json!({}));
    assert_eq!(answer["height"], 11);
    assert_eq!(answer["target_height"], 100);
    assert_eq!(answer["spans"][1]["start_block_height"], 31);
    assert_eq!(answer["spans"][1]["size"], 500);
    assert_eq!(answer["overview"], "[.o]");
}

#[test]
fn limits_are_read_and_changed() {
    let fixture = Fixture::start();
    assert_eq!(fixture.result("out_peers", &json!({}))["out_peers"], 8);
    let unset = fixture.result("out_peers", &json!({"set": false, "value": 3}));
    assert_eq!(unset["out_peers"], 8);
    assert_eq!(
        fixture.result("out_peers", &json!({"set": true, "value": 3}))["out_peers"],
        3
    );
    let by_path = fixture
        .path(Access::Admin, "/in_peers", &json!({"in_peers": "5"}))
        .json();
    assert_eq!(by_path["in_peers"], 5);
    assert_eq!(fixture.result("out_peers", &json!({}))["out_peers"], 3);
}

#[test]
fn hosts_are_banned_and_let_in_again() {
    let fixture = Fixture::start();
    let list = json!({"bans": [{"host": "192.0.2.1", "ban": true, "seconds": 60}, {"ip": "::1", "ban": true}]});
    fixture.result("set_bans", &list);
    let bans = fixture.result("get_bans", &json!({}));
    assert_eq!(bans["bans"][0], json!({"host": "192.0.2.1", "seconds": 60}));
    assert_eq!(bans["bans"][1], json!({"host": "::1", "seconds": 86_400}));
    let banned = |host: &str| fixture.result("banned", &json!({"address": host}))["banned"].clone();
    assert_eq!(banned("192.0.2.1"), true);
    fixture.result("set_bans", &json!({"host": "192.0.2.1", "ban": false}));
    assert_eq!(banned("192.0.2.1"), false);
}

#[test]
fn a_wrong_host_changes_nothing() {
    let fixture = Fixture::start();
    let list = json!({"bans": [{"host": "192.0.2.1", "ban": true}, {"host": "example.org", "ban": true}]});
    let (code, message) = fixture.failure("set_bans", &list);
    assert_eq!(code, ErrorCode::WrongParameter);
    assert!(message.contains("example.org"), "{message}");
    assert_eq!(fixture.result("get_bans", &json!({}))["bans"], json!([]));
}
