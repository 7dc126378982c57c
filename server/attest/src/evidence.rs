//! Evidence as it arrives in JSON: `{"provider": "aws", "evidence": {"rsa2048": "…"}}`.

use crate::{identity::Provider, refusal::Refusal};
use serde::Deserialize;
use std::fmt;

/// The most evidence that is read, in bytes. Documents take 2 KB, and four certificates 8 KB.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024;

/// Evidence of one provider. The variants have the names of [`Provider`].
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "provider", content = "evidence", rename_all = "lowercase")]
pub enum Evidence {
    Aws(Ec2Evidence),
    Azure(AzureEvidence),
    Gcp(TokenEvidence),
    Vmware(TokenEvidence),
    Openstack(TokenEvidence),
    Dedicated(TokenEvidence),
}

/// The instance identity document of EC2.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ec2Evidence {
    /// What the metadata service has at `/latest/dynamic/instance-identity/rsa2048`: PKCS#7 in base64 with line breaks.
    pub rsa2048: String,
    /// What it has at `document`. Not needed, and refused unless it is byte for byte what was signed.
    pub document: Option<String>,
}

/// The attested document of Azure.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureEvidence {
    /// The member `signature` of the metadata service's answer: PKCS#7 in base64.
    pub signature: String,
    /// The certificates between the signer's and a root, in base64 of DER and in any order. The portal fetches none.
    #[serde(default)]
    pub intermediates: Vec<String>,
}

/// A signed token in its compact form.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEvidence {
    pub token: String,
}

impl Evidence {
    pub fn provider(&self) -> Provider {
        match self {
            Self::Aws(_) => Provider::Aws,
            Self::Azure(_) => Provider::Azure,
            Self::Gcp(_) => Provider::Gcp,
            Self::Vmware(_) => Provider::Vmware,
            Self::Openstack(_) => Provider::Openstack,
            Self::Dedicated(_) => Provider::Dedicated,
        }
    }

    pub(crate) fn check_size(&self) -> Result<(), Refusal> {
        let bytes = match self {
            Self::Aws(it) => it.rsa2048.len() + it.document.as_ref().map_or(0, String::len),
            Self::Azure(it) => it.signature.len() + it.intermediates.iter().map(String::len).sum::<usize>(),
            Self::Gcp(it) | Self::Vmware(it) | Self::Openstack(it) | Self::Dedicated(it) => it.token.len(),
        };
        if bytes > EVIDENCE_BYTES_MAX { Err(Refusal::TooLarge) } else { Ok(()) }
    }
}

// Evidence can be replayed while it is valid, so it is never logged.
macro_rules! never_logged {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        })*
    };
}
never_logged!(Ec2Evidence, AzureEvidence, TokenEvidence);
