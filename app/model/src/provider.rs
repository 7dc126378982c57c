//! Where instances run: a code from the roster, with a label. An unknown code is shown as it is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A provider's code, such as `aws` or `vmware`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Provider(String);

/// Known codes with their labels, in the order in which pages list them.
pub const KNOWN: [(&str, &str); 6] = [
    ("aws", "Amazon Web Services"),
    ("azure", "Microsoft Azure"),
    ("gcp", "Google Cloud"),
    ("vmware", "VMware"),
    ("openstack", "OpenStack"),
    ("dedicated", "Dedicated"),
];

impl Provider {
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    pub fn code(&self) -> &str {
        &self.0
    }

    /// What a person calls it; the code itself where no label is known.
    pub fn label(&self) -> &str {
        KNOWN.iter().find(|(code, _)| *code == self.0).map_or(&self.0, |(_, label)| label)
    }

    /// The position in a list of providers; unknown ones come last.
    pub fn rank(&self) -> u32 {
        KNOWN.iter().zip(0..).find(|((code, _), _)| *code == self.0).map_or(99, |(_, rank)| rank)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_is_its_own_label() {
        assert_eq!(Provider::new("vmware").label(), "VMware");
        assert_eq!(Provider::new("oxide").label(), "oxide");
        assert!(Provider::new("oxide").rank() > Provider::new("dedicated").rank());
    }
}
