//! A daemon in memory for trying clients: both listeners on fixed ports, a private network with mainnet's address prefixes, a
//! few mined transfers, one that waits. `cargo run -p oxen-rpc --example fixture [user:password]`
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../tests/daemon/fixture.rs"]
#[allow(dead_code)]
mod fixture;
#[path = "../tests/daemon/http.rs"]
#[allow(dead_code)]
mod http;

use oxen_rpc::Login;
use oxen_testkit::{Account, TransferBuilder};
use oxen_types::Amount;

fn main() {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .init();
    let login = std::env::args().nth(1).map(|pair| Login::from_pair(&pair).unwrap());
    let fixture = fixture::Fixture::with(|config| {
        config.login = login;
        config.listeners[0].address = "127.0.0.1:22023".parse().unwrap();
        config.listeners[1].address = "127.0.0.1:22024".parse().unwrap();
    });
    for shape in [(1, 2), (2, 3), (1, 16)] {
        let transfer = TransferBuilder::new()
            .inputs(shape.0)
            .outputs(shape.1)
            .pay(&Account::named("customer"), Amount::OXEN)
            .build(&mut fixture.source());
        fixture.mine(&[&transfer]);
    }
    let waiting = TransferBuilder::new().build(&mut fixture.source());
    fixture.submit(&waiting);
    let unsent = TransferBuilder::new().build(&mut fixture.source());
    println!("admin http://{}, public http://{}", fixture.admin, fixture.public);
    println!("a transaction to send: {}", hex::encode(unsent.blob()));
    loop {
        std::thread::park();
    }
}
