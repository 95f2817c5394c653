//! Who may call what: listeners, logins, web pages.

use crate::{fixture::Fixture, http::Client};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use oxen_rpc::{
    Access, BindError, ListenerConfig, Login, NodeHandles, RpcConfig, RpcServer, all_methods, method::Origin,
    types::ErrorCode,
};
use serde_json::json;
use std::sync::atomic::Ordering;

#[test]
fn every_admin_method_is_denied_to_the_public() {
    let fixture = Fixture::start();
    let admin: Vec<_> = all_methods()
        .into_iter()
        .filter(|method| method.access == Access::Admin)
        .collect();
    assert!(admin.len() >= 9);
    for method in admin {
        for name in method.names() {
            let error = fixture.call(Access::Public, name, &json!({})).unwrap_err();
            let expected = match method.origin {
                Origin::Monero => ErrorCode::MethodNotFound,
                Origin::Oxen => ErrorCode::NotPublic,
            };
            assert_eq!(error.code, expected.number(), "{name}");
            assert!(error.message.contains("admin listener"), "{}", error.message);
        }
        if method.has_path {
            let status = fixture
                .client(Access::Public)
                .post(&format!("/{}", method.name), b"{}")
                .status;
            assert!([403, 404].contains(&status), "{} {status}", method.name);
        }
    }
    assert_eq!(fixture.control.stops.load(Ordering::SeqCst), 0);
    assert_eq!(fixture.height(), 11);
}

#[test]
fn methods_of_other_versions_say_why_they_are_missing() {
    let fixture = Fixture::start();
    for access in [Access::Admin, Access::Public] {
        let error = fixture.call(access, "get_pending_events", &json!({})).unwrap_err();
        assert_eq!(error.code, ErrorCode::MethodNotFound.number());
        assert!(error.message.contains("no bridge"), "{}", error.message);
    }
    let probe = fixture.call(Access::Public, "sync_info", &json!({})).unwrap_err();
    assert_eq!(
        probe.code,
        ErrorCode::MethodNotFound.number(),
        "monero-python depends on it"
    );
    let keys = fixture
        .call(Access::Public, "get_service_privkeys", &json!({}))
        .unwrap_err();
    assert_eq!(keys.code, ErrorCode::NotPublic.number());
    let absent = fixture.call(Access::Admin, "get_net_stats", &json!({})).unwrap_err();
    assert!(absent.message.contains("does not count"), "{}", absent.message);
    assert_eq!(fixture.path(Access::Admin, "/get_net_stats", &json!({})).status, 404);
    assert_eq!(
        fixture.path(Access::Public, "/get_pending_events", &json!({})).status,
        404
    );
}

fn with_login() -> Fixture {
    Fixture::with(|config| {
        let mut login = Login::from_pair("user:secret").unwrap();
        login.token = Some("opensesame".to_owned().into());
        config.login = Some(login);
        config.cors_origins = vec!["https://wallet.example".to_owned()];
    })
}

#[test]
fn a_login_is_asked_for_and_three_kinds_are_taken() {
    let fixture = with_login();
    let client = || fixture.client(Access::Public);
    let refused = client().get("/get_height");
    assert_eq!(refused.status, 401);
    let challenges = refused.header("www-authenticate");
    assert!(
        challenges[0].starts_with("Digest ") && challenges[1].starts_with("Basic "),
        "{challenges:?}"
    );
    assert_eq!(client().post("/json_rpc", b"{}").status, 401);
    assert_eq!(client().post("/get_wallet_blocks.bin", b"").status, 401);
    assert_eq!(client().get("/openrpc.json").status, 401);
    let basic = format!("Basic {}", STANDARD.encode("user:secret"));
    assert_eq!(client().header("Authorization", &basic).get("/get_height").status, 200);
    assert_eq!(
        client()
            .header("Authorization", "Bearer opensesame")
            .get("/get_height")
            .status,
        200
    );
    let wrong = format!("Basic {}", STANDARD.encode("user:guess"));
    assert_eq!(client().header("Authorization", &wrong).get("/get_height").status, 401);
    let answer = digest_header(challenges[0], "user", "secret", "/get_height");
    assert_eq!(client().header("Authorization", &answer).get("/get_height").status, 200);
    assert_eq!(
        client().header("Authorization", &answer).get("/get_info").status,
        401,
        "signed for another path"
    );
    let answer = digest_header(challenges[0], "user", "guess", "/get_height");
    assert_eq!(client().header("Authorization", &answer).get("/get_height").status, 401);
}

/// What a client answers to a Digest challenge.
fn digest_header(challenge: &str, user: &str, password: &str, path: &str) -> String {
    let field = |name: &str| {
        let behind = challenge.split_once(&format!("{name}=\"")).unwrap().1;
        behind.split('"').next().unwrap().to_owned()
    };
    let md5 = |text: String| hex::encode(Md5::digest(text));
    let (realm, nonce) = (field("realm"), field("nonce"));
    let account = md5(format!("{user}:{realm}:{password}"));
    let request = md5(format!("GET:{path}"));
    let response = md5(format!("{account}:{nonce}:00000001:c:auth:{request}"));
    format!(
        r#"Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{path}", response="{response}", qop=auth, nc=00000001, cnonce="c""#
    )
}

#[test]
fn pages_of_named_origins_may_ask_and_others_may_not() {
    let fixture = with_login();
    let preflight = |client: Client, origin: &str| {
        client
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type,authorization")
            .request("OPTIONS", "/json_rpc", b"")
    };
    let allowed = preflight(fixture.client(Access::Admin), "https://wallet.example");
    assert_eq!(allowed.status, 200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        ["https://wallet.example"]
    );
    assert!(allowed.header("access-control-allow-headers")[0].contains("authorization"));
    let other = preflight(fixture.client(Access::Admin), "https://evil.example");
    assert!(other.header("access-control-allow-origin").is_empty());
    let client = fixture
        .client(Access::Admin)
        .header("Authorization", "Bearer opensesame");
    let answer = client.header("Origin", "https://wallet.example").get("/get_height");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), ["https://wallet.example"]);
}

#[test]
fn a_page_the_operator_visits_cannot_command_the_node() {
    let fixture = Fixture::start();
    let page = || fixture.client(Access::Admin).header("Origin", "https://evil.example");
    assert_eq!(
        page()
            .header("Content-Type", "text/plain")
            .post("/stop_daemon", b"")
            .status,
        403
    );
    let image = fixture.client(Access::Admin).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(image.get("/stop_daemon").status, 403);
    assert_eq!(fixture.control.stops.load(Ordering::SeqCst), 0);
    let public = fixture.client(Access::Public).header("Origin", "https://any.example");
    assert_eq!(
        public.get("/get_height").status,
        200,
        "strangers may ask the public listener"
    );
}

fn bind(config: RpcConfig, handles: NodeHandles) -> Result<RpcServer, BindError> {
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(RpcServer::bind(config, handles))
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_advice() {
    let fixture = Fixture::start();
    let handles = crate::fixture::NodeParts::new(&fixture.source()).handles();
    let taken = RpcConfig {
        listeners: vec![ListenerConfig::admin(fixture.admin)],
        ..RpcConfig::default()
    };
    let error = bind(taken, handles.clone()).err().unwrap();
    assert!(matches!(error, BindError::AddressInUse { .. }));
    let text = error.to_string();
    assert!(
        text.contains(&fixture.admin.port().to_string()) && text.contains("--rpc-admin"),
        "{text}"
    );
    let any = "127.0.0.1:0".parse().unwrap();
    let open = RpcConfig {
        listeners: vec![ListenerConfig::admin(any)],
        cors_origins: vec!["*".to_owned()],
        login: None,
    };
    assert!(matches!(
        bind(open.clone(), handles.clone()),
        Err(BindError::OriginsWithoutLogin)
    ));
    let odd = RpcConfig {
        cors_origins: vec!["wallet.example".to_owned()],
        ..open.clone()
    };
    assert!(matches!(
        bind(odd, handles.clone()),
        Err(BindError::InvalidOrigin { .. })
    ));
    let far = RpcConfig {
        listeners: vec![ListenerConfig::public("192.0.2.1:0".parse().unwrap())],
        ..RpcConfig::default()
    };
    assert!(matches!(
        bind(far, handles.clone()),
        Err(BindError::AddressNotAvailable { .. })
    ));
    let public = RpcConfig {
        listeners: vec![ListenerConfig::public(any)],
        ..open
    };
    assert!(bind(public, handles).is_ok(), "strangers may come from any page");
}
