//! Verifies what an instance says about itself when it enrolls: evidence in, identity out.
//!
//! Each provider has one attestor with the same shape: [`ec2`] reads the signed identity document of EC2, [`azure`] the
//! attested document of Azure, [`google`] the identity token of Google Cloud, and [`signed_token`] a token that the operator
//! of VMware, OpenStack or dedicated servers signed. An attestor either returns an [`Identity`], in which every value was
//! signed by the provider, or a [`Refusal`] with a code. Time, challenge and keys are arguments: nothing here reads a clock,
//! a file or the network.
//!
//! An identity says that evidence is genuine, and not that the account is a customer's or that it is used for the first time.
//! The caller checks both, in a ledger with the key `(provider, account, instance)`. What each piece of evidence does not
//! prove is said in its module.

pub mod azure;
mod ber;
pub mod challenge;
pub mod ec2;
pub mod evidence;
#[cfg(feature = "test-support")]
pub mod forge;
pub mod google;
pub mod identity;
mod json;
mod pem;
mod pkcs7;
pub mod refusal;
pub mod signed_token;
mod text;

pub use pem::PinnedError;

use challenge::Challenge;
use evidence::Evidence;
use identity::Identity;
use jiff::Timestamp;
use muster_access::jwt::keys::KeySet;
use refusal::Refusal;
use std::sync::Arc;

/// The attestors of all providers. Cheap to clone, so that one can be replaced.
#[derive(Clone)]
pub struct Attestors {
    pub ec2: Arc<ec2::Attestor>,
    pub azure: Arc<azure::Attestor>,
    pub signed_token: Arc<signed_token::Attestor>,
}

impl Attestors {
    /// Verifies evidence for a challenge. `google_keys` is Google's key set, or `None` while it cannot be fetched.
    ///
    /// # Errors
    ///
    /// The refusal says what is wrong, and what its sender can do. After [`Refusal::UnknownKey`], which only Google Cloud has, the caller may fetch Google's
    /// key set again, at most once a minute, and repeat the call.
    pub fn attest(
        &self,
        evidence: &Evidence,
        challenge: &Challenge,
        google_keys: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<Identity, Refusal> {
        evidence.check_size()?;
        challenge.check_provider(evidence.provider())?;
        match evidence {
            Evidence::Aws(evidence) => self.ec2.attest(evidence, now),
            Evidence::Azure(evidence) => self.azure.attest(evidence, challenge, now),
            Evidence::Gcp(evidence) => google::attest(evidence, challenge, google_keys, now),
            Evidence::Vmware(token) | Evidence::Openstack(token) | Evidence::Dedicated(token) => {
                self.signed_token.attest(token, challenge, now)
            }
        }
    }
}
