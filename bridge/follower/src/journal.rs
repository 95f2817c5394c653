//! What the log tells the operator: changes, not repetitions.

use crate::look::{LookError, Looked};
use oxen_node_api::L2Status;

/// Remembers what was said.
pub(crate) struct Journal {
    troubles: Vec<Option<String>>,
    error: Option<String>,
    has_followed: bool,
}

impl Journal {
    pub(crate) fn new(providers: usize) -> Self {
        Self {
            troubles: vec![None; providers],
            error: None,
            has_followed: false,
        }
    }

    /// After each look.
    pub(crate) fn write(&mut self, outcome: &Result<Looked, LookError>, status: &L2Status) {
        for (said, provider) in self.troubles.iter_mut().zip(&status.providers) {
            if *said != provider.trouble {
                match &provider.trouble {
                    Some(trouble) => tracing::warn!(provider = provider.name, "L2 provider: {trouble}"),
                    None => tracing::info!(provider = provider.name, "L2 provider: in order again"),
                }
                said.clone_from(&provider.trouble);
            }
        }
        match outcome {
            Ok(looked) => self.succeeded(looked),
            Err(error) => self.failed(error),
        }
    }

    fn succeeded(&mut self, looked: &Looked) {
        if looked.deep_change {
            tracing::warn!("L2 blocks changed that were taken for settled; everything was read anew");
        }
        if looked.vanished > 0 {
            tracing::warn!(
                events = looked.vanished,
                "L2 was reorganised: events vanished and are not reported"
            );
        }
        if self.error.take().is_some() || !self.has_followed {
            tracing::info!(l2_height = looked.head, "in step with L2");
        }
        self.has_followed = true;
    }

    fn failed(&mut self, error: &LookError) {
        let text = error.to_string();
        if self.error.as_ref() == Some(&text) {
            tracing::debug!(%error, "L2 was not read");
        } else {
            tracing::warn!("L2 was not read: {text}");
            self.error = Some(text);
        }
    }
}
