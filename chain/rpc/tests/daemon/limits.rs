//! Floods, slow clients, large requests, and the operator who still gets through.

use crate::fixture::Fixture;
use oxen_rpc::{Access, Rate};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

#[test]
fn a_request_that_is_too_large_is_refused() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.sizes.request_bytes = 1_000;
    });
    let body = vec![b' '; 1_001];
    assert_eq!(fixture.client(Access::Public).post("/json_rpc", &body).status, 413);
    assert_eq!(fixture.client(Access::Public).post("/get_info", &body).status, 413);
    assert_eq!(
        fixture
            .client(Access::Public)
            .post("/get_wallet_blocks.bin", &body)
            .status,
        413
    );
    assert_eq!(fixture.client(Access::Admin).post("/get_info", &body).status, 200);
}

#[test]
fn an_answer_that_is_too_large_is_refused() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.sizes.response_bytes = 2_000;
    });
    let answer = fixture.path(Access::Public, "/get_outs", &json!({ "outputs": vec![0; 100] }));
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].as_i64()),
        (200, Some(-1))
    );
    let error = fixture
        .call(Access::Public, "get_outs", &json!({ "outputs": vec![0; 100] }))
        .unwrap_err();
    assert!(error.message.contains("too big"), "{}", error.message);
}

#[test]
fn an_address_that_asks_too_often_is_told_when_to_come_again() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.rate = Some(Rate {
            per_second: 1,
            burst: 3,
        });
    });
    let client = fixture.client(Access::Public);
    for _ in 0..3 {
        assert_eq!(client.get("/get_height").status, 200);
    }
    let refused = client.get("/get_height");
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after")[0].parse::<u64>().unwrap() >= 1);
    let refused = client.post("/json_rpc", br#"{"id":1,"method":"get_height"}"#);
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].as_i64()),
        (429, Some(-32_003))
    );
    for _ in 0..20 {
        assert_eq!(
            fixture.client(Access::Admin).get("/get_height").status,
            200,
            "the operator is not counted"
        );
    }
}

#[test]
fn a_batch_counts_as_many_requests() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.rate = Some(Rate {
            per_second: 1,
            burst: 10,
        });
    });
    let batch = json!(vec![json!({ "id": 1, "method": "get_height" }); 10]).to_string();
    let client = fixture.client(Access::Public);
    assert_eq!(client.get("/get_height").status, 200);
    assert_eq!(client.post("/json_rpc", batch.as_bytes()).status, 429);
}

#[test]
fn the_operator_gets_through_while_the_public_side_is_flooded() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.rate = None;
    });
    let public = fixture.public;
    let flood: Vec<_> = (0..20)
        .map(|_| {
            thread::spawn(move || {
                for _ in 0..50 {
                    let client = crate::http::Client::new(public);
                    let status = client.get("/get_info").status;
                    assert!([200, 503].contains(&status), "{status}");
                }
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let start = Instant::now();
        assert_eq!(fixture.client(Access::Admin).get("/get_info").status, 200);
        slowest = slowest.max(start.elapsed());
    }
    for thread in flood {
        thread.join().unwrap();
    }
    assert!(
        slowest < Duration::from_secs(2),
        "an unoptimised build on a busy machine took {slowest:?}"
    );
}

#[test]
fn a_slow_client_is_given_up() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.timeout = Duration::from_millis(300);
    });
    let mut stream = TcpStream::connect(fixture.public).unwrap();
    stream
        .write_all(b"POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{")
        .unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[test]
fn connections_are_bounded() {
    let fixture = Fixture::with(|config| {
        config.listeners[1].limits.connections = 2;
    });
    let held: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(fixture.public).unwrap()).collect();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let turned_away = fixture
            .client(Access::Public)
            .raw(b"GET /get_height HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        if turned_away.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "the third client was served");
    }
    drop(held);
    loop {
        let served = fixture
            .client(Access::Public)
            .raw(b"GET /get_height HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        if served.starts_with(b"HTTP/1.1 200") {
            break;
        }
        assert!(Instant::now() < deadline, "the places did not come free");
    }
}

#[test]
fn clients_that_read_nothing_hold_no_more_than_there_is() {
    let fixture = Fixture::with(|config| {
        config.listeners[0].limits.memory = 100 * 1024;
        config.listeners[1].limits.memory = 100 * 1024;
    });
    let large = json!({ "id": 1, "method": "get_outs", "params": { "outputs": vec![0; 2_000] } }).to_string();
    let refused = fixture.client(Access::Public).post("/json_rpc", large.as_bytes());
    assert_eq!(
        refused.json()["error"]["code"],
        -32_003,
        "an answer of 300 kB does not fit"
    );
    let path = fixture.path(Access::Public, "/get_outs", &json!({ "outputs": vec![0; 2_000] }));
    assert_eq!(path.status, 503);
    let body = vec![b' '; 200 * 1024];
    assert_eq!(
        fixture.client(Access::Public).post("/get_info", &body).status,
        503,
        "nor does a request of 200 kB"
    );
    assert_eq!(
        fixture.client(Access::Public).get("/get_info").status,
        200,
        "what is small passes"
    );
}
