//! Identifiers, validated where they enter, so that pages and queries only see well-formed ones.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The maximum length of an account id from a roster or a URL.
pub const ACCOUNT_ID_MAX_CHARS: usize = 128;

/// The customer's account at a provider: an AWS account id, Azure subscription, GCP project or VMware org.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// A managed node of Systems Manager: `i-` and 8 or 17 word characters, or `mi-` and 17.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(String);

/// Text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

impl AccountId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl InstanceId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if text.is_empty() || text.len() > ACCOUNT_ID_MAX_CHARS || !text.chars().all(allowed) {
            return Err(InvalidId {
                text: text.to_owned(),
                expected: "an account id (letters, digits and `-_.:`, at most 128)",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for InstanceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let suffix_fits = match (text.strip_prefix("mi-"), text.strip_prefix("i-")) {
            (Some(suffix), _) => suffix.len() == 17,
            (None, Some(suffix)) => suffix.len() == 8 || suffix.len() == 17,
            (None, None) => false,
        };
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !suffix_fits || !text.chars().all(word) {
            return Err(InvalidId {
                text: text.to_owned(),
                expected: "an instance id (`i-` or `mi-` and 17 characters)",
            });
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! string_conversions {
    ($($id:ty),+) => {$(
        impl TryFrom<String> for $id {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> String {
                id.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

string_conversions!(AccountId, InstanceId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids_follow_the_pattern_of_systems_manager() {
        for good in ["i-0cb2b964d3e14fd9f", "i-01234567", "mi-0a1b2c3d4e5f67890"] {
            assert!(good.parse::<InstanceId>().is_ok(), "{good}");
        }
        for bad in ["", "i-", "mi-01234567", "x-0cb2b964d3e14fd9f", "i-0cb2b964d3e14fd9'", "i-0cb2b964d3e14fd9f0"] {
            assert!(bad.parse::<InstanceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn account_ids_are_short_and_plain() {
        for good in ["402155771038", "8c1f0a52-0c55-4c1f-9a52-1b1de1f9e04d", "nw-analytics-291", "core:2239144"] {
            assert!(good.parse::<AccountId>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "a'b", "<b>", &"x".repeat(129)] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }
}
