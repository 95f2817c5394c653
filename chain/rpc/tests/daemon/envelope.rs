//! What clients really send: ids of every kind, missing fields, odd content types, batches, garbage.

use crate::fixture::Fixture;
use oxen_rpc::{Access, types::ErrorCode};
use serde_json::{Value, json};

fn post(fixture: &Fixture, body: &str) -> Value {
    let answer = fixture.client(Access::Admin).post("/json_rpc", body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), ["application/json"]);
    answer.json()
}

#[test]
fn ids_come_back_with_their_type() {
    let fixture = Fixture::start();
    for id in ["0", "\"0\"", "\"x\\\"y\"", "null", "18446744073709551615", "\"\""] {
        let answer = post(
            &fixture,
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"get_block_count"}}"#),
        );
        let expected: Value = serde_json::from_str(id).unwrap();
        assert_eq!(answer["id"], expected);
        assert_eq!(answer["result"]["status"], "OK");
        assert!(answer.get("error").is_none(), "clients test whether the key is there");
        let failed = post(&fixture, &format!(r#"{{"id":{id},"method":"no_such"}}"#));
        assert_eq!(failed["id"], expected);
        assert!(failed.get("result").is_none());
    }
    let missing = post(&fixture, r#"{"method":"get_block_count"}"#);
    assert_eq!(
        (&missing["id"], &missing["result"]["count"]),
        (&Value::Null, &json!(11))
    );
    for id in ["{}", "[1]", "true", "-1", "1.5"] {
        let answer = post(&fixture, &format!(r#"{{"id":{id},"method":"get_block_count"}}"#));
        assert_eq!(answer["error"]["code"], ErrorCode::InvalidRequest.number(), "{id}");
    }
}

#[test]
fn parameters_may_be_missing_null_or_empty() {
    let fixture = Fixture::start();
    for params in [
        "",
        r#","params":null"#,
        r#","params":{}"#,
        r#","params":[]"#,
        r#","params":[ ]"#,
    ] {
        let answer = post(&fixture, &format!(r#"{{"id":1,"method":"get_height"{params}}}"#));
        assert_eq!(answer["result"]["height"], 11, "{params}");
    }
    for params in ["5", "\"x\"", "[1]", "true"] {
        let answer = post(
            &fixture,
            &format!(r#"{{"id":1,"method":"get_height","params":{params}}}"#),
        );
        assert_eq!(
            answer["error"]["code"],
            ErrorCode::InvalidParameters.number(),
            "{params}"
        );
        assert!(answer["error"]["data"].is_string(), "the complaint of the parser");
    }
}

#[test]
fn unknown_parameters_are_ignored_unless_the_client_is_strict() {
    let fixture = Fixture::start();
    let answer = fixture.result(
        "get_block",
        &json!({ "height": 1, "new_algorithm": true, "strict": false }),
    );
    assert_eq!(answer["block_header"]["height"], 1);
    let (code, text) = fixture.failure("get_block", &json!({ "height": 1, "hight": 2, "strict": true }));
    assert_eq!(code, ErrorCode::InvalidParameters);
    assert!(text.contains("hight"), "{text}");
    fixture.result("get_block", &json!({ "height": 1, "strict": true }));
}

#[test]
fn any_content_type_and_any_verb_will_do() {
    let fixture = Fixture::start();
    let body = br#"{"id":0,"method":"get_block_count","params":{}}"#;
    for content_type in [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "nonsense",
    ] {
        let client = fixture.client(Access::Public).header("Content-Type", content_type);
        assert_eq!(client.post("/json_rpc", body).json()["result"]["count"], 11);
        assert_eq!(client.request("PUT", "/json_rpc", body).json()["result"]["count"], 11);
    }
    let client = fixture.client(Access::Public);
    assert_eq!(client.get("/get_height").json()["height"], 11);
    assert_eq!(client.get("/getheight").json()["height"], 11);
    assert_eq!(client.post("/get_info", b"").json()["height"], 11);
    assert_eq!(client.post("/get_info", b"null").json()["height"], 11);
    assert_eq!(client.get("/get_height?x=1").json()["height"], 11);
}

#[test]
fn batches_are_answered_in_order_within_bounds() {
    let fixture = Fixture::start();
    let answer = post(
        &fixture,
        r#"[{"id":1,"method":"get_block_count"},{"id":"2","method":"no_such"},5,{"id":3,"method":"get_height"}]"#,
    );
    let answers = answer.as_array().unwrap();
    assert_eq!(
        (&answers[0]["id"], &answers[0]["result"]["count"]),
        (&json!(1), &json!(11))
    );
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["code"]),
        (&json!("2"), &json!(-32_601))
    );
    assert_eq!(answers[2]["error"]["code"], ErrorCode::InvalidRequest.number());
    assert_eq!(answers[3]["result"]["height"], 11);
    assert_eq!(
        post(&fixture, "[]")["error"]["code"],
        ErrorCode::InvalidRequest.number()
    );
    let many = vec![json!({ "id": 1, "method": "get_height" }); 51];
    let answer = fixture
        .client(Access::Public)
        .post("/json_rpc", json!(many).to_string().as_bytes())
        .json();
    assert_eq!(answer["error"]["code"], ErrorCode::InvalidRequest.number());
}

#[test]
fn garbage_has_an_error_and_never_a_crash() {
    let fixture = Fixture::start();
    for (body, code) in [
        (&b""[..], ErrorCode::Parse),
        (b"{", ErrorCode::Parse),
        (b"\xff\xfe\x00", ErrorCode::Parse),
        (b"null", ErrorCode::InvalidRequest),
        (b"5", ErrorCode::InvalidRequest),
        (b"\"get_info\"", ErrorCode::InvalidRequest),
        (b"{}", ErrorCode::InvalidRequest),
        (br#"{"method":""}"#, ErrorCode::InvalidRequest),
        (br#"{"method":5}"#, ErrorCode::InvalidRequest),
        (br#"{"id":1,"id":2,"method":"get_info"}"#, ErrorCode::InvalidRequest),
        (br#"{"method":"get_info"} trailing"#, ErrorCode::Parse),
        (br#"{"method":"rpc.discover"}"#, ErrorCode::MethodNotFound),
    ] {
        let answer = fixture.client(Access::Admin).post("/json_rpc", body);
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.json()["error"]["code"],
            code.number(),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let answer = fixture.client(Access::Admin).post("/json_rpc", &deep);
    assert_eq!(answer.json()[0]["error"]["code"], ErrorCode::InvalidRequest.number());
    let deep = format!(
        r#"{{"method":"get_transactions","params":{{"txs_hashes":{}}}}}"#,
        String::from_utf8(deep).unwrap()
    );
    let answer = fixture.client(Access::Admin).post("/json_rpc", deep.as_bytes());
    assert_eq!(
        answer.json()["error"]["code"],
        ErrorCode::InvalidParameters.number(),
        "nesting is bounded"
    );
    for raw in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ] {
        let _ = fixture.client(Access::Admin).raw(raw);
    }
    assert_eq!(
        fixture.result("get_height", &json!({}))["height"],
        11,
        "it still answers"
    );
}

#[test]
fn random_bodies_never_break_the_server() {
    let fixture = Fixture::start();
    let client = fixture.client(Access::Admin);
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    });
    let names: Vec<&str> = oxen_rpc::all_methods()
        .iter()
        .map(|method| method.name)
        .filter(|name| !["stop_daemon", "generateblocks", "pop_blocks"].contains(name))
        .collect();
    let text = proptest::prelude::any::<(proptest::sample::Index, String, u64, bool)>();
    runner
        .run(&text, |(which, text, number, list)| {
            let name = which.get(&names);
            let method = oxen_rpc::all_methods()
                .into_iter()
                .find(|method| method.name == *name)
                .unwrap();
            let value = if number % 2 == 0 { json!(text) } else { json!(number) };
            let value = if list { json!([value]) } else { value };
            let params: Value = method
                .parameters
                .iter()
                .map(|name| ((*name).to_owned(), value.clone()))
                .collect();
            let body = json!({ "id": 1, "method": name, "params": params }).to_string();
            let answer = client.post("/json_rpc", body.as_bytes());
            proptest::prop_assert_eq!(answer.status, 200);
            let code = answer.json()["error"]["code"].as_i64();
            proptest::prop_assert_ne!(code, Some(-32_603), "{}", body);
            Ok(())
        })
        .unwrap();
}

#[test]
fn plain_paths_tell_failures_by_status_or_text() {
    let fixture = Fixture::start();
    let client = fixture.client(Access::Admin);
    let malformed = client.post("/get_outs", b"{");
    assert_eq!(malformed.status, 400);
    let wrong = client.post("/get_outs", br#"{"outputs":[999]}"#);
    assert_eq!(wrong.status, 200, "Monero's clients read the status");
    assert_eq!(wrong.json()["error"]["code"], ErrorCode::WrongParameter.number());
    assert_ne!(wrong.json()["status"], "OK");
    assert_eq!(client.get("/no_such_path").status, 404);
    assert_eq!(client.get("/get_block").status, 404, "only by JSON-RPC");
    assert_eq!(client.get("/").status, 404);
    assert_eq!(client.get("/a/b").status, 404);
    assert_eq!(client.post("/get_info", b"\xff").status, 400);
    let answer = client.get("/get_height");
    assert_eq!(answer.header("server"), ["oxend/11.2.3-test testkit"]);
    let public = fixture.client(Access::Public).get("/get_height");
    assert_eq!(public.header("server"), ["oxend/11 testkit"]);
}
