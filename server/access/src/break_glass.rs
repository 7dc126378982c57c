//! One operator of the portal's own, for the day on which nobody else can sign in. Off unless the access file has it.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    pub user: String,
    /// argon2id, in the PHC format, as `muster password-hash` prints it.
    password_hash: Hash,
}

#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct Hash(String);

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match PasswordHash::new(&text) {
            Ok(hash) if hash.algorithm.as_str() == "argon2id" => Ok(Self(text)),
            _ => Err("password_hash is not an argon2id hash: `muster password-hash` makes one"),
        }
    }
}

impl BreakGlass {
    /// Takes as long for a wrong user as for a wrong password, and tens of milliseconds on purpose.
    pub fn admits(&self, user: &str, password: &str) -> bool {
        let right = PasswordHash::new(&self.password_hash.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        right && user == self.user
    }
}

impl std::fmt::Debug for BreakGlass {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BreakGlass({})", self.user)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("a password for the day on which everything else fails has {PASSWORD_LENGTH_MIN} characters or more")]
    Short,
    #[error("the machine has no random numbers: {0}")]
    NoRandomness(#[from] getrandom::Error),
    #[error("the password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

const PASSWORD_LENGTH_MIN: usize = 16;

/// For the access file.
pub fn password_hash(password: &str) -> Result<String, HashError> {
    if password.chars().count() < PASSWORD_LENGTH_MIN {
        return Err(HashError::Short);
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
    fn only_the_user_with_the_password_is_admitted() {
        let hash = password_hash("correct horse battery").expect("a hash");
        let file = format!("user = \"root\"\npassword_hash = \"{hash}\"\n");
        let door: BreakGlass = toml::from_str(&file).expect("right");
        assert!(door.admits("root", "correct horse battery"));
        assert!(!door.admits("root", "correct horse batterx") && !door.admits("toor", "correct horse battery"));
        assert!(!format!("{door:?}").contains("argon2"));
    }

    #[test]
    fn short_passwords_and_other_hashes_are_refused() {
        assert!(matches!(password_hash("hunter2"), Err(HashError::Short)));
        for hash in ["secret", "$2b$12$abcdefghijklmnopqrstuv", ""] {
            let message = toml::from_str::<BreakGlass>(&format!("user = \"root\"\npassword_hash = \"{hash}\"\n"))
                .expect_err("no argon2id")
                .to_string();
            assert!(message.contains("muster password-hash"), "{message}");
        }
    }
}
