//! Sessions that end by themselves are put on record too, and once a minute how many requests were refused.

use crate::{refusals::Refusals, sign_in::SignIn};
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use std::time::Duration;

const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Looks for ended sessions and refused requests, for ever.
pub async fn watch(sign_in: &SignIn, refusals: &Refusals, audit: &Audit) {
    loop {
        record(sign_in, audit).await;
        refusals.record(audit).await;
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// One that cannot be recorded is kept, unused as it is, until it can.
pub async fn record(sign_in: &SignIn, audit: &Audit) {
    for (token, principal) in sign_in.ended() {
        let event = Event::new(Action::SessionEnd, Outcome::Ok).by(&principal).with(&token);
        match audit.record(event).await {
            Ok(()) => sign_in.forget(&token),
            Err(_) => return,
        }
    }
}
