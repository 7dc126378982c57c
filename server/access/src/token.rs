//! Random secrets that a browser holds and of which the server keeps the hash only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;

const TOKEN_BYTES: usize = 32;

/// A secret that is handed out once. It cannot be printed by accident.
#[derive(Clone, Debug)]
pub struct Token(SecretString);

/// The SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash([u8; 32]);

#[derive(Debug, thiserror::Error)]
#[error("the operating system returned no random bytes: {0}")]
pub struct RandomError(#[from] getrandom::Error);

impl Token {
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    /// The text, for the one response that hands it out.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.reveal())
    }
}

impl TokenHash {
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The form in which the store keeps it.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// An id for what the token opens: unique, but too short to look the token up by.
    pub fn name(&self) -> String {
        hex::encode(&self.0[..8])
    }

    /// A prefix that correlates lines of the audit and is useless otherwise.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenHash({}…)", self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_not_printed() {
        let (one, other) = (Token::random().expect("one"), Token::random().expect("another"));
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!((one.reveal().len(), one.hash()), (43, TokenHash::of(one.reveal())));
        assert!(!format!("{one:?}{:?}", one.hash()).contains(&one.reveal()[..8]));
    }
}
