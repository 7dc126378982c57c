//! What metadata services answer, judged by the real attestors.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use muster_access::jwt::keys::KeySet;
use muster_attest::{
    Attestors, azure,
    challenge::{Challenge, Nonce},
    ec2,
    evidence::Evidence,
    forge::keys::{GENUINE, rsa_jwk},
    identity::{Facts, Identity},
    signed_token::{self, Issuer},
};
use muster_simulator::metadata::{
    INTERMEDIATE_PATH, Instance, MetadataService, PROJECT_NUMBER, Provider, keys::Keys, keys::KeysError, token,
};
use serde_json::{Value, json};

const NONCE: &str = "abcdefghijklmnopABCDEFGHIJ012345";
const AUDIENCE: &str = "https://vmm.example/enroll/v1";
const LABEL: &str = "rackspace-addon-patching";
const SUBSCRIPTION: &str = "8d10da13-8125-4ba9-a717-bf7490507b3d";

/// Generated once: RSA keys take their time.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("metadata-keys-{}", std::process::id()));
    // Of an earlier process with this id.
    let _ = std::fs::remove_dir_all(&folder);
    Keys::load_or_create(&folder).expect("new keys");
    folder
});

fn keys() -> Keys {
    Keys::load_or_create(&FOLDER).expect("the keys")
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_second(since.as_secs() as i64).expect("a time")
}

fn instance(provider: Provider, account: &str) -> Instance {
    Instance {
        provider,
        account: account.to_owned(),
        id: Instance::derived_id(provider, account),
        region: "eu-west-1".to_owned(),
        labels: BTreeMap::from([(LABEL.to_owned(), "true".to_owned())]),
        enrollment_token: None,
        cached_documents: 0,
    }
}

async fn start(instance: Instance) -> MetadataService {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    MetadataService::start(instance, keys(), listener).expect("a start")
}

/// Sends a request; returns status and body.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: metadata\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    (head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), answer[end + 4..].to_vec())
}

fn text((status, body): (u16, Vec<u8>)) -> String {
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    String::from_utf8(body).expect("text")
}

/// The certificates of a file that lists trusted ones, by name.
fn trusted(file: &str) -> Vec<(String, Vec<u8>)> {
    let text = std::fs::read_to_string(FOLDER.join(file)).expect("the file");
    let blocks = text.split_inclusive("-----END CERTIFICATE-----\n");
    let read = |block: &str| {
        let (title, rest) = block.split_once('\n').expect("lines");
        let encoded: String = rest.lines().filter(|line| !line.starts_with("-----")).collect();
        (title.split(' ').next().expect("a name").to_owned(), STANDARD.decode(encoded).expect("base64"))
    };
    blocks.map(read).collect()
}

fn attestors(provider: Provider, account: &str) -> Attestors {
    let certificate = |file: &str, name: &str| {
        let found = trusted(file).into_iter().find(|(one, _)| one == name);
        found.expect("the certificate").1.into()
    };
    let (region, root) =
        (certificate("regions.pem", "eu-west-1"), certificate("azure-roots.pem", "Simulated-Azure-Root"));
    let regions = ec2::RegionKeys::new([("eu-west-1", &region)]).expect("readable");
    let roots = azure::Roots::new([("root", &root)]).expect("readable");
    let issuer = Issuer {
        name: token::issuer(provider),
        provider,
        keys: key_set(keys().operator_jwks()),
        accounts: [account.to_owned()].into(),
    };
    Attestors {
        ec2: ec2::Attestor::new(regions, SignedDuration::from_hours(1)).into(),
        azure: azure::Attestor::new(roots).into(),
        signed_token: signed_token::Attestor::new([issuer]).expect("one issuer").into(),
    }
}

fn built_in() -> Attestors {
    Attestors {
        ec2: ec2::Attestor::new(ec2::RegionKeys::built_in().expect("pinned"), SignedDuration::from_hours(1)).into(),
        azure: azure::Attestor::new(azure::Roots::built_in().expect("pinned")).into(),
        signed_token: signed_token::Attestor::new([]).expect("no issuer").into(),
    }
}

/// Verifies evidence with the simulated keys, and checks that nobody else believes it.
fn attest(provider: Provider, account: &str, evidence: Value) -> Identity {
    let evidence: Evidence =
        serde_json::from_value(json!({ "provider": provider, "evidence": evidence })).expect("evidence");
    let nonce = Nonce::new(NONCE.to_owned()).expect("a nonce");
    let challenge = Challenge { provider, nonce, audience: AUDIENCE.to_owned() };
    let google = key_set(keys().google_jwks());
    let other_google = key_set(&format!(r#"{{"keys":[{}]}}"#, rsa_jwk("simulated-google-1", &GENUINE)));
    let foreign = built_in().attest(&evidence, &challenge, Some(&other_google), now());
    assert_eq!(foreign.expect_err("nobody else believes it").code(), "evidence_invalid");
    attestors(provider, account).attest(&evidence, &challenge, Some(&google), now()).expect("genuine")
}

fn key_set(jwks: &str) -> KeySet {
    KeySet::read(jwks.as_bytes()).expect("keys")
}

#[tokio::test(flavor = "multi_thread")]
async fn ec2_answers_within_a_session_only() {
    let instance = instance(Provider::Aws, "123456789012");
    let service = start(instance.clone()).await;
    let at = service.address();
    let signature = "/latest/dynamic/instance-identity/rsa2048";
    let ttl = "X-aws-ec2-metadata-token-ttl-seconds: 60";
    for (method, path, headers, status) in [
        ("GET", signature, vec![], 401),
        ("GET", signature, vec!["X-aws-ec2-metadata-token: guess"], 401),
        ("PUT", "/latest/api/token", vec![], 400),
        ("PUT", "/latest/api/token", vec!["X-aws-ec2-metadata-token-ttl-seconds: 21601"], 400),
        ("PUT", "/latest/api/token", vec!["X-aws-ec2-metadata-token-ttl-seconds: 0"], 400),
        ("GET", "/latest/api/token", vec![ttl], 405),
        ("POST", signature, vec![], 405),
        ("PUT", "/latest/api/token", vec![ttl, "X-Forwarded-For: 10.0.0.1"], 403),
    ] {
        assert_eq!(ask(at, method, path, &headers).0, status, "{method} {path} {headers:?}");
    }
    let token = text(ask(at, "PUT", "/latest/api/token", &[ttl]));
    let session = format!("X-aws-ec2-metadata-token: {token}");
    let get = |path: &str| ask(at, "GET", path, &[&session]);
    let rsa2048 = text(get(signature));
    let document = text(get("/latest/dynamic/instance-identity/document"));
    let identity = attest(Provider::Aws, &instance.account, json!({ "rsa2048": rsa2048, "document": document }));
    assert_eq!((identity.account, identity.instance), (instance.account, instance.id));
    assert_eq!(identity.location.as_deref(), Some("eu-west-1"));
    assert_eq!(text(get(&format!("/latest/meta-data/tags/instance/{LABEL}"))), "true");
    assert_eq!(text(get("/latest/meta-data/tags/instance/")), LABEL);
    assert_eq!(get("/latest/meta-data/tags/instance/other").0, 404);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_attests_the_nonce_of_a_request_unless_it_answers_from_a_cache() {
    let instance = Instance { cached_documents: 1, ..instance(Provider::Azure, SUBSCRIPTION) };
    let service = start(instance.clone()).await;
    let at = service.address();
    let document = format!("/metadata/attested/document?api-version=2025-04-07&nonce={NONCE}");
    for (method, path, headers, status) in [
        ("GET", &*document, vec![], 400),
        ("GET", &*document, vec!["Metadata: true", "X-Forwarded-For: 10.0.0.1"], 400),
        ("GET", "/metadata/attested/document", vec!["Metadata: true"], 400),
        ("GET", "/metadata/attested/document?api-version=2025-04-07&nonce=a-b", vec!["Metadata: true"], 400),
        ("POST", &*document, vec!["Metadata: true"], 405),
        ("GET", "/metadata/other?api-version=2025-04-07", vec!["Metadata: true"], 404),
    ] {
        assert_eq!(ask(at, method, path, &headers).0, status, "{method} {path} {headers:?}");
    }
    let get = |path: &str| ask(at, "GET", path, &["Metadata: true"]);
    let signature = || {
        let answer: Value = serde_json::from_str(&text(get(&document))).expect("JSON");
        answer["signature"].as_str().expect("a signature").to_owned()
    };
    let has_nonce = |signature: &str| {
        let decoded = STANDARD.decode(signature).expect("base64");
        decoded.windows(NONCE.len()).any(|window| window == NONCE.as_bytes())
    };
    assert!(!has_nonce(&signature()), "the first one is cached");
    let second = signature();
    assert!(has_nonce(&second));
    // The address in the certificate, by which the start-up script finds its issuer.
    let decoded = STANDARD.decode(&second).expect("base64");
    let url = format!("http://www.microsoft.com{INTERMEDIATE_PATH}");
    assert!(decoded.windows(url.len()).any(|window| window == url.as_bytes()));
    let (status, intermediate) = ask(at, "GET", INTERMEDIATE_PATH, &[]);
    assert_eq!(status, 200);
    let evidence = json!({ "signature": second, "intermediates": [STANDARD.encode(intermediate)] });
    let identity = attest(Provider::Azure, SUBSCRIPTION, evidence);
    assert_eq!((identity.account.as_str(), identity.instance), (SUBSCRIPTION, instance.id.clone()));
    assert_eq!(text(get("/metadata/instance/compute/vmId?api-version=2021-02-01&format=text")), instance.id);
    let tags = text(get("/metadata/instance/compute/tagsList?api-version=2021-02-01&format=json"));
    assert_eq!(serde_json::from_str::<Value>(&tags).expect("JSON"), json!([{ "name": LABEL, "value": "true" }]));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn google_cloud_signs_tokens_for_the_audience() {
    let instance = instance(Provider::Gcp, "acme-prod");
    let service = start(instance.clone()).await;
    let at = service.address();
    let identity = "/computeMetadata/v1/instance/service-accounts/default/identity";
    let full = format!("{identity}?audience={AUDIENCE}/{NONCE}&format=full&licenses=FALSE");
    let flavor = "Metadata-Flavor: Google";
    for (path, headers, status) in [
        (full.as_str(), vec![], 403),
        (full.as_str(), vec![flavor, "X-Forwarded-For: 10.0.0.1"], 403),
        (identity, vec![flavor], 400),
        ("/computeMetadata/v1/instance/attributes/other", vec![flavor], 404),
        ("/other", vec![flavor], 404),
    ] {
        assert_eq!(ask(at, "GET", path, &headers).0, status, "{path} {headers:?}");
    }
    let get = |path: &str| text(ask(at, "GET", path, &[flavor]));
    let identity = attest(Provider::Gcp, "acme-prod", json!({ "token": get(&full) }));
    assert_eq!((identity.account.as_str(), identity.instance), ("acme-prod", instance.id.clone()));
    assert!(matches!(identity.facts, Facts::Google { project_number: PROJECT_NUMBER, .. }));
    assert_eq!(get("/computeMetadata/v1/instance/id"), instance.id);
    assert_eq!(get(&format!("/computeMetadata/v1/instance/attributes/{LABEL}")), "true");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openstack_has_the_token_as_vendor_data() {
    let plain = instance(Provider::Openstack, "region-1/acme");
    let token = token::sign(&keys(), &plain, AUDIENCE, "acme").expect("a token");
    let service = start(Instance { enrollment_token: Some(token.clone()), ..plain.clone() }).await;
    let answer = text(ask(service.address(), "GET", "/openstack/latest/vendor_data2.json", &[]));
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer, json!({ "muster": { "enrollment_token": token } }));
    // The services of other providers must not be found here.
    assert_eq!(ask(service.address(), "PUT", "/latest/api/token", &[]).0, 405);
    assert_eq!(ask(service.address(), "GET", "/computeMetadata/v1/instance/id", &["Metadata-Flavor: Google"]).0, 404);
    service.stop().await;
}

#[test]
fn tokens_of_operators_are_genuine_and_never_the_same() {
    for provider in [Provider::Vmware, Provider::Openstack, Provider::Dedicated] {
        let instance = instance(provider, "site-1/acme");
        let token = || token::sign(&keys(), &instance, AUDIENCE, "acme").expect("a token");
        let first = token();
        assert_ne!(first, token());
        let identity = attest(provider, "site-1/acme", json!({ "token": first }));
        assert_eq!(identity.instance, instance.id);
        let Facts::SignedToken { customer, issuer, .. } = identity.facts else { panic!("a token of an operator") };
        assert_eq!((customer.as_str(), issuer), ("acme", token::issuer(provider)));
    }
}

#[test]
fn refuses_a_folder_with_other_files() {
    let folder = FOLDER.with_extension("other");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("google.key.pem"), "no key").expect("a file");
    let refused = Keys::load_or_create(&folder);
    std::fs::remove_dir_all(&folder).expect("removed");
    assert!(matches!(refused, Err(KeysError::Invalid { path }) if path.ends_with("google.key.pem")));
}
