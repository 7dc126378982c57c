//! Refusals that a stranger can cause at will, on record: the first of each kind in a minute with who and from where, the
//! others as a number, so that a flood of requests is none of lines. They are refused whether or not that can be told.

use super::{audited::Trail, error::Told, sign_in::identify::connection, state::ServerState};
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The codes of those answers.
const TOLD: [&str; 3] = ["cross_site", "wrong_host", "too_often"];
/// Somebody said whom they vouch for and is not the proxy: nothing of it counts.
const NOT_THE_PROXY: &str = "not_the_proxy";

/// How many of each kind of which one was told of are still to be.
#[derive(Default)]
pub struct Refusals {
    untold: Mutex<BTreeMap<&'static str, u64>>,
}

impl Refusals {
    /// Whether it is the first of this minute; others are counted.
    fn is_first(&self, kind: &'static str) -> bool {
        match self.locked().entry(kind) {
            Entry::Vacant(none) => {
                none.insert(0);
                true
            }
            Entry::Occupied(mut untold) => {
                *untold.get_mut() += 1;
                false
            }
        }
    }

    fn count(&self, kind: &'static str, more: u64) {
        *self.locked().entry(kind).or_default() += more;
    }

    /// Tells how many there were beside those that have lines of their own, and begins anew. Once a minute; what cannot be
    /// told is counted on.
    pub async fn record(&self, audit: &Audit) {
        for kind in [&TOLD[..], &[NOT_THE_PROXY]].concat() {
            let Some(more) = self.locked().remove(kind).filter(|more| *more > 0) else { continue };
            let event = Event::new(Action::RequestRefused, Outcome::Refused).about(kind);
            if audit.record(event.saying(&format!("{more} more within a minute"))).await.is_err() {
                self.count(kind, more);
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub async fn on_record(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let vouched = state.sign_in.is_vouched_for_by_no_proxy(request.headers(), connection(request.extensions()));
    let trail = Trail::of(&state, request.extensions());
    // As the router has it: without what somebody wrote.
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let asked = format!("{} {path}", request.method());
    let response = next.run(request).await;
    let told = response.extensions().get::<Told>().map(|told| told.code).filter(|code| TOLD.contains(code));
    for kind in vouched.then_some(NOT_THE_PROXY).into_iter().chain(told) {
        let event = Event::new(Action::RequestRefused, Outcome::Refused).about(kind).saying(&asked);
        if state.refusals.is_first(kind) && trail.record(event).await.is_err() {
            state.refusals.count(kind, 1);
        }
    }
    response
}
