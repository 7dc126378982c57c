//! Assertions and key sets that are nearly right, as `fuzz.rs` makes them: nothing panics, and what is believed is what
//! a good page could have said.

use crate::{
    embed::world::{AUDIENCE, NONCE, ORIGIN, Parent},
    requests::fuzz::fuzz,
};
use jiff::{SignedDuration, Timestamp};
use muster_access::{assertion::Assertions, jwks::KeyFile, principal::Role};
use muster_core::clock::FixedClock;
use std::sync::Arc;

/// Ten seconds after it started, and nothing used up.
fn portal(parent: &Parent, now: Timestamp) -> Assertions {
    let clock = Arc::new(FixedClock::at(now - SignedDuration::from_secs(10)));
    let assertions = Assertions::new(AUDIENCE.to_owned(), vec![parent.embedder()], clock.clone());
    clock.set(now);
    assertions
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

#[test]
fn what_is_signed_is_believed_only_as_far_as_a_page_may_go() {
    let parent = Parent::ed25519("k");
    let (one, mut manager) = (parent.claims("c-1", now()), parent.claims("c-2", now()));
    manager["role"] = "account_manager".into();
    fuzz(&[&one.to_string(), &manager.to_string()], |claims| {
        let token = parent.sign_text(&parent.header().to_string(), claims);
        let Ok(vouched) = portal(&parent, now()).verify(&token, NONCE) else { return false };
        assert_eq!((vouched.parent.as_str(), vouched.identity.issuer.as_str()), (ORIGIN, ORIGIN), "{claims:?}");
        assert!(!vouched.identity.subject.is_empty() && !vouched.identity.subject.contains(char::is_control));
        let (Role::Customer { customers } | Role::AccountManager { only: Some(customers) }) = vouched.identity.role
        else {
            panic!("{claims:?} became more than it may")
        };
        assert!((1..=500).contains(&customers.len()) && !customers.iter().any(|id| id.contains(char::is_control)));
        true
    });
}

#[test]
fn no_other_token_than_the_signed_one_is_believed() {
    let parent = Parent::ed25519("k");
    let good = parent.sign(&parent.claims("c-1", now()));
    fuzz(&[&good], |token| {
        let believed = portal(&parent, now()).verify(token, NONCE).is_ok();
        assert_eq!(believed, token == good, "{token:?}");
        believed
    });
}

#[test]
fn a_set_of_keys_is_read_or_refused_with_a_reason() {
    let keys = [Parent::new("one").keys(), Parent::ed25519("two").keys()];
    fuzz(&[&keys[0], &keys[1]], |text| match KeyFile::fixed(text) {
        Ok(_) => true,
        Err(why) => {
            assert!(!why.is_empty());
            false
        }
    });
}
