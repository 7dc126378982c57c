//! The content of an attested document, after its signature was verified.

use super::Cloud;
use crate::{
    challenge::Challenge,
    identity::{Facts, Identity, Provider},
    json::Object,
    refusal::Refusal,
    text,
};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

/// How far Azure's clock may be ahead of ours.
const FUTURE_MAX: SignedDuration = SignedDuration::from_secs(300);
/// How long after its end a document is still accepted.
const EXPIRED_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Documents have years of two digits.
const CENTURY: i16 = 2000;
const SKU_CHARS_MAX: usize = 128;

pub fn identity(content: &[u8], cloud: Cloud, challenge: &Challenge, now: Timestamp) -> Result<Identity, Refusal> {
    let document = Object::read(content);
    let document = document.ok_or(Refusal::Invalid("the signed content is not one JSON object without duplicates"))?;
    if document.text("nonce") != Some(challenge.nonce.as_str()) {
        return Err(Refusal::Nonce);
    }
    let (created_on, expires_on) = times(&document)?;
    if now.duration_since(created_on) < -FUTURE_MAX {
        return Err(Refusal::Stale("the document was created in the future; check the clock of the portal"));
    }
    if now.duration_since(expires_on) > EXPIRED_MAX {
        return Err(Refusal::Stale("the document is expired; request a new one"));
    }
    let id = |name, refusal| document.text(name).and_then(text::uuid).ok_or(Refusal::Invalid(refusal));
    Ok(Identity {
        provider: Provider::Azure,
        account: id("subscriptionId", "the subscriptionId of the document is not a UUID")?,
        instance: id("vmId", "the vmId of the document is not a UUID")?,
        location: None,
        facts: Facts::Azure {
            cloud,
            created_on,
            expires_on,
            sku: document.optional_text("sku").filter(|sku| text::is_identifier(sku, SKU_CHARS_MAX)),
        },
    })
}

/// When the document was created and expires. The documentation has `timeStamp` in its samples and `timestamp` in its table.
fn times(document: &Object) -> Result<(Timestamp, Timestamp), Refusal> {
    const REFUSAL: Refusal = Refusal::Invalid("the times of the document cannot be read");
    let member = match (document.has("timeStamp"), document.has("timestamp")) {
        (true, false) => document.object("timeStamp"),
        (false, true) => document.object("timestamp"),
        _ => None,
    };
    let time = |name| member?.get(name)?.as_str().and_then(time);
    time("createdOn").zip(time("expiresOn")).ok_or(REFUSAL)
}

/// A time in the form `MM/DD/YY HH:MM:SS -0000`, in which each part has two digits.
fn time(text: &str) -> Option<Timestamp> {
    const FORM: &[u8] = b"00/00/00 00:00:00 -0000";
    let bytes = text.as_bytes();
    let has_form = bytes.len() == FORM.len()
        && bytes.iter().zip(FORM).enumerate().all(|(at, (byte, form))| match form {
            b'0' if at < 18 => byte.is_ascii_digit(),
            form => byte == form,
        });
    let part = |at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let part = |at| if has_form { part(at) } else { None };
    let year = CENTURY + i16::from(part(6)?);
    let time = DateTime::new(year, part(0)?, part(3)?, part(9)?, part(12)?, part(15)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_in_their_exact_form_only() {
        assert_eq!(time("11/20/18 22:07:39 -0000"), "2018-11-20T22:07:39Z".parse().ok());
        assert_eq!(time("02/29/28 23:59:59 -0000"), "2028-02-29T23:59:59Z".parse().ok());
        for text in [
            "02/30/26 22:07:39 -0000",
            "02/29/26 22:07:39 -0000",
            "13/01/26 22:07:39 -0000",
            "00/01/26 22:07:39 -0000",
            "20/11/18 22:07:39 -0000",
            "11/20/2018 22:07:39 -0000",
            "11/20/18 24:00:00 -0000",
            "11/20/18 22:07:60 -0000",
            "11/20/18 22:07:39 +0000",
            "11/20/18 22:07:39 -0100",
            "11/20/18 22:07:39",
            "11/20/18 22:07:39 -0000 ",
            "1/20/18 22:07:39 -0000",
            "+1/20/18 22:07:39 -0000",
            "2018-11-20T22:07:39Z",
            "١١/20/18 22:07:9 -0000",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
