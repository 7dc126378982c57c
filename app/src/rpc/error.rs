//! Why a page did not get its data, in the kinds that pages treat differently.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RpcError {
    #[error("not found")]
    NotFound,
    /// An invalid query string; the text says what the list accepts.
    #[error("{0}")]
    BadRequest(String),
    /// Too many reads wait, above all of the same caller.
    #[error("too many requests are waiting; try again in {retry_after_seconds} s")]
    Busy { retry_after_seconds: u64 },
    /// The store failed; the server's log has the cause under this reference.
    #[error("the store did not answer (reference {reference})")]
    Unavailable { reference: String },
    /// The request or its response was lost in transit.
    #[error("the portal could not be reached: {0}")]
    Transport(String),
}

impl RpcError {
    /// The HTTP status of this error.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::BadRequest(_) => 400,
            Self::Busy { .. } | Self::Unavailable { .. } => 503,
            Self::Transport(_) => 500,
        }
    }
}

impl FromServerFnError for RpcError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let error = match error {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => Self::BadRequest(message),
            other => Self::Transport(other.to_string()),
        };
        // A request that cannot be decoded never reaches a `RequestContext`.
        #[cfg(feature = "ssr")]
        super::request_context::set_status(&error);
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_a_status_and_round_trips_as_json() {
        let errors = [
            (RpcError::NotFound, 404),
            (RpcError::BadRequest("`page=0`".into()), 400),
            (RpcError::Busy { retry_after_seconds: 2 }, 503),
            (RpcError::Unavailable { reference: "r-1".into() }, 503),
            (RpcError::Transport("reset".into()), 500),
        ];
        for (error, status) in errors {
            assert_eq!(error.status(), status);
            assert_eq!(RpcError::de(error.ser()), error);
        }
    }
}
