//! What an instance says about its operating system. Nobody signs it, so it decides nothing but what is shown.

use serde::Deserialize;
use utoipa::ToSchema;

/// The longest member, in bytes.
pub const OS_BYTES_MAX: usize = 64;

/// `ID` and `VERSION_ID` of os-release, or `windows` and its version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatingSystem {
    /// Such as `ubuntu`. At most 64 bytes.
    pub id: String,
    /// Such as `24.04`, or empty. At most 64 bytes.
    pub version: String,
    /// `x86_64` or `aarch64`: there is no agent for others.
    pub architecture: String,
}

/// The architectures that an instance may have.
pub const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

impl OperatingSystem {
    pub(crate) fn has_known_architecture(&self) -> bool {
        ARCHITECTURES.contains(&self.architecture.as_str())
    }

    /// Whether all members are short and printable ASCII.
    pub(crate) fn is_plain(&self) -> bool {
        let is_plain =
            |text: &str| text.len() <= OS_BYTES_MAX && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        !self.id.is_empty() && [&self.id, &self.version, &self.architecture].into_iter().all(|text| is_plain(text))
    }
}
