//! Sign-in with OpenID Connect against a real provider: every role, and every callback that must be rejected.

use crate::{
    access::identity_provider::{IdentityProvider, Portal, customers},
    support::browser::Browser,
};
use axum::http::{StatusCode, header::SET_COOKIE};
use jiff::{SignedDuration, Timestamp};
use muster_core::clock::Clock;

const SESSION: &str = "__Host-muster";
const LOGIN: &str = "__Host-muster-login";
const FAILED: &str = "/sign-in?said=login_failed";

/// `address` with another value of one query parameter.
fn with_parameter(address: &str, name: &str, value: &str) -> String {
    let (path, query) = address.split_once('?').expect("a query string");
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(key, old)| (key.clone(), if key == name { value.into() } else { old }));
    format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

async fn assert_sign_in_refused(browser: &mut Browser, path: &str, location: &str) {
    let answer = browser.get(path).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, location), "{path}");
    assert!(!browser.cookies.contains_key(SESSION) && !browser.is_signed_in().await, "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_signs_in_and_sees_its_own_customers() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let [own, other] = customers();
    let (one, both) = (vec![own.clone()], vec![own, other]);
    for (user, sees, harvest, auditors) in [
        ("root", None, StatusCode::OK, StatusCode::OK),
        ("op", None, StatusCode::OK, StatusCode::OK),
        ("am", Some(&one), StatusCode::NOT_FOUND, StatusCode::OK),
        ("cu", Some(&one), StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
        ("cu2", Some(&both), StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
    ] {
        let mut browser = Browser::new(&portal.state);
        let answer = browser.sign_in(user).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{user}");
        assert!(browser.cookies.contains_key(SESSION) && !browser.cookies.contains_key(LOGIN), "{user}");
        let seen = browser.customers().await;
        match sees {
            Some(sees) => assert_eq!(seen, *sees, "{user}"),
            None => assert!(seen.len() > 1, "{user}"),
        }
        assert_eq!(browser.get("/harvest").await.status, harvest, "{user}");
        assert_eq!(browser.get("/api/v1/harvest").await.status, harvest, "{user}");
        assert_eq!(browser.get("/auditors").await.status, auditors, "{user}");
    }
    let mut browser = Browser::new(&portal.state);
    browser.sign_in("cu").await;
    assert!(browser.get("/").await.body.contains("Ada Lind"));
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_tokens_of_each_signature_algorithm() {
    for algorithm in ["ES256", "EdDSA"] {
        let provider = IdentityProvider::with(algorithm, 0);
        let mut browser = Browser::new(&Portal::of(&provider).state);
        assert_eq!(browser.sign_in("op").await.location(), "/", "{algorithm}");
        assert!(browser.is_signed_in().await, "{algorithm}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_returns_to_the_requested_page_and_never_to_another_host() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let mut browser = Browser::new(&portal.state);
    let sign_in_page = browser.get("/instances?status=failed&q=a").await.location().to_owned();
    let page = browser.get(&sign_in_page).await;
    let href = "/sign-in/oidc?return_to=%2Finstances%3Fstatus%3Dfailed%26q%3Da";
    assert!(page.body.contains(href), "{}", page.body);
    let address = browser.get(href).await.location().to_owned();
    let back = browser.at_provider(&address, "op").await;
    assert_eq!(browser.get(&back).await.location(), "/instances?status=failed&q=a");
    for elsewhere in ["//evil.test", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "/sign-in"] {
        let mut browser = Browser::new(&portal.state);
        let address = browser.begin(elsewhere).await;
        let back = browser.at_provider(&address, "op").await;
        assert_eq!(browser.get(&back).await.location(), "/", "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_a_callback_only_in_the_browser_and_login_that_started_it() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let mut browser = Browser::new(&portal.state);
    let address = browser.begin("/").await;
    let back = browser.at_provider(&address, "root").await;
    // Another browser gets the callback of a login that it never started, or after it started its own.
    let mut other = Browser::new(&portal.state);
    assert_sign_in_refused(&mut other, &back, FAILED).await;
    other.begin("/").await;
    assert_sign_in_refused(&mut other, &back, FAILED).await;
    // The failed callback also ends that login: its cookie is removed.
    assert!(!other.cookies.contains_key(LOGIN));
    let mut third = Browser::new(&portal.state);
    third.begin("/").await;
    assert_sign_in_refused(&mut third, &with_parameter(&back, "state", "forged"), FAILED).await;
    for query in ["", "?", "?state=x", "?code=x", "?code=a&code=b&state=x&state=y", "?error=access_denied"] {
        third.begin("/").await;
        assert_sign_in_refused(&mut third, &format!("/sign-in/oidc/callback{query}"), FAILED).await;
    }
    // The right code with another state, in the right browser: only the state is wrong.
    for state in ["forged", ""] {
        let mut fourth = Browser::new(&portal.state);
        let address = fourth.begin("/").await;
        let back = fourth.at_provider(&address, "root").await;
        assert_sign_in_refused(&mut fourth, &with_parameter(&back, "state", state), FAILED).await;
    }
    // The name of another issuer.
    third.cookies = browser.cookies.clone();
    assert_sign_in_refused(&mut third, &with_parameter(&back, "iss", "https://evil.test"), FAILED).await;
    // That used up the login, also for the browser that started it.
    assert_sign_in_refused(&mut browser, &back, FAILED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_replayed_callback_and_a_replayed_code() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let mut browser = Browser::new(&portal.state);
    let address = browser.begin("/").await;
    let login = browser.cookies.clone();
    let back = browser.at_provider(&address, "op").await;
    assert_eq!(browser.get(&back).await.location(), "/");
    let mut attacker = Browser::new(&portal.state);
    attacker.cookies = login;
    assert_sign_in_refused(&mut attacker, &back, FAILED).await;
    // A second, unused code of the same login is rejected too.
    let mut owner = Browser::new(&portal.state);
    let address = owner.begin("/").await;
    attacker.cookies = owner.cookies.clone();
    let (back, second) = (owner.at_provider(&address, "op").await, owner.at_provider(&address, "op").await);
    assert_ne!(back, second);
    assert_eq!(owner.get(&back).await.location(), "/");
    assert_sign_in_refused(&mut attacker, &second, FAILED).await;
    // The old code in a new login of another browser: it is used up, and belongs to another verifier.
    let address = attacker.begin("/").await;
    let (_, query) = address.split_once('?').expect("a query string");
    let state = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "state").expect("a state").1;
    assert_sign_in_refused(&mut attacker, &with_parameter(&back, "state", &state), FAILED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_token_with_another_nonce_and_a_code_for_another_verifier() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    for (name, value) in [("nonce", "another"), ("code_challenge", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")] {
        let mut browser = Browser::new(&portal.state);
        let address = browser.begin("/").await;
        assert!(address.contains("code_challenge_method=S256") && address.contains("nonce="), "{address}");
        let back = browser.at_provider(&with_parameter(&address, name, value), "root").await;
        assert_sign_in_refused(&mut browser, &back, FAILED).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_callback_after_the_login_has_expired() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let mut browser = Browser::new(&portal.state);
    let address = browser.begin("/").await;
    let back = browser.at_provider(&address, "op").await;
    portal.clock.set(portal.clock.now() + SignedDuration::from_mins(10));
    assert_sign_in_refused(&mut browser, &back, FAILED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_provider_that_is_down_or_rejects_the_client_as_unavailable() {
    let mut provider = IdentityProvider::start();
    let unavailable = "/sign-in?said=unavailable";
    let mut other_client = Browser::new(&Portal::with(&provider.issuer(), "not-the-secret").state);
    let answer = other_client.sign_in("op").await;
    assert_eq!(answer.location(), unavailable);
    let portal = Portal::of(&provider);
    let mut browser = Browser::new(&portal.state);
    let address = browser.begin("/").await;
    let back = browser.at_provider(&address, "op").await;
    provider.stop();
    assert_sign_in_refused(&mut browser, &back, unavailable).await;
    // A portal that never reached the provider reports it at once, and the sign-in page still renders.
    let mut browser = Browser::new(&Portal::of(&provider).state);
    assert_sign_in_refused(&mut browser, "/sign-in/oidc", unavailable).await;
    let page = browser.get(unavailable).await;
    assert!(page.status == StatusCode::OK && page.body.contains("is not available"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_a_role_sees_an_error_page_and_no_redirect_loop() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    for user in ["other-groups", "no-customer", "no-claims"] {
        let mut browser = Browser::new(&portal.state);
        let address = browser.begin("/instances").await;
        let back = browser.at_provider(&address, user).await;
        assert_sign_in_refused(&mut browser, &back, "/sign-in?said=no_access").await;
        let page = browser.get("/sign-in?said=no_access").await;
        assert!(page.status == StatusCode::OK && page.body.contains("has no access to this portal"), "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_replaces_an_earlier_session() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let mut browser = Browser::new(&portal.state);
    browser.cookies.insert(SESSION.to_owned(), "planted".to_owned());
    browser.sign_in("cu").await;
    let first = browser.cookies[SESSION].clone();
    assert_ne!(first, "planted");
    let answer = browser.sign_in("op").await;
    let set = answer.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let set = set.filter(|cookie| cookie.starts_with(&format!("{SESSION}="))).collect::<Vec<_>>();
    assert!(matches!(set[..], [cookie] if cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure")), "{set:?}");
    assert_ne!(browser.cookies[SESSION], first);
    for value in ["planted", &first] {
        let mut other = Browser::new(&portal.state);
        other.cookies.insert(SESSION.to_owned(), value.to_owned());
        assert!(!other.is_signed_in().await, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_out_ends_one_session_or_all_sessions_of_the_person() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let mut browsers = Vec::new();
    for user in ["cu", "cu", "cu", "op"] {
        let mut browser = Browser::new(&portal.state);
        browser.sign_in(user).await;
        browsers.push(browser);
    }
    let kept = browsers[0].cookies.clone();
    assert_eq!(browsers[0].post("/sign-out", &[]).await.location(), "/sign-in?said=signed_out");
    browsers[0].cookies = kept;
    assert!(!browsers[0].is_signed_in().await && browsers[1].is_signed_in().await);
    browsers[1].post("/sign-out", &[("everywhere", "1")]).await;
    assert!(!browsers[1].is_signed_in().await && !browsers[2].is_signed_in().await);
    assert!(browsers[3].is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_half_an_hour_idle_or_eight_hours_in_use() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let start: Timestamp = portal.clock.now();
    let (mut unused, mut used) = (Browser::new(&portal.state), Browser::new(&portal.state));
    unused.sign_in("op").await;
    used.sign_in("op").await;
    for minutes in (20..480).step_by(20) {
        portal.clock.set(start + SignedDuration::from_mins(minutes));
        assert!(used.is_signed_in().await, "after {minutes} minutes");
    }
    assert!(!unused.is_signed_in().await);
    portal.clock.set(start + SignedDuration::from_mins(482));
    assert!(!used.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_assignments_apply_at_the_next_request() {
    let provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    let [own, other] = customers();
    let mut browser = Browser::new(&portal.state);
    browser.sign_in("am").await;
    assert_eq!(browser.customers().await, std::slice::from_ref(&own));
    let assign = |lines: String| {
        std::fs::write(portal.folder.path().join("assignments.csv"), format!("subject,customer_id\n{lines}"))
            .expect("assignments");
    };
    assign(format!("am,{other}\nam,{own}\n"));
    assert_eq!(browser.customers().await, [own.clone(), other.clone()]);
    assign(format!("sb,{own}\n"));
    assert_eq!(browser.customers().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_a_rotated_provider_key() {
    let mut provider = IdentityProvider::start();
    let portal = Portal::of(&provider);
    assert_eq!(Browser::new(&portal.state).sign_in("op").await.location(), "/");
    provider.stop();
    let _restarted = IdentityProvider::with("RS256", provider.port);
    // How often keys are fetched is tested in `signing_key_sets`, with a fixed clock.
    portal.clock.set(portal.clock.now() + SignedDuration::from_secs(61));
    let mut browser = Browser::new(&portal.state);
    assert_eq!(browser.sign_in("op").await.location(), "/");
    assert!(browser.is_signed_in().await);
}
