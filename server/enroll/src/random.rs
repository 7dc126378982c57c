//! Random ids and nonces, from a source that tests replace.

use muster_access::token::RandomError;

/// A source of random bytes that nobody can predict.
pub trait Random: Send + Sync {
    /// Fills all bytes.
    ///
    /// # Errors
    ///
    /// If the source has none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system's source.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        Ok(getrandom::fill(bytes)?)
    }
}

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Bytes from here on would make some characters more likely than others.
const BYTE_END: u8 = 248;

/// A random text of ASCII letters and digits. 43 of them have 256 bits.
pub fn text(random: &dyn Random, chars: usize) -> Result<String, RandomError> {
    let mut text = String::with_capacity(chars);
    let mut bytes = [0; 64];
    while text.len() < chars {
        random.fill(&mut bytes)?;
        let accepted = bytes.iter().filter(|byte| **byte < BYTE_END);
        let letters = accepted.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        text.extend(letters.take(chars - text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_wanted_length_and_differ() {
        let one = text(&SystemRandom, 100).expect("random");
        assert_eq!(one.len(), 100);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(text(&SystemRandom, 43).expect("random"), text(&SystemRandom, 43).expect("random"));
    }
}
