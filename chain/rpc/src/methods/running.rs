//! Running the node (rpc §3.10).

use crate::{
    error::MethodError,
    method::Method,
    node::Call,
    types::{
        ErrorCode, Status,
        admin::{PopBlocksAnswer, PopBlocksRequest, StatusAnswer},
        chain::NoParameters,
    },
};

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "pop_blocks",
            "Takes the newest blocks back; their transactions return to the pool.",
            pop_blocks,
        )
        .admin()
        .path()
        .parameters(&["nblocks"])
        .errors(&[ErrorCode::BlockNotAccepted])
        .example(r#"{"nblocks":0}"#),
        Method::new(
            "save_bc",
            "Nothing: every block is on disk when it is the newest.",
            save_bc,
        )
        .admin()
        .path(),
        Method::new("stop_daemon", "Stops the node in order.", stop_daemon)
            .admin()
            .path(),
    ]
}

fn pop_blocks(call: &Call<'_>, request: PopBlocksRequest) -> Result<PopBlocksAnswer, MethodError> {
    let tip = call
        .handles()
        .writer
        .pop_blocks(request.nblocks)
        .map_err(MethodError::BlockNotAccepted)?;
    Ok(PopBlocksAnswer {
        height: tip.next().index(),
        untrusted: false,
        status: Status::OK,
    })
}

fn save_bc(_: &Call<'_>, _: NoParameters) -> Result<StatusAnswer, MethodError> {
    Ok(StatusAnswer {
        status: Status::OK,
        untrusted: false,
    })
}

/// The node goes on answering what was asked before, so that this answer arrives.
fn stop_daemon(call: &Call<'_>, _: NoParameters) -> Result<StatusAnswer, MethodError> {
    call.handles().control.request_stop();
    Ok(StatusAnswer {
        status: Status::OK,
        untrusted: false,
    })
}
