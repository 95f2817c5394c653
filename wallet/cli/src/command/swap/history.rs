//! `swap history`: every burn of this wallet, whatever became of it, and what the contract has paid.

use super::{payments, progress};
use crate::{
    command::{CommandError, Reply},
    session::Session,
};
use serde_json::json;

/// Lists the receipts; a daemon that answers says how far they are, a provider what is paid.
pub(super) async fn history(session: &mut Session) -> Result<Reply, CommandError> {
    let daemon = session.daemon().await.ok();
    let mut burns = progress::own(session, daemon.as_ref()).await;
    let payments = payments::ask(session, daemon.as_ref(), &mut burns).await;
    let mut text = if burns.is_empty() {
        "This wallet has burned nothing.".to_owned()
    } else {
        let parts: Vec<String> = burns.iter().map(|burn| burn.text(session)).collect();
        parts.join("\n\n")
    };
    text.push_str(&payments.text(&burns));
    Ok(Reply::new(
        text,
        json!({
            "burns": burns.iter().map(progress::Progress::json).collect::<Vec<_>>(),
            "arbitrum": payments.json(),
        }),
    ))
}
