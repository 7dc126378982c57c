//! What an SSM operation gets to see: one site of the estate, its clock, and the request's body.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Serialize, de::DeserializeOwned};

use super::{error::ApiError, page::Paging};
use crate::{
    clock,
    estate::{command::Command, site::Site},
};

/// A list that lags does not know what is younger.
const LAG_HOURS: i64 = 24;

pub(super) struct Context<'a> {
    /// None in a Region where the account has nothing.
    pub site: Option<&'a Site>,
    pub systems_account: &'a str,
    pub region: &'a str,
    pub operation: &'a str,
    pub now: Timestamp,
    pub body: &'a [u8],
    pub paging: Paging,
    /// What was requested lately is not listed yet, by a fault.
    pub lagging: bool,
}

impl<'a> Context<'a> {
    pub(super) fn today(&self) -> Date {
        clock::date_of(self.now)
    }

    /// The commands that the lists of them show, oldest first.
    pub(super) fn listed_commands(&self) -> &'a [Command] {
        let commands = self.site.map_or(&[][..], |site| site.remembered_commands(self.today()));
        let known_until = self.now - SignedDuration::from_hours(LAG_HOURS);
        match self.lagging {
            true => &commands[..commands.partition_point(|command| command.requested_at <= known_until)],
            false => commands,
        }
    }

    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|error| {
            ApiError::common(http::StatusCode::BAD_REQUEST, "SerializationException", error.to_string())
        })
    }

    /// Appends a part of an answer that is put together by hand.
    pub(super) fn write(&self, answer: &mut Vec<u8>, part: &(impl Serialize + ?Sized)) -> Result<(), ApiError> {
        serde_json::to_writer(answer, part).map_err(|error| ApiError::ssm("InternalServerError", &error.to_string()))
    }

    pub(super) fn answer(&self, output: &impl Serialize) -> Result<Vec<u8>, ApiError> {
        serde_json::to_vec(output).map_err(|error| ApiError::ssm("InternalServerError", &error.to_string()))
    }
}
