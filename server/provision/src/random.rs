//! Random bytes, from a source that tests replace.

/// A source of random bytes that nobody can predict.
pub trait Random: Send + Sync {
    /// Fills all bytes.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error>;
}

/// The operating system's source.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        getrandom::fill(bytes)
    }
}

/// As many random bytes as the array has, as hexadecimal digits.
pub(crate) fn hex_text<const BYTES: usize>(random: &dyn Random) -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}
