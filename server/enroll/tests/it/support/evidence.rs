//! Evidence of each provider, signed by keys of the tests, and the roster that knows them.

use super::ORIGIN;
use jiff::SignedDuration;
use muster_attest::{
    azure, ec2,
    forge::{base64, certificate::Certificate, jwt, keys, message::Message, now},
};
use muster_enroll::config::PinnedAttestors;
use serde_json::{Value, json};
use std::sync::LazyLock;

pub const AWS_ACCOUNT: &str = "123456789012";
pub const SUBSCRIPTION: &str = "8d10da13-8125-4ba9-a717-bf7490507b3d";
/// Of another cloud of Azure than the evidence of tests.
pub const GOVERNMENT_SUBSCRIPTION: &str = "a4f6dd3c-6a1d-4bb6-9a3f-6f0b6c1f3f10";
pub const PROJECT: &str = "acme-prod";
pub const PROJECT_NUMBER: u64 = 198_285_616_681;
pub const VCENTER: &str = "urn:muster:vcenter:5f1c9f8e";
pub const VCENTER_ACCOUNT: &str = "vc-1:acme";
pub const INSTANCE: &str = "i-0123456789abcdef0";
pub const PENDING: &str = "2026-11-30T11:00:00Z";
const VCENTER_KEY: u8 = 11;
const ROOT: u8 = 1;
const INTERMEDIATE: u8 = 2;

/// A roster with one account of each provider, all of the customer `acme`, whose systems accounts exist.
pub fn roster() -> String {
    roster_with(|number, enrollment| format!("{}{enrollment}{}", existing(number), setup_role(number)))
}

/// The same without systems accounts, and with a further key for the enrollment of each account.
pub fn roster_to_create(key: &str) -> String {
    roster_with(|_, enrollment| format!("{enrollment}{key}\n"))
}

/// The systems account of one of the accounts in [`roster`].
pub fn systems_account(number: u8) -> String {
    format!("11112222333{number}")
}

/// The keys of a systems account that exists.
pub fn existing(number: u8) -> String {
    let account = systems_account(number);
    format!(
        "systems_account = \"{account}\"\nrole_arn = \"arn:aws:iam::{account}:role/MusterHarvester\"\n\
         external_id = \"k3Jx0vVq8n2Lw5Ty{number}\"\nregions = [\"eu-west-1\"]\n"
    )
}

/// The key of the role through which it is set up.
pub fn setup_role(number: u8) -> String {
    format!("setup_role_arn = \"arn:aws:iam::{}:role/setup\"\n", systems_account(number))
}

/// The number and the enrollment of each account become the rest of it.
fn roster_with(finish: impl Fn(u8, &str) -> String) -> String {
    let jwk = keys::ec_jwk("v1", &keys::ec_key(VCENTER_KEY));
    let accounts = [
        ("aws", AWS_ACCOUNT, String::new()),
        ("azure", SUBSCRIPTION, String::new()),
        ("azure", GOVERNMENT_SUBSCRIPTION, "cloud = \"government\"\n".to_owned()),
        ("gcp", PROJECT, format!("project_number = {PROJECT_NUMBER}\n")),
        ("vmware", VCENTER_ACCOUNT, String::new()),
    ];
    let accounts = (1..).zip(accounts).map(|(number, (provider, account, more))| {
        let enrollment = format!("[account.enrollment]\nregion = \"eu-west-1\"\n{more}");
        format!(
            "[[account]]\nprovider = \"{provider}\"\naccount_id = \"{account}\"\ncustomer_id = \"acme\"\n{}",
            finish(number, &enrollment)
        )
    });
    format!(
        "[[customer]]\nid = \"acme\"\ninstances_max = 1000\nsystems_accounts_max = 10\n{}\
         [[issuer]]\nname = \"{VCENTER}\"\nprovider = \"vmware\"\naccounts = [\"{VCENTER_ACCOUNT}\"]\n\
         jwks = '{{\"keys\":[{jwk}]}}'\n",
        accounts.collect::<String>()
    )
}

static REGION: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let key = keys::rsa_public_key(&keys::GENUINE);
    Certificate::new("Amazon", "Amazon", key).authority().signed_by_rsa(&keys::GENUINE)
});

fn authority(subject: &'static str, issuer: &'static str, seed: u8, by: u8) -> Vec<u8> {
    Certificate::new(subject, issuer, keys::ec_public_key(&keys::ec_key(seed))).authority().signed_by_ec(by)
}

/// Attestors that trust the keys of the tests.
pub fn pinned() -> PinnedAttestors {
    let region = REGION.clone().into();
    let regions = ec2::RegionKeys::new([("eu-west-1", &region)]).expect("readable");
    let root = authority("Root", "Root", ROOT, ROOT).into();
    PinnedAttestors {
        ec2: ec2::Attestor::new(regions, SignedDuration::from_hours(24)).into(),
        azure: azure::Attestor::new(azure::Roots::new([("Root", &root)]).expect("readable")).into(),
    }
}

pub fn ec2_document(account: &str, instance: &str, pending_time: &str) -> String {
    format!(
        r#"{{"accountId":"{account}","architecture":"x86_64","imageId":"ami-1","instanceId":"{instance}","instanceType":"t3.small","pendingTime":"{pending_time}","region":"eu-west-1","version":"2017-09-30"}}"#
    )
}

pub fn ec2(account: &str, instance: &str, pending_time: &str) -> Value {
    json!({"rsa2048": base64(&Message::ec2(&ec2_document(account, instance, pending_time)).encode())})
}

pub fn azure_document(subscription: &str, vm: &str, challenge: &Value) -> String {
    let nonce = challenge["nonce"].as_str().expect("a nonce");
    format!(
        r#"{{"nonce":"{nonce}","sku":"22_04","subscriptionId":"{subscription}","timeStamp":{{"createdOn":"11/30/26 11:59:00 -0000","expiresOn":"11/30/26 17:59:00 -0000"}},"vmId":"{vm}"}}"#
    )
}

pub fn azure_leaf() -> Certificate {
    Certificate {
        names: vec!["eastus.metadata.azure.com"],
        ..Certificate::new("Leaf", "Intermediate", keys::rsa_public_key(&keys::GENUINE))
    }
}

/// A document with the certificate of its signer, which the intermediate signed.
pub fn azure_signed(document: &str, leaf: Certificate) -> Value {
    let message = Message::azure(document, vec![leaf.signed_by_ec(INTERMEDIATE)]);
    let intermediate = authority("Intermediate", "Root", INTERMEDIATE, ROOT);
    json!({"signature": base64(&message.encode()), "intermediates": [base64(&intermediate)]})
}

pub fn azure(subscription: &str, vm: &str, challenge: &Value) -> Value {
    azure_signed(&azure_document(subscription, vm, challenge), azure_leaf())
}

pub fn gcp_claims(project_number: u64, instance: &str, challenge: &Value) -> String {
    let aud = challenge["aud"].as_str().expect("an audience");
    let (iat, exp) = (now().as_second(), now().as_second() + 3_600);
    format!(
        r#"{{"aud":"{aud}","exp":{exp},"google":{{"compute_engine":{{"instance_id":"{instance}","instance_name":"web-1","project_id":"{PROJECT}","project_number":{project_number},"zone":"europe-west1-b"}}}},"iat":{iat},"iss":"https://accounts.google.com","sub":"1155"}}"#
    )
}

pub fn gcp_header(key_id: &str) -> String {
    format!(r#"{{"alg":"RS256","kid":"{key_id}","typ":"JWT"}}"#)
}

/// An identity token of Google Cloud, signed with the key `key_id`.
pub fn gcp_with(key_id: &str, project_number: u64, instance: &str, challenge: &Value) -> Value {
    let claims = gcp_claims(project_number, instance, challenge);
    json!({"token": jwt::rs256(&gcp_header(key_id), &claims, &keys::GENUINE)})
}

pub fn gcp(instance: &str, challenge: &Value) -> Value {
    gcp_with("g1", PROJECT_NUMBER, instance, challenge)
}

/// The number of an instance as a UUID.
pub fn uuid(number: usize) -> String {
    format!("500c3b9e-0b1c-4d2e-8f3a-{number:012}")
}

/// A token of the vCenter for an account of a customer.
pub fn vmware_of(account: &str, customer: &str, number: usize, token_id: &str) -> Value {
    vmware_with("", account, customer, number, token_id)
}

/// The same with another claim, such as `"labels":{},`.
pub fn vmware_with(claim: &str, account: &str, customer: &str, number: usize, token_id: &str) -> Value {
    let (iat, exp) = (now().as_second(), now().as_second() + 86_400);
    let instance = uuid(number);
    let claims = format!(
        r#"{{{claim}"iss":"{VCENTER}","aud":"{ORIGIN}/enroll/v1","sub":"{instance}","bios_uuid":"{instance}","moref":"vm-42","account":"{account}","customer":"{customer}","jti":"{token_id}","iat":{iat},"nbf":{iat},"exp":{exp}}}"#
    );
    let header = r#"{"alg":"ES256","kid":"v1","typ":"muster-enrollment+jwt"}"#;
    json!({"token": jwt::es256(header, &claims, &keys::ec_key(VCENTER_KEY))})
}

pub fn vmware(number: usize) -> Value {
    vmware_of(VCENTER_ACCOUNT, "acme", number, &format!("t-{number}"))
}
