//! Mutates good evidence at random. Nothing may panic, and a mutation may only be accepted if what was signed is unchanged.
//!
//! Which mutations are harmless:
//!
//! - **PKCS#7.** What the signature does not cover and the attestor does not use: the list of digest algorithms, the signer's name
//!   and number at EC2, other certificates, unsigned attributes, and how BER writes lengths and segments. The identity, in which
//!   every value comes from the signed content, must then be the original one.
//! - **Tokens.** None. The signature covers header and claims as text, and base64 without padding has one form for each signature.
//!   ECDSA has a second signature for each token (`n - s`); it takes arithmetic and is not found by chance.
//!
//! `MUSTER_FUZZ_INPUTS` is the number of mutations of each, and `MUSTER_FUZZ_SEED` the seed.

use crate::{
    azure, ec2,
    forge::{base64, jwt, keys, message::Message},
    google, signed_token,
};
use fastrand::Rng;
use muster_attest::{identity::Identity, refusal::Refusal};
use std::collections::BTreeSet;

const INPUTS: usize = 500;
const SEED: u64 = 20_261_130;
/// The longest piece that is moved, in bytes.
const PIECE_BYTES_MAX: usize = 64;

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A range within the bytes.
fn piece(rng: &mut Rng, length: usize) -> std::ops::Range<usize> {
    let start = rng.usize(..=length);
    start..(start + rng.usize(..=PIECE_BYTES_MAX)).min(length)
}

/// One to four changes. `other` is evidence of the same kind that pieces are taken from.
fn mutate(rng: &mut Rng, evidence: &[u8], other: &[u8]) -> Vec<u8> {
    let mut mutated = evidence.to_vec();
    for _ in 0..rng.usize(1..=4) {
        let at = piece(rng, mutated.len());
        match rng.u8(..7) {
            0 if !mutated.is_empty() => {
                let byte = rng.usize(..mutated.len());
                mutated[byte] ^= 1 << rng.u8(..8);
            }
            1 if !mutated.is_empty() => {
                let byte = rng.usize(..mutated.len());
                mutated[byte] = rng.choice([0, 1, 0x30, 0x31, 0x7f, 0x80, 0x84, 0xa0, 0xff, b'.', b'A']).unwrap_or(0);
            }
            2 => mutated.truncate(at.start),
            3 => drop(mutated.drain(at)),
            4 => {
                let copy = mutated[at].to_vec();
                let to = rng.usize(..=mutated.len());
                mutated.splice(to..to, copy);
            }
            5 => {
                let from = piece(rng, other.len());
                mutated.splice(at, other[from].iter().copied());
            }
            _ => {
                // The start of one and the end of the other.
                let cut = rng.usize(..=mutated.len().min(other.len()));
                mutated.truncate(cut);
                mutated.extend_from_slice(&other[cut..]);
            }
        }
    }
    mutated
}

/// Attests mutations of evidence, and hands over the accepted ones.
fn run(
    evidence: &[u8],
    other: &[u8],
    attest: impl Fn(&[u8]) -> Result<Identity, Refusal>,
    accepted: impl Fn(&[u8], Identity),
) {
    let mut rng = Rng::with_seed(setting("MUSTER_FUZZ_SEED", SEED));
    let mut codes = BTreeSet::new();
    for _ in 0..setting("MUSTER_FUZZ_INPUTS", INPUTS) {
        let mutated = mutate(&mut rng, evidence, other);
        match attest(&mutated) {
            Ok(identity) => accepted(&mutated, identity),
            Err(refusal) => drop(codes.insert(refusal.code())),
        }
    }
    // Some are near enough to be read completely.
    assert!(codes.contains("malformed") && codes.contains("evidence_invalid"), "{codes:?}");
}

/// PKCS#7 is accepted as one of the two genuine documents or not at all: never as a mixture.
fn run_pkcs7(evidence: &[u8], other: &[u8], attest: impl Fn(&[u8]) -> Result<Identity, Refusal>) {
    let genuine = [evidence, other].map(|encoded| attest(encoded).expect("genuine"));
    assert_ne!(genuine[0], genuine[1]);
    run(evidence, other, attest, |mutated, identity| {
        assert!(genuine.contains(&identity), "{}: {identity:?}", base64(mutated));
    });
}

/// A token is accepted if it is one of the two genuine ones to the letter.
fn run_token(evidence: &str, other: &str, attest: impl Fn(&str) -> Result<Identity, Refusal>) {
    attest(evidence).and(attest(other)).expect("genuine");
    let attest_bytes = |token: &[u8]| attest(&String::from_utf8_lossy(token));
    run(evidence.as_bytes(), other.as_bytes(), attest_bytes, |mutated, _| {
        assert!([evidence.as_bytes(), other.as_bytes()].contains(&mutated), "{}", String::from_utf8_lossy(mutated));
    });
}

#[test]
fn mutated_documents_of_ec2_are_never_accepted_as_something_else() {
    let other = ec2::DOCUMENT.replace("i-0123456789abcdef0", "i-0fedcba9876543210");
    for is_ber in [true, false] {
        let [evidence, other] =
            [ec2::DOCUMENT, &other].map(|document| Message { is_ber, ..Message::ec2(document) }.encode());
        run_pkcs7(&evidence, &other, ec2::attest);
    }
}

#[test]
fn mutated_base64_is_never_accepted_as_something_else() {
    let other = ec2::DOCUMENT.replace("i-0123456789abcdef0", "i-0fedcba9876543210");
    let [evidence, other] = [ec2::DOCUMENT, &other].map(|document| base64(&Message::ec2(document).encode()));
    run_pkcs7(evidence.as_bytes(), other.as_bytes(), |text| {
        ec2::attest_base64(String::from_utf8_lossy(text).into_owned())
    });
}

#[test]
fn mutated_documents_of_azure_are_never_accepted_as_something_else() {
    let other = azure::DOCUMENT.replace("02aab8a4", "12aab8a4");
    for has_attributes in [true, false] {
        let [evidence, other] =
            [&*azure::DOCUMENT, &other].map(|document| Message { has_attributes, ..azure::message(document) }.encode());
        run_pkcs7(&evidence, &other, azure::attest);
    }
}

#[test]
fn mutated_tokens_of_google_are_never_accepted() {
    let claims = google::claims();
    let other = claims.replace("7483927914964205112", "7483927914964205113");
    let [evidence, other] = [&claims, &other].map(|claims| jwt::rs256(google::HEADER, claims, &keys::GENUINE));
    run_token(&evidence, &other, google::attest);
}

#[test]
fn mutated_tokens_of_operators_are_never_accepted() {
    let claims = signed_token::claims();
    let other = claims.replace("t-0001", "t-0002");
    let key = keys::ec_key(11);
    let [evidence, other] = [&claims, &other].map(|claims| jwt::es256(signed_token::HEADER, claims, &key));
    run_token(&evidence, &other, signed_token::attest);
}
