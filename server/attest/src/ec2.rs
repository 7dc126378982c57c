//! EC2: the instance identity document, signed with the key of its Region.
//!
//! Only `rsa2048` is accepted: of the three signatures that the metadata service has, `pkcs7` is DSA with SHA-1, and
//! `signature` has no attributes. Source: "Instance identity documents" and "AWS public certificates" in the EC2 User Guide.
//!
//! The document proves that AWS issued it for this instance, account and Region. It has no nonce, so it does not prove that
//! the sender is that instance now: everything that has read the document once can send it until the instance is stopped. The caller
//! accepts an instance once, and again only with a newer `pendingTime`.

mod regions;

pub use regions::RegionKeys;

use crate::{
    evidence::Ec2Evidence,
    identity::{Facts, Identity, Provider},
    json::Object,
    pkcs7::{self, Rules, SignedData},
    refusal::Refusal,
    text,
};
use jiff::{SignedDuration, Timestamp};

/// How far AWS's clock may be ahead of ours.
const FUTURE_MAX: SignedDuration = SignedDuration::from_mins(1);
/// The version of documents, unchanged since 2017.
const VERSION: &str = "2017-09-30";
const ACCOUNT_DIGITS: usize = 12;
/// The longest text of a fact that only describes the instance.
const FACT_CHARS_MAX: usize = 64;

const RULES: Rules = Rules { requires_attributes: true, accepts_signature_as_digest: false };

/// Verifies instance identity documents.
pub struct Attestor {
    keys: RegionKeys,
    age_max: SignedDuration,
}

impl Attestor {
    /// `age_max` limits how long ago the instance was started.
    pub fn new(keys: RegionKeys, age_max: SignedDuration) -> Self {
        Self { keys, age_max }
    }

    /// # Errors
    ///
    /// `malformed`, `evidence_invalid` and `stale`.
    pub fn attest(&self, evidence: &Ec2Evidence, now: Timestamp) -> Result<Identity, Refusal> {
        let encoded = pkcs7::decode(&evidence.rsa2048)?;
        let message = SignedData::read(&encoded)?;
        // Read before it is verified, but only to select the key. Another Region's key does not match.
        let key = self.keys.find(region(&message.content)?)?;
        message.verify(&RULES, |signed, signature| key.has_signed(signed, signature))?;
        if evidence.document.as_ref().is_some_and(|document| document.as_bytes() != message.content.as_ref()) {
            return Err(Refusal::Invalid("the plain document differs from the signed one"));
        }
        self.identity(&message.content, now)
    }

    fn identity(&self, content: &[u8], now: Timestamp) -> Result<Identity, Refusal> {
        let document = read(content)?;
        let member = |name: &str, is_valid: fn(&str) -> bool, refusal| {
            document.text(name).filter(|text| is_valid(text)).map(str::to_owned).ok_or(Refusal::Invalid(refusal))
        };
        member("version", |text| text == VERSION, "the version of the document is not known")?;
        let account = member(
            "accountId",
            |text| text::is_digits(text, ACCOUNT_DIGITS..=ACCOUNT_DIGITS),
            "the accountId of the document is not an account",
        )?;
        let instance = member("instanceId", is_instance_id, "the instanceId of the document is not an instance")?;
        let pending_time = document.text("pendingTime").and_then(|text| text.parse::<Timestamp>().ok());
        let pending_time = pending_time.ok_or(Refusal::Invalid("the pendingTime of the document is not a time"))?;
        self.check_age(now.duration_since(pending_time))?;
        let fact = |name| document.optional_text(name).filter(|text| text::is_identifier(text, FACT_CHARS_MAX));
        Ok(Identity {
            provider: Provider::Aws,
            account,
            instance,
            location: document.optional_text("region"),
            facts: Facts::Ec2 {
                pending_time,
                image_id: fact("imageId"),
                instance_type: fact("instanceType"),
                availability_zone: fact("availabilityZone"),
            },
        })
    }

    fn check_age(&self, age: SignedDuration) -> Result<(), Refusal> {
        if age < -FUTURE_MAX {
            Err(Refusal::Stale("the pendingTime of the document is in the future; check the clock of the portal"))
        } else if age > self.age_max {
            Err(Refusal::Stale("the instance was started too long ago; stop and start it, and enroll again"))
        } else {
            Ok(())
        }
    }
}

fn read(content: &[u8]) -> Result<Object, Refusal> {
    Object::read(content).ok_or(Refusal::Invalid("the signed content is not one JSON object without duplicates"))
}

/// The Region that a document names.
fn region(content: &[u8]) -> Result<String, Refusal> {
    let document = read(content)?;
    let region = document.text("region").filter(|region| regions::is_region(region));
    region.map(str::to_owned).ok_or(Refusal::Invalid("the region of the document is not a Region"))
}

/// `i-` and 8 or 17 hexadecimal digits.
fn is_instance_id(text: &str) -> bool {
    let is_hex = |digits: &str| digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    text.strip_prefix("i-").is_some_and(|digits| matches!(digits.len(), 8 | 17) && is_hex(digits))
}
