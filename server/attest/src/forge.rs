//! Makes evidence, genuine and forged, with keys that are generated for each run. For tests, also those of other crates, and for the
//! simulated metadata services.

#![expect(
    clippy::expect_used,
    reason = "only wrong constants, and keys that are too short, make a test or the simulator fail here"
)]

pub mod certificate;
pub mod der;
pub mod jwt;
pub mod keys;
pub mod message;

use crate::{
    challenge::{Challenge, Nonce},
    identity::{Identity, Provider},
    refusal::Refusal,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

pub const NONCE: &str = "abcdefghijklmnopABCDEFGHIJ012345";
pub const AUDIENCE: &str = "https://vmm.example/enroll/v1";

pub fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().expect("a time")
}

pub fn challenge(provider: Provider) -> Challenge {
    Challenge { provider, nonce: Nonce::new(NONCE.to_owned()).expect("valid"), audience: AUDIENCE.to_owned() }
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What a forged piece of evidence must lead to: the code, and a part of the sentence, so that it is refused for its own reason
/// and not for another one.
pub type Expected = (&'static str, &'static str);

/// Checks one line of a table of forged evidence.
pub fn check(name: &str, result: Result<Identity, Refusal>, (code, reason): Expected) {
    match result {
        Ok(identity) => panic!("{name}: accepted as {identity:?}"),
        Err(refusal) => {
            assert_eq!(refusal.code(), code, "{name}: {refusal}");
            assert!(refusal.to_string().contains(reason), "{name}: {refusal}");
        }
    }
}
