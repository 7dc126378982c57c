//! Secrets that a browser holds and that the server only knows by their hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::fmt;

const BYTES: usize = 32;

/// Handed out once. It cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenHash([u8; 32]);

#[derive(Debug, thiserror::Error)]
#[error("the machine has no random numbers: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

impl Token {
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// For the one answer that it is handed out with.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl TokenHash {
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// As the store keeps it.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What something that goes by a token is called: too little of the hash to be found by, enough to be the only one.
    pub fn name(&self) -> String {
        self.hex()[..16].to_owned()
    }

    /// Enough of it to find it again in the audit, too little to be of use.
    pub fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
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
    fn tokens_differ_and_do_not_print() {
        let (one, other) = (Token::random().expect("one"), Token::random().expect("another"));
        assert_ne!(one, other);
        assert_eq!((one.reveal().len(), one.hash()), (43, TokenHash::of(one.reveal())));
        assert!(!format!("{one:?}{:?}", one.hash()).contains(&one.reveal()[..8]));
    }
}
