//! No method without a description, an example that works, and a test.

use crate::fixture::Fixture;
use oxen_rpc::{Access, all_methods, binary::binary_methods, docs};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every other file of this test.
const SOURCES: &[&str] = &[
    include_str!("access.rs"),
    include_str!("blocks.rs"),
    include_str!("bridge.rs"),
    include_str!("chain.rs"),
    include_str!("limits.rs"),
    include_str!("making.rs"),
    include_str!("names.rs"),
    include_str!("outputs.rs"),
    include_str!("own_service_node.rs"),
    include_str!("peers.rs"),
    include_str!("pool.rs"),
    include_str!("portable.rs"),
    include_str!("registration.rs"),
    include_str!("service_nodes.rs"),
    include_str!("stakes.rs"),
    include_str!("submit.rs"),
    include_str!("swap.rs"),
    include_str!("transactions.rs"),
    include_str!("wallet.rs"),
];

/// The document for people.
const DOCUMENT: &str = include_str!("../../../../docs/rpc.md");

#[test]
fn every_method_is_called_by_a_test() {
    for method in all_methods() {
        let called = method.names().any(|name| {
            SOURCES
                .iter()
                .any(|source| source.contains(&format!("\"{name}\"")) || source.contains(&format!("\"/{name}\"")))
        });
        assert!(called, "no test calls {}", method.name);
    }
    for method in binary_methods() {
        let path = format!(
            "_{}_PATH",
            method
                .name
                .trim_start_matches("get_")
                .trim_end_matches(".bin")
                .to_uppercase()
        );
        let called = method.names().any(|name| {
            SOURCES
                .iter()
                .any(|source| source.contains(&format!("\"/{name}\"")) || source.contains(path.trim_start_matches('_')))
        });
        assert!(called, "no test calls {}", method.name);
    }
}

#[test]
fn every_example_is_answered_or_fails_as_documented() {
    let fixture = Fixture::start();
    for method in all_methods() {
        let params: Value = serde_json::from_str(method.example).unwrap();
        match fixture.call(Access::Admin, method.name, &params) {
            Ok(_) => {}
            Err(error) => {
                let documented = method.errors.iter().any(|code| code.number() == error.code);
                let needs_values = ["get_o_indexes", "submit_block"].contains(&method.name);
                assert!(documented || needs_values, "{}: {error:?}", method.name);
            }
        }
        if let Value::Object(fields) = params {
            for name in fields.keys() {
                assert!(
                    method.parameters.contains(&name.as_str()),
                    "{} does not document {name}",
                    method.name
                );
            }
        }
    }
}

#[test]
fn names_are_unique_and_summaries_are_sentences() {
    let mut names = BTreeSet::new();
    for method in all_methods() {
        for name in method.names() {
            assert!(names.insert(name), "{name} is there twice");
        }
        assert!(method.summary.ends_with('.'), "{}", method.name);
    }
    for method in binary_methods() {
        for name in method.names() {
            assert!(names.insert(name), "{name} is there twice");
        }
    }
}

#[test]
fn the_document_has_the_table_that_the_server_serves() {
    assert!(
        DOCUMENT.contains(docs::markdown_tables().trim()),
        "write the output of `cargo run -p oxen-rpc --example method_table` into docs/rpc.md"
    );
}

#[test]
fn programs_can_read_the_table_too() {
    let fixture = Fixture::start();
    let admin = fixture.client(Access::Admin).get("/openrpc.json").json();
    let public = fixture.client(Access::Public).get("/openrpc.json").json();
    let names = |document: &Value| -> Vec<String> {
        document["methods"]
            .as_array()
            .unwrap()
            .iter()
            .map(|method| method["name"].to_string())
            .collect()
    };
    assert_eq!(names(&admin).len(), all_methods().len());
    assert!(names(&public).len() < names(&admin).len());
    assert!(!names(&public).contains(&"\"stop_daemon\"".to_owned()));
}
