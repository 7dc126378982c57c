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

/// The id of a CVE, such as `CVE-2025-40778`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CveId(String);

/// Text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

impl AccountId {
    const EXPECTED: &str = "an account id (letters, digits and `-_.:`, at most 128)";

    fn is_valid(text: &str) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        (1..=ACCOUNT_ID_MAX_CHARS).contains(&text.len()) && text.chars().all(allowed)
    }
}

impl InstanceId {
    const EXPECTED: &str = "an instance id (`i-` or `mi-` and 17 characters)";

    fn is_valid(text: &str) -> bool {
        let suffix_fits = match (text.strip_prefix("mi-"), text.strip_prefix("i-")) {
            (Some(suffix), _) => suffix.len() == 17,
            (None, Some(suffix)) => suffix.len() == 8 || suffix.len() == 17,
            (None, None) => false,
        };
        suffix_fits && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    }

    /// Whether a hybrid activation registered it.
    pub fn is_hybrid(&self) -> bool {
        self.0.starts_with("mi-")
    }
}

impl CveId {
    const EXPECTED: &str = "a CVE (`CVE-`, a year, and at least four digits)";
    /// The most digits of the number.
    const DIGITS_MAX: usize = 19;

    pub fn is_valid(text: &str) -> bool {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
            year.len() == 4 && is_number(year) && (4..=Self::DIGITS_MAX).contains(&number.len()) && is_number(number)
        })
    }
}

/// What identifiers have in common: text that is checked by `is_valid` where it enters.
macro_rules! identifiers {
    ($($id:ty),+) => {$(
        impl $id {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $id {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match Self::is_valid(text) {
                    true => Ok(Self(text.to_owned())),
                    false => Err(InvalidId { text: text.to_owned(), expected: Self::EXPECTED }),
                }
            }
        }

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

identifiers!(AccountId, CveId, InstanceId);

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
    fn cve_ids_have_a_year_and_a_number() {
        for good in ["CVE-2024-6387", "CVE-2025-40778", "CVE-1999-0001", "CVE-2025-1234567890123456789"] {
            assert!(CveId::is_valid(good), "{good}");
        }
        for bad in
            ["", "CVE-2024-638", "cve-2024-6387", "CVE-24-6387", "CVE-2024-6387a", "CVE-2024-6387-1", "2024-6387"]
        {
            assert!(!CveId::is_valid(bad), "{bad}");
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
