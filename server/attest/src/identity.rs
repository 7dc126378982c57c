//! What an attestor has verified.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Where an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Aws,
    Azure,
    Gcp,
    Vmware,
    Openstack,
    Dedicated,
}

impl Provider {
    pub const ALL: [Self; 6] = [Self::Aws, Self::Azure, Self::Gcp, Self::Vmware, Self::Openstack, Self::Dedicated];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Vmware => "vmware",
            Self::Openstack => "openstack",
            Self::Dedicated => "dedicated",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A verified identity. All of it was signed by the provider, or by the issuer that is registered for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    pub provider: Provider,
    /// The provider's own id of the account: an AWS account, an Azure subscription, a Google Cloud project, or the account that
    /// a registered issuer named.
    pub account: String,
    /// The instance within the account: an EC2 instance id, an Azure vmId, a Google Cloud instance id, or a
    /// UUID. UUIDs are in lower case.
    pub instance: String,
    /// The Region or zone, if the provider signed it.
    pub location: Option<String>,
    pub facts: Facts,
}

/// What else was signed, by provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Facts {
    Ec2 {
        /// When the instance was last started. A newer one than the ledger has means that it was stopped and started since.
        pending_time: Timestamp,
        image_id: Option<String>,
        instance_type: Option<String>,
        availability_zone: Option<String>,
    },
    Azure {
        cloud: crate::azure::Cloud,
        created_on: Timestamp,
        expires_on: Timestamp,
        sku: Option<String>,
    },
    Google {
        /// The project's number. Unlike the id it is never used again for another project, so the caller compares it too.
        project_number: u64,
        instance_name: Option<String>,
        /// The id of the service account.
        subject: String,
        expires_at: Timestamp,
    },
    SignedToken {
        /// The issuer, such as a vCenter. The ledger's key has it, because a UUID is unique only within it.
        issuer: String,
        /// The customer that the issuer named.
        customer: String,
        /// The id of the token (`jti`), which may be used once.
        token_id: String,
        bios_uuid: Option<String>,
        /// The managed object reference in the vCenter, such as `vm-42`.
        moref: Option<String>,
        /// The labels that the issuer gave the instance, if any.
        labels: Option<BTreeMap<String, String>>,
        expires_at: Timestamp,
    },
}
