//! The methods described for people and for programs, from the same table that serves them.

use crate::{binary::binary_methods, config::Access, method::Method, methods::all_methods, types::RPC_VERSION};
use serde_json::{Value, json};
use std::fmt::Write;

/// The OpenRPC description of what a listener serves.
#[must_use]
pub fn openrpc(access: Access, version: &str) -> Value {
    let describe = |method: &Method| {
        let parameters: Vec<Value> = method
            .parameters
            .iter()
            .map(|name| json!({ "name": name, "schema": true }))
            .collect();
        let errors: Vec<Value> = method
            .errors
            .iter()
            .map(|code| json!({ "code": code.number(), "message": format!("{code:?}") }))
            .collect();
        json!({
            "name": method.name,
            "summary": method.summary,
            "paramStructure": "by-name",
            "params": parameters,
            "result": { "name": "result", "schema": true },
            "errors": errors,
            "x-aliases": method.aliases,
            "x-path": method.has_path,
            "x-access": access_name(method.access),
        })
    };
    let methods: Vec<Value> = all_methods()
        .iter()
        .filter(|method| method.access <= access)
        .map(describe)
        .collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "Oxen daemon",
            "version": version,
            "description": format!("Interface {}.{}", RPC_VERSION >> 16, RPC_VERSION & 0xffff),
        },
        "methods": methods,
    })
}

const fn access_name(access: Access) -> &'static str {
    match access {
        Access::Public => "public",
        Access::Admin => "admin",
    }
}

/// The tables of `docs/rpc.md`.
#[must_use]
pub fn markdown_tables() -> String {
    let mut text = String::from(
        "| method | also called | listener | path | parameters | errors | what it does |\n|---|---|---|---|---|---|---|\n",
    );
    for method in all_methods() {
        let errors: Vec<String> = method.errors.iter().map(|code| code.number().to_string()).collect();
        let path = if method.has_path {
            format!("`/{}`", method.name)
        } else {
            String::new()
        };
        let written = writeln!(
            text,
            "| `{}` | {} | {} | {path} | {} | {} | {} |",
            method.name,
            code_list(method.aliases),
            access_name(method.access),
            code_list(method.parameters),
            errors.join(", "),
            method.summary,
        );
        debug_assert!(written.is_ok(), "text grows without end");
    }
    text.push_str("\n| binary path | also | bytes in, bytes out | what it does |\n|---|---|---|---|\n");
    for method in binary_methods() {
        let aliases: Vec<String> = method.aliases.iter().map(|name| format!("`/{name}`")).collect();
        let written = writeln!(
            text,
            "| `/{}` | {} | {} | {} |",
            method.name,
            aliases.join(" "),
            method.format,
            method.summary
        );
        debug_assert!(written.is_ok(), "text grows without end");
    }
    text
}

fn code_list(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(" ")
}
