//! Why tokens are refused.

pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Why a token was refused. For logs only; the sender must learn less.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    #[error("not a JWT of at most {TOKEN_BYTES_MAX} bytes")]
    Malformed,
    #[error("the header `{0}` is missing or not accepted")]
    Header(&'static str),
    #[error("the issuer has no key with this id and algorithm")]
    UnknownKey,
    #[error("the signature does not match the key")]
    Signature,
    #[error("the claim `{0}` is missing or not accepted")]
    Claim(&'static str),
    #[error("expired or not yet valid by the claim `{0}`")]
    Time(&'static str),
}
