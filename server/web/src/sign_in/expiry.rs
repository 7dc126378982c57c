//! Records expired sessions and the counts of refused requests in the audit, once a minute.

use super::SignIn;
use crate::{current::Current, refusals::RefusalCounts};
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(60);

/// Never returns.
pub async fn record_periodically(sign_in: &Current<SignIn>, refusals: &RefusalCounts, audit: &Audit) {
    loop {
        record_expired(&sign_in.get(), audit).await;
        refusals.record(audit).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Records and removes expired sessions. One that cannot be recorded is kept, unusable, until it can.
pub async fn record_expired(sign_in: &SignIn, audit: &Audit) {
    for (token, principal) in sign_in.expired() {
        let event = Event::new(Action::SessionEnd, Outcome::Ok).by(&principal).token(&token);
        match audit.record(event).await {
            Ok(()) => sign_in.remove(token),
            Err(_) => return,
        }
    }
}
