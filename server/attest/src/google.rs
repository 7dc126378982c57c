//! Google Cloud: the identity token that the metadata server signs for an audience, with `format=full`.
//!
//! A token has no member for a nonce, so the audience has it: `<audience>/<nonce>`, compared as a whole. Source: "Verify the
//! identity of instances" in the documentation of Compute Engine.
//!
//! The token proves that something on this instance of this project requested it for our challenge. Everything with access to
//! the metadata server can, so it does not prove who.

use crate::{
    challenge::{Challenge, NONCE_CHARS},
    evidence::TokenEvidence,
    identity::{Facts, Identity, Provider},
    refusal::Refusal,
    text,
};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use muster_access::jwt::{UnverifiedJwt, claims::Claims, keys::KeySet, times::TimeClaims};
use serde_json::{Map, Value};

/// Where Google publishes the keys, as a JWK set.
pub const KEYS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";

const ISSUER: &str = "https://accounts.google.com";
/// The longest lifetime of a token, in seconds. Google's have 3600.
const LIFETIME_MAX_SECONDS: i64 = 3900;
/// How long ago a token may have been issued. The challenge is younger still.
const AGE_MAX_SECONDS: i64 = 600;
const SUBJECT_CHARS_MAX: usize = 255;
/// Project ids have 30 characters; old ones have a domain before them.
const PROJECT_CHARS_MAX: usize = 128;
/// Instance ids are 64-bit numbers.
const INSTANCE_DIGITS_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 255;

/// Verifies an identity token. `keys` is the set at [`KEYS_URL`], or `None` while it cannot be fetched.
///
/// # Errors
///
/// `malformed`, `evidence_invalid` ([`Refusal::UnknownKey`] if the set may be outdated), `stale`, `nonce`, `keys_unavailable`.
pub fn attest(
    evidence: &TokenEvidence,
    challenge: &Challenge,
    keys: Option<&KeySet>,
    now: Timestamp,
) -> Result<Identity, Refusal> {
    let token = UnverifiedJwt::read(&evidence.token)?;
    if token.algorithm != Algorithm::RS256 {
        return Err(Refusal::Invalid("the token is not signed with RS256"));
    }
    if token.token_type.as_deref().is_some_and(|kind| kind != "JWT") {
        return Err(Refusal::Invalid("the type of the token is not JWT"));
    }
    let Some(keys) = keys else {
        // What is wrong without any key is not worth fetching keys for.
        check_claims(&token.unverified_claims()?, challenge, now)?;
        return Err(Refusal::KeysUnavailable);
    };
    let key = keys.find(&token.key_id, token.algorithm).ok_or(Refusal::UnknownKey)?;
    check_claims(&token.verify(key)?, challenge, now)
}

fn check_claims(claims: &Claims, challenge: &Challenge, now: Timestamp) -> Result<Identity, Refusal> {
    if claims.text("iss")? != ISSUER {
        return Err(Refusal::Invalid("the issuer of the token is not Google"));
    }
    check_audience(claims, challenge)?;
    let expires_at = check_times(claims, now)?;
    identity(claims, expires_at)
}

/// A list of audiences is refused even if it has one: a token for us is for nobody else.
fn check_audience(claims: &Claims, challenge: &Challenge) -> Result<(), Refusal> {
    let audience = claims.text("aud")?;
    if audience == challenge.audience_with_nonce() {
        return Ok(());
    }
    let other_nonce = audience.strip_prefix(&challenge.audience).and_then(|rest| rest.strip_prefix('/'));
    match other_nonce.is_some_and(|nonce| nonce.len() == NONCE_CHARS) {
        true => Err(Refusal::Nonce),
        false => Err(Refusal::Invalid("the audience of the token is not this portal")),
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<Timestamp, Refusal> {
    let times = TimeClaims::read(claims)?;
    if !(1..=LIFETIME_MAX_SECONDS).contains(&times.lifetime_seconds()) {
        return Err(Refusal::Invalid("the lifetime of the token is not one of Google's"));
    }
    times.check(now.as_second(), AGE_MAX_SECONDS)?;
    Timestamp::from_second(times.expires_at).map_err(|_| Refusal::Invalid("the token expires at no valid time"))
}

fn identity(claims: &Claims, expires_at: Timestamp) -> Result<Identity, Refusal> {
    let subject = text(claims.get("sub"), |it| text::is_identifier(it, SUBJECT_CHARS_MAX));
    let subject = subject.ok_or(Refusal::Invalid("the subject of the token is missing"))?;
    let engine = claims.get("google").and_then(|google| google.get("compute_engine")).and_then(Value::as_object);
    let engine = engine.ok_or(Refusal::Invalid("the token names no instance; request it with format=full"))?;
    let project = member(engine, "project_id", is_project_id)
        .ok_or(Refusal::Invalid("the project_id of the token is not a project"))?;
    let project_number = engine.get("project_number").and_then(Value::as_u64).filter(|number| *number > 0);
    let project_number = project_number.ok_or(Refusal::Invalid("the project_number of the token is not a number"))?;
    let instance = member(engine, "instance_id", |it| text::is_digits(it, 1..=INSTANCE_DIGITS_MAX))
        .ok_or(Refusal::Invalid("the instance_id of the token is not a number"))?;
    Ok(Identity {
        provider: Provider::Gcp,
        account: project,
        instance,
        location: member(engine, "zone", |it| text::is_identifier(it, NAME_CHARS_MAX)),
        facts: Facts::Google {
            project_number,
            instance_name: member(engine, "instance_name", |it| text::is_identifier(it, NAME_CHARS_MAX)),
            subject,
            expires_at,
        },
    })
}

fn member(object: &Map<String, Value>, name: &str, is_valid: fn(&str) -> bool) -> Option<String> {
    text(object.get(name), is_valid)
}

fn text(value: Option<&Value>, is_valid: fn(&str) -> bool) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| is_valid(text)).map(str::to_owned)
}

/// Lower-case letters, digits and hyphens, and for old projects a domain and a colon before them.
fn is_project_id(text: &str) -> bool {
    (1..=PROJECT_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':'))
}
