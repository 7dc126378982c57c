//! What an SSM operation gets to see: one site of the estate, its clock, and the request's body.

use jiff::{Timestamp, civil::Date};
use serde::{Serialize, de::DeserializeOwned};

use super::{error::ApiError, page::Paging};
use crate::{clock, estate::site::Site};

pub(super) struct Context<'a> {
    /// None in a Region where the account has nothing.
    pub site: Option<&'a Site>,
    pub systems_account: &'a str,
    pub region: &'a str,
    pub operation: &'a str,
    pub now: Timestamp,
    pub body: &'a [u8],
    pub paging: Paging,
}

impl<'a> Context<'a> {
    pub(super) fn today(&self) -> Date {
        clock::date_of(self.now)
    }

    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.systems_account, self.region)
    }

    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { self.body };
        serde_json::from_slice(body).map_err(|error| {
            ApiError::common(http::StatusCode::BAD_REQUEST, "SerializationException", error.to_string())
        })
    }

    pub(super) fn answer(&self, output: &impl Serialize) -> Result<Vec<u8>, ApiError> {
        serde_json::to_vec(output).map_err(|error| ApiError::ssm("InternalServerError", &error.to_string()))
    }
}
