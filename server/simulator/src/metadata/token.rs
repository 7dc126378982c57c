//! The tokens that operators of VMware, OpenStack and dedicated servers sign, each with the same simulated operator's key.

use muster_attest::{
    identity::Provider,
    signed_token::{self, LIFETIME_MAX_SECONDS, SignError, TokenClaims},
};
use rsa::rand_core::{OsRng, RngCore};

use super::{Instance, keys::Keys};
use crate::{clock, random::Random};

/// The registered name of the operator at a provider.
pub fn issuer(provider: Provider) -> String {
    format!("urn:muster:simulated:{provider}")
}

/// Signs the token of an instance for the portal with this audience, such as `https://vmm.example/enroll/v1`. It is valid for a day.
/// For VMware it is the value of `guestinfo.muster.enroll`.
///
/// # Errors
///
/// If the portal would refuse the token because of its form.
pub fn sign(keys: &Keys, instance: &Instance, audience: &str, customer: &str) -> Result<String, SignError> {
    let now = clock::wall_clock().as_second();
    let claims = TokenClaims {
        issuer: issuer(instance.provider),
        audience: audience.to_owned(),
        instance: instance.id.clone(),
        bios_uuid: Some(instance.id.clone()),
        moref: Some("vm-42".to_owned()),
        account: instance.account.clone(),
        customer: customer.to_owned(),
        labels: (!instance.labels.is_empty()).then(|| instance.labels.clone()),
        token_id: Random::new(OsRng.next_u64()).uuid(),
        issued_at: now,
        not_before: now,
        expires_at: now + LIFETIME_MAX_SECONDS,
    };
    signed_token::sign(&keys.operator, super::keys::OPERATOR_KEY_ID, &claims)
}
