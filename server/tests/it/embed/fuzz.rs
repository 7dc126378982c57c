//! Nearly valid assertions and key sets, mutated by `requests::fuzz`: nothing panics, and an accepted assertion grants only
//! what an embedding page may grant.

use crate::{
    embed::world::{AUDIENCE, EmbeddingPage, NONCE, ORIGIN},
    requests::fuzz::fuzz,
};
use jiff::{SignedDuration, Timestamp};
use muster_access::{assertion::Assertions, jwks::KeyFile, principal::Role};
use muster_core::clock::FixedClock;
use std::sync::Arc;

/// A verifier that started ten seconds before `now` and has seen no assertion.
fn verifier(embedding_page: &EmbeddingPage, now: Timestamp) -> Assertions {
    let clock = Arc::new(FixedClock::at(now - SignedDuration::from_secs(10)));
    let assertions = Assertions::new(AUDIENCE.to_owned(), vec![embedding_page.embedder()], clock.clone());
    clock.set(now);
    assertions
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

#[test]
fn an_accepted_assertion_grants_only_what_an_embedding_page_may_grant() {
    let embedding_page = EmbeddingPage::ed25519("k");
    let (one, mut manager) = (embedding_page.claims("c-1", now()), embedding_page.claims("c-2", now()));
    manager["role"] = "account_manager".into();
    fuzz(&[&one.to_string(), &manager.to_string()], |claims| {
        let token = embedding_page.sign_text(&embedding_page.header().to_string(), claims);
        let Ok(vouched) = verifier(&embedding_page, now()).verify(&token, NONCE) else { return false };
        assert_eq!((vouched.parent.as_str(), vouched.identity.issuer.as_str()), (ORIGIN, ORIGIN), "{claims:?}");
        assert!(!vouched.identity.subject.is_empty() && !vouched.identity.subject.contains(char::is_control));
        let (Role::Customer { customers } | Role::AccountManager { only: Some(customers) }) = vouched.identity.role
        else {
            panic!("{claims:?} grants more than an embedding page may")
        };
        assert!((1..=500).contains(&customers.len()) && !customers.iter().any(|id| id.contains(char::is_control)));
        true
    });
}

#[test]
fn accepts_no_token_but_the_signed_one() {
    let embedding_page = EmbeddingPage::ed25519("k");
    let valid = embedding_page.sign(&embedding_page.claims("c-1", now()));
    fuzz(&[&valid], |token| {
        let is_accepted = verifier(&embedding_page, now()).verify(token, NONCE).is_ok();
        assert_eq!(is_accepted, token == valid, "{token:?}");
        is_accepted
    });
}

#[test]
fn reads_a_key_set_or_rejects_it_with_a_reason() {
    let keys = [EmbeddingPage::new("one").keys(), EmbeddingPage::ed25519("two").keys()];
    fuzz(&[&keys[0], &keys[1]], |text| match KeyFile::fixed(text) {
        Ok(_) => true,
        Err(reason) => {
            assert!(!reason.is_empty());
            false
        }
    });
}
