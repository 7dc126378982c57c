//! Why a page could not get its answer, in the few kinds that a page treats differently.

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
    /// A query string that cannot be what the person meant; the text says what the list takes.
    #[error("{0}")]
    BadRequest(String),
    /// The store did not answer; the cause is in the server's log under this reference.
    #[error("the store did not answer (reference {reference})")]
    Unavailable { reference: String },
    /// The question or its answer was lost on the way.
    #[error("the portal could not be reached: {0}")]
    Transport(String),
}

impl RpcError {
    /// The HTTP status that says the same.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::BadRequest(_) => 400,
            Self::Unavailable { .. } => 503,
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
        // A question that could not even be read never came to a desk.
        #[cfg(feature = "ssr")]
        super::desk::tell(&error);
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_status_and_survives_the_wire() {
        let errors = [
            (RpcError::NotFound, 404),
            (RpcError::BadRequest("`page=0`".into()), 400),
            (RpcError::Unavailable { reference: "r-1".into() }, 503),
            (RpcError::Transport("reset".into()), 500),
        ];
        for (error, status) in errors {
            assert_eq!(error.status(), status);
            assert_eq!(RpcError::de(error.ser()), error);
        }
    }
}
