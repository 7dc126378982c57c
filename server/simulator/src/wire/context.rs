//! What an SSM, SQS or Organizations operation can see: one site of the estate, its clock, and the request.

use http::StatusCode;
use jiff::{Timestamp, civil::Date};
use serde::{Serialize, de::DeserializeOwned};

use super::{calls::Target, error::ApiError, fault::FaultKind};
use crate::{
    clock,
    estate::{Command, Estate, Site},
};

/// How far [`FaultKind::Lagging`] lists lag behind.
const LAG_SECONDS: i64 = 24 * 3_600;

pub(super) struct Context<'a> {
    /// None in a Region where the account has nothing.
    pub site: Option<&'a Site>,
    pub estate: &'a Estate,
    pub target: Target<'a>,
    pub now: Timestamp,
    pub body: &'a [u8],
    pub fault: Option<&'a FaultKind>,
}

impl<'a> Context<'a> {
    pub(super) fn today(&self) -> Date {
        clock::date_of(self.now)
    }

    /// The commands that SSM lists, oldest first.
    pub(super) fn listed_commands(&self) -> &'a [Command] {
        let commands = self.site.map_or(&[][..], |site| site.remembered_commands(self.today()));
        let known_until = self.now - clock::seconds(LAG_SECONDS);
        match self.fault {
            Some(FaultKind::Lagging) => {
                &commands[..commands.partition_point(|command| command.requested_at <= known_until)]
            }
            _ => commands,
        }
    }

    /// The input of the operation, read from the request's body.
    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body)
            .map_err(|error| ApiError::common(StatusCode::BAD_REQUEST, "SerializationException", error.to_string()))
    }
}

/// Serializes an operation's output or a part of it.
pub(super) fn to_json(output: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(output).map_err(|error| ApiError::ssm("InternalServerError", &error.to_string()))
}
