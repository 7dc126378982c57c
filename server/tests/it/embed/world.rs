//! A portal with embedding pages, and the keys of these pages, generated for each test.

use crate::support::world::{harvested, state_of};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header::AUTHORIZATION},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use muster_access::{
    assignments::Assignments,
    embedder::{EmbeddedRole, Embedder},
    jwks::KeyFile,
    public_url::PublicUrl,
    token::Token,
};
use muster_core::clock::{Clock, FixedClock};
use muster_web::{embed::Embed, router::router, sign_in::SignIn, state::ServerState};
use p256::pkcs8::EncodePrivateKey as _;
use rsa::{pkcs1::EncodeRsaPrivateKey, rand_core::OsRng, traits::PublicKeyParts};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tower::ServiceExt;

pub const NONCE: &str = "00112233445566778899aabbccddeeff";
pub const AUDIENCE: &str = "https://vmm.example/embed";
pub const ORIGIN: &str = "https://manage.example";

/// An embedding page with its signing key.
pub struct EmbeddingPage {
    pub issuer: String,
    pub kid: String,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
    pub jwk: Value,
}

impl EmbeddingPage {
    pub fn new(kid: &str) -> Self {
        let secret = p256::SecretKey::random(&mut OsRng).to_pkcs8_der().expect("a key");
        Self::of(kid, Algorithm::ES256, EncodingKey::from_ec_der(secret.as_bytes()), None)
    }

    pub fn ed25519(kid: &str) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("random numbers");
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        let x = URL_SAFE_NO_PAD.encode(secret.verifying_key().as_bytes());
        let key = EncodingKey::from_ed_der(secret.to_pkcs8_der().expect("a key").as_bytes());
        Self::of(kid, Algorithm::EdDSA, key, Some(json!({"kty": "OKP", "crv": "Ed25519", "x": x})))
    }

    pub fn rsa(kid: &str) -> Self {
        let secret = rsa::RsaPrivateKey::new(&mut OsRng, 2048).expect("a key");
        let [n, e] = [secret.n(), secret.e()].map(|number| URL_SAFE_NO_PAD.encode(number.to_bytes_be()));
        let key = EncodingKey::from_rsa_der(secret.to_pkcs1_der().expect("a key").as_bytes());
        Self::of(kid, Algorithm::RS256, key, Some(json!({"kty": "RSA", "n": n, "e": e})))
    }

    fn of(kid: &str, algorithm: Algorithm, key: EncodingKey, jwk: Option<Value>) -> Self {
        let computed = || serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).expect("a key")).expect("JSON");
        let mut jwk = jwk.unwrap_or_else(computed);
        jwk["kid"] = json!(kid);
        Self { issuer: ORIGIN.to_owned(), kid: kid.to_owned(), algorithm, key, jwk }
    }

    pub fn keys(&self) -> String {
        json!({ "keys": [self.jwk] }).to_string()
    }

    pub fn header(&self) -> Value {
        json!({"alg": format!("{:?}", self.algorithm), "kid": self.kid, "typ": "vmm-embed+jwt"})
    }

    /// Valid claims about a user of a customer, issued at `now`.
    pub fn claims(&self, customer: &str, now: Timestamp) -> Value {
        let now = now.as_second();
        json!({
            "iss": self.issuer, "aud": AUDIENCE, "sub": "user-1", "iat": now, "nbf": now, "exp": now + 60,
            "jti": Token::random().expect("random numbers").reveal(), "nonce": NONCE, "role": "customer",
            "customers": [customer], "parent": ORIGIN,
        })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }

    /// Signs any header and claims, valid or not.
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).expect("a signature");
        format!("{message}.{signature}")
    }

    pub fn embedder(&self) -> Embedder {
        Embedder {
            issuer: self.issuer.clone(),
            keys: KeyFile::fixed(&self.keys()).expect("valid keys"),
            origins: BTreeSet::from([ORIGIN.to_owned()]),
            roles: BTreeSet::from([EmbeddedRole::Customer, EmbeddedRole::AccountManager]),
            customers: None,
        }
    }
}

/// The portal, as requests from the frame reach it.
pub struct Framed {
    pub router: Router,
    pub state: ServerState,
    pub clock: Arc<FixedClock>,
}

impl Framed {
    pub fn new(embedders: Vec<Embedder>) -> Self {
        Self::with_assignments(embedders, Assignments::default())
    }

    /// A portal that started ten seconds ago.
    pub fn with_assignments(embedders: Vec<Embedder>, assignments: Assignments) -> Self {
        let clock = Arc::new(FixedClock::at(harvested().estate.now()));
        let framed = Self::start(embedders, assignments, clock);
        framed.advance(10);
        framed
    }

    pub fn start(embedders: Vec<Embedder>, assignments: Assignments, clock: Arc<FixedClock>) -> Self {
        let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
        let embed = Embed::new(&public_url, embedders, clock.clone());
        let sign_in = SignIn::new(public_url, assignments, clock.clone());
        let state = state_of(&harvested().source, sign_in).with_embed(embed);
        Self { router: router(state.clone()), state, clock }
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_secs(seconds));
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    pub async fn get(&self, path: &str, bearer: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {bearer}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, bearer: &str, body: &Value) -> (StatusCode, HeaderMap, String) {
        let request = Request::post(path).header("content-type", "application/json");
        let request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// Posts an assertion, and returns the status and the answer.
    pub async fn post_assertion(&self, assertion: &str, nonce: &str) -> (u16, Value) {
        let (status, _, body) =
            self.post("/embed/v1/session", "", &json!({ "assertion": assertion, "nonce": nonce })).await;
        (status.as_u16(), serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// Posts an assertion, and returns the status and the error code, which is empty on success.
    pub async fn assertion_result(&self, assertion: &str) -> (u16, String) {
        let (status, answer) = self.post_assertion(assertion, NONCE).await;
        (status, answer["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// A bearer token for these claims.
    pub async fn bearer(&self, embedding_page: &EmbeddingPage, claims: &Value) -> String {
        let (status, answer) = self.post_assertion(&embedding_page.sign(claims), NONCE).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    pub async fn customer_bearer(&self, embedding_page: &EmbeddingPage, customer: &str) -> String {
        self.bearer(embedding_page, &embedding_page.claims(customer, self.now())).await
    }
}

/// Every customer of the small estate with the ids of its accounts.
pub fn customers() -> Vec<(String, Vec<String>)> {
    let mut customers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for account in harvested().estate.roster() {
        customers.entry(account.customer_id).or_default().push(account.account_id.to_string());
    }
    assert!(customers.len() > 1, "tenancy needs two customers");
    customers.into_iter().collect()
}
