//! What evidence must answer: the provider, the nonce and the audience of one challenge.

use crate::{identity::Provider, refusal::Refusal};
use std::fmt;

/// The length of a nonce. Azure's metadata service accepts at most 32 letters and digits.
pub const NONCE_CHARS: usize = 32;

/// A random text that evidence must repeat: [`NONCE_CHARS`] ASCII letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A nonce from text that the caller generated. `None` if it has another length or other characters.
    pub fn new(text: String) -> Option<Self> {
        (text.len() == NONCE_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A nonce is a secret until it was used, so it is never logged.
impl fmt::Debug for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Nonce(…)")
    }
}

/// One challenge, as the caller stored it when it was issued. That it is used once, and in time, is checked by the caller.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The provider that the challenge was requested for.
    pub provider: Provider,
    pub nonce: Nonce,
    /// Names this portal, such as `https://vmm.example/enroll/v1`, without a slash at its end. Signed tokens have it as `aud`.
    pub audience: String,
}

impl Challenge {
    /// The audience with the nonce, `<audience>/<nonce>`. Google's tokens have no other member for a nonce.
    pub fn audience_with_nonce(&self) -> String {
        format!("{}/{}", self.audience, self.nonce.as_str())
    }

    /// Refuses evidence of another provider than the challenge is for.
    pub(crate) fn check_provider(&self, evidence: Provider) -> Result<(), Refusal> {
        match self.provider == evidence {
            true => Ok(()),
            false => Err(Refusal::WrongProvider { challenge: self.provider, evidence }),
        }
    }
}
