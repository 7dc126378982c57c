//! An emergency operator account with a password, for when no other sign-in works. Disabled unless the access file has
//! a `[break_glass]` section.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    pub user: String,
    /// argon2id in PHC format, as printed by `muster password-hash`.
    password_hash: Argon2idHash,
}

#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct Argon2idHash(String);

impl TryFrom<String> for Argon2idHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match PasswordHash::new(&text) {
            Ok(hash) if hash.algorithm.as_str() == "argon2id" => Ok(Self(text)),
            _ => Err("password_hash is not an argon2id hash; create one with `muster password-hash`"),
        }
    }
}

impl BreakGlass {
    /// Checks user and password. Takes equally long for a wrong user and a wrong password: tens of milliseconds, on
    /// purpose.
    pub fn verify(&self, user: &str, password: &str) -> bool {
        let is_password = PasswordHash::new(&self.password_hash.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        is_password && user == self.user
    }
}

impl std::fmt::Debug for BreakGlass {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BreakGlass({})", self.user)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("the break-glass password needs at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    #[error("the operating system returned no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    #[error("cannot hash the password: {0}")]
    Hash(argon2::password_hash::Error),
}

const PASSWORD_CHARS_MIN: usize = 16;

/// Hashes a password for the access file.
pub fn password_hash(password: &str) -> Result<String, HashError> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(HashError::TooShort);
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let salt = SaltString::encode_b64(&bytes).map_err(HashError::Hash)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(HashError::Hash)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_the_user_with_the_password() {
        let hash = password_hash("correct horse battery").expect("a hash");
        let section = format!("user = \"root\"\npassword_hash = \"{hash}\"\n");
        let break_glass: BreakGlass = toml::from_str(&section).expect("a valid section");
        assert!(break_glass.verify("root", "correct horse battery"));
        assert!(!break_glass.verify("root", "correct horse batterx"));
        assert!(!break_glass.verify("toor", "correct horse battery"));
        assert!(!format!("{break_glass:?}").contains("argon2"));
    }

    #[test]
    fn rejects_short_passwords_and_other_hashes() {
        assert!(matches!(password_hash("hunter2"), Err(HashError::TooShort)));
        for hash in ["secret", "$2b$12$abcdefghijklmnopqrstuv", ""] {
            let message = toml::from_str::<BreakGlass>(&format!("user = \"root\"\npassword_hash = \"{hash}\"\n"))
                .expect_err("not argon2id")
                .to_string();
            assert!(message.contains("muster password-hash"), "{message}");
        }
    }
}
