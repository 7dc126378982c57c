//! Times on the wire: seconds since the epoch as a JSON number, with milliseconds as decimals.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch(pub Timestamp);

impl Serialize for Epoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_millisecond() as f64 / 1_000.0)
    }
}

/// The ISO 8601 form that GetCommandInvocation uses.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
