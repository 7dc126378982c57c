//! `muster enrollment-token`: the tokens that operators of VMware, OpenStack and dedicated servers hand to their instances.

use super::arguments::{EnrollmentTokenCommand, NewKeyArguments, SignTokenArguments};
use crate::command::{setup, signing_key};
use anyhow::Context;
use jsonwebtoken::EncodingKey;
use muster_access::secret::read_private_file;
use muster_attest::signed_token::{TokenClaims, sign};
use muster_enroll::random::{self, SystemRandom};
use p256::pkcs8::LineEnding;
use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt};

const KEY_MODE: u32 = 0o600;
const TOKEN_ID_CHARS: usize = 32;
const SECONDS_PER_HOUR: i64 = 3_600;

pub fn run(command: &EnrollmentTokenCommand) -> anyhow::Result<()> {
    match command {
        EnrollmentTokenCommand::NewKey(arguments) => new_key(arguments),
        EnrollmentTokenCommand::Sign(arguments) => sign_token(arguments),
    }
}

/// Writes a new private key for ES256, and prints its public half as the roster takes it.
fn new_key(arguments: &NewKeyArguments) -> anyhow::Result<()> {
    let NewKeyArguments { key: path, key_id } = arguments;
    let pkcs8 = signing_key::generate()?;
    let pem = pkcs8.to_pem("PRIVATE KEY", LineEnding::LF).context("the key cannot be written as PEM")?;
    let file = OpenOptions::new().write(true).create_new(true).mode(KEY_MODE).open(path);
    let mut file = file.with_context(|| format!("cannot create `{}`", path.display()))?;
    file.write_all(pem.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))?;
    let keys = signing_key::public_keys(&EncodingKey::from_ec_der(pkcs8.as_bytes()), key_id)?;
    Ok(writeln!(std::io::stdout(), "{keys}")?)
}

/// Prints a token for one instance.
fn sign_token(arguments: &SignTokenArguments) -> anyhow::Result<()> {
    let SignTokenArguments {
        key,
        key_id,
        issuer,
        audience,
        account,
        customer,
        instance,
        bios_uuid,
        moref,
        label,
        hours,
    } = arguments;
    let pem = read_private_file("private key", key)?;
    let now = setup::system_clock().now().as_second();
    let claims = TokenClaims {
        issuer: issuer.clone(),
        audience: audience.clone(),
        instance: instance.clone(),
        bios_uuid: bios_uuid.clone(),
        moref: moref.clone(),
        account: account.clone(),
        customer: customer.clone(),
        labels: (!label.is_empty()).then(|| label.iter().cloned().collect()),
        token_id: random::text(&SystemRandom, TOKEN_ID_CHARS)?,
        issued_at: now,
        not_before: now,
        expires_at: now + i64::from(*hours) * SECONDS_PER_HOUR,
    };
    Ok(writeln!(std::io::stdout(), "{}", sign(&pem, key_id, &claims)?)?)
}
