//! Azure: the attested document of the metadata service, signed with a certificate for `metadata.azure.com`.
//!
//! The signature is made with one certificate, and everything is checked on that one: its name, its validity, its chain to a
//! pinned root, and the signature. A genuine certificate elsewhere in the message counts for nothing. Intermediates come from
//! the client or the message; the addresses in certificates are never requested. Source: "Attested data" in the documentation
//! of the Azure Instance Metadata Service.
//!
//! The document proves that this instance of this subscription answered our nonce. It says nothing about the tenant, the
//! resource group or the name.

mod chain;
mod content;

pub use chain::Roots;

use crate::{
    challenge::Challenge,
    evidence::AzureEvidence,
    identity::Identity,
    pkcs7::{self, Rules, SIGNATURE, SignedData},
    refusal::Refusal,
};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use webpki::EndEntityCert;

/// The most certificates between the signer's and a root, in the message and from the client together.
pub const INTERMEDIATES_MAX: usize = 4;
/// The most bytes of one certificate. Azure's have 2 KB.
pub const CERTIFICATE_BYTES_MAX: usize = 8 * 1024;

/// Azure's signatures cover the content without attributes, and their digest is named by the signature's algorithm.
const RULES: Rules = Rules { requires_attributes: false, accepts_signature_as_digest: true };

/// A cloud of Azure, which has names and certificates of its own. The subscription is one of this cloud's: the caller compares it
/// with the account's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    #[default]
    Public,
    Government,
    China,
}

impl Cloud {
    /// That of Germany ended in 2021, and its domain could get another owner.
    const DOMAINS: [(Self, &'static str); 3] = [
        (Self::Public, "metadata.azure.com"),
        (Self::Government, "metadata.azure.us"),
        (Self::China, "metadata.azure.cn"),
    ];

    /// The cloud whose metadata service has this name: its domain, or a name below it.
    fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let is_within =
            |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        Self::DOMAINS.into_iter().find(|(_, domain)| is_within(domain)).map(|(cloud, _)| cloud)
    }
}

/// Verifies attested documents.
pub struct Attestor {
    roots: Roots,
}

impl Attestor {
    pub fn new(roots: Roots) -> Self {
        Self { roots }
    }

    /// # Errors
    ///
    /// `malformed`, `evidence_invalid`, `nonce` and `stale`.
    pub fn attest(&self, evidence: &AzureEvidence, challenge: &Challenge, now: Timestamp) -> Result<Identity, Refusal> {
        let encoded = pkcs7::decode(&evidence.signature)?;
        let message = SignedData::read(&encoded)?;
        let (signer, others) = signer(&message)?;
        let signer = EndEntityCert::try_from(&signer)
            .map_err(|_| Refusal::Invalid("the signer's certificate cannot be read"))?;
        // Not a name to connect to: Azure has one for each Region, so no exact name is known to compare with.
        let cloud = signer.valid_dns_names().find_map(Cloud::of);
        let cloud = cloud.ok_or(Refusal::Invalid("the signer's certificate is not for Azure's metadata service"))?;
        let intermediates = intermediates(others, &evidence.intermediates)?;
        self.roots.verify(&signer, &intermediates, now)?;
        message.verify(&RULES, |signed, signature| signer.verify_signature(SIGNATURE, signed, signature).is_ok())?;
        content::identity(&message.content, cloud, challenge, now)
    }
}

/// The certificate that the signer names, and the others of the message.
fn signer<'a>(message: &SignedData<'a>) -> Result<(CertificateDer<'a>, Vec<CertificateDer<'a>>), Refusal> {
    let is_signer = |certificate: &CertificateDer<'_>| {
        EndEntityCert::try_from(certificate)
            .is_ok_and(|it| it.issuer() == message.signer.issuer && it.serial() == message.signer.serial)
    };
    let all = message.certificates.iter().map(|der| check_length(CertificateDer::from(*der)));
    let all: Vec<CertificateDer<'a>> = all.collect::<Result<_, _>>()?;
    let (mut signers, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_signer);
    match (signers.pop(), signers.is_empty()) {
        (Some(signer), true) => Ok((signer, others)),
        (Some(_), false) => Err(Refusal::Invalid("the message has two certificates with the signer's name and number")),
        (None, _) => Err(Refusal::Invalid("the message lacks the signer's certificate")),
    }
}

fn intermediates<'a>(mut all: Vec<CertificateDer<'a>>, sent: &[String]) -> Result<Vec<CertificateDer<'a>>, Refusal> {
    if all.len() + sent.len() > INTERMEDIATES_MAX {
        return Err(Refusal::Malformed("it has too many intermediates"));
    }
    for base64 in sent {
        all.push(check_length(CertificateDer::from(pkcs7::decode(base64)?))?);
    }
    Ok(all)
}

fn check_length(certificate: CertificateDer<'_>) -> Result<CertificateDer<'_>, Refusal> {
    match certificate.len() > CERTIFICATE_BYTES_MAX {
        true => Err(Refusal::Malformed("a certificate is too long")),
        false => Ok(certificate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_belong_to_a_cloud_by_whole_labels() {
        for (name, cloud) in [
            ("metadata.azure.com", Cloud::Public),
            ("eastus.metadata.azure.com", Cloud::Public),
            ("A.B.Metadata.Azure.Com", Cloud::Public),
            ("*.metadata.azure.com", Cloud::Public),
            ("usgov.metadata.azure.us", Cloud::Government),
            ("china.metadata.azure.cn", Cloud::China),
        ] {
            assert_eq!(Cloud::of(name), Some(cloud), "{name}");
        }
        for name in [
            "",
            "azure.com",
            "metadata.microsoftazure.de",
            "evilmetadata.azure.com",
            "metadata.azure.com.evil.test",
            "metadata.azure.co",
            "metadata-azure.com",
            "metadata.azure.com.",
            "management.azure.com",
        ] {
            assert_eq!(Cloud::of(name), None, "{name}");
        }
    }
}
