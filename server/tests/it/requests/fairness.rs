//! Fairness: one person's requests do not stop those of others, whatever they request.

use crate::{
    support::{
        visitor::{Answer, Visitor, no_rate_limit, state_behind_proxy},
        wait::happens,
        world::World,
    },
    tenancy::tenants::operator,
};
use axum::http::StatusCode;
use jiff::ToSpan;
use muster_access::{assignments::Assignments, principal::Identity, public_url::PublicUrl};
use muster_core::clock::Clock;
use muster_store::{
    connection::Store,
    read_queue::{CallerKey, ReadCounts, ReadLength},
    reading::{PendingRead, ReadOptions},
    value::day_of,
};
use muster_web::{sign_in::SignIn, state::ServerState};
use std::{sync::mpsc, time::Duration};
use tokio::task::JoinSet;

const REQUESTS: usize = 100;
/// The most reads of one person that wait.
const WAITING: usize = 16;
/// Longer than any step of these tests takes.
const TIMEOUT: Duration = Duration::from_secs(120);

struct Portal {
    world: World,
    state: ServerState,
}

impl Portal {
    async fn start() -> Self {
        let world = World::small().await;
        world.harvest().await;
        world.next_day();
        world.harvest().await;
        let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
        let sign_in = SignIn::new(public_url, Assignments::default(), world.clock.clone());
        let state = state_behind_proxy(&world.source(), no_rate_limit(), sign_in);
        Self { world, state }
    }

    fn person(&self, subject: &str) -> (Visitor, CallerKey) {
        let identity = Identity { subject: subject.to_owned(), ..operator() };
        let key = CallerKey::new(&identity.issuer, &identity.subject);
        (Visitor::signed_in(&self.state, identity), key)
    }

    /// A long page, and its JSON. Each `account` is another question, whose answer is not cached yet.
    fn long_paths(&self, account: usize) -> [String; 2] {
        let yesterday = day_of(self.world.clock.now()) - 1.day();
        let query = format!("account={account:012}&as_of={yesterday}");
        ["/service-level", "/api/v1/service-level"].map(|path| format!("{path}?{query}"))
    }

    fn store(&self) -> &Store {
        &self.world.harvester.store
    }

    async fn until(&self, what: &str, is_so: impl Fn(ReadCounts) -> bool) {
        let counts = || self.store().read_counts();
        assert!(happens(async || is_so(counts())).await, "never {what}: {:?}", counts());
    }

    /// Occupies every permit that a person gets for long reads.
    async fn occupy(&self, caller: &CallerKey) -> Vec<Occupied> {
        let mut occupied = Vec::new();
        loop {
            let options =
                ReadOptions { caller: Some(caller.clone()), length: ReadLength::Long, ..ReadOptions::default() };
            let (sender, receiver) = mpsc::channel::<()>();
            // Ends when the sender is dropped.
            let reading = self.store().spawn_read("a slow read", options, move |_| {
                let _ = receiver.recv();
                Ok(())
            });
            let all = occupied.len() + 1;
            self.until("queued", |reads| reads.running + reads.waiting == all).await;
            if self.store().read_counts().waiting > 0 {
                drop(reading);
                self.until("cancelled", |reads| reads.waiting == 0).await;
                return occupied;
            }
            occupied.push(Occupied { _sender: sender, _reading: reading });
        }
    }
}

struct Occupied {
    _sender: mpsc::Sender<()>,
    _reading: PendingRead<()>,
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    let seconds: u64 = answer.header("retry-after").expect("a time").parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    assert!(answer.body.contains(&format!("Try again in {seconds} s")), "{}", answer.body);
    assert!(is_page || answer.code() == "busy", "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_long_requests_of_one_person_do_not_stop_another_person() {
    let portal = Portal::start().await;
    let ((one, one_key), (other, _)) = (portal.person("one"), portal.person("other"));
    let occupied = portal.occupy(&one_key).await;
    let paths = portal.long_paths(0);
    let mut requests = JoinSet::new();
    for request in 0..REQUESTS {
        let (visitor, [page, json]) = (one.clone(), portal.long_paths(request));
        let path = if request.is_multiple_of(2) { page } else { json };
        requests.spawn(async move { visitor.get(&path).await });
    }
    // The long reads of this person are stuck, so whatever is answered is refused.
    for _ in WAITING..REQUESTS {
        let answer = tokio::time::timeout(TIMEOUT, requests.join_next()).await.expect("an answer");
        assert_refused(&answer.expect("another request").expect("no panic"));
    }
    for path in ["/", "/", "/instances", "/api/v1/accounts", &paths[0], &paths[1], "/readyz", "/"] {
        let answer = tokio::time::timeout(TIMEOUT, other.get(path)).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
    // Short pages of the same person pass the long ones.
    assert_eq!(one.get("/").await.status, StatusCode::OK);
    drop(occupied);
    while let Some(answer) = requests.join_next().await {
        let answer = answer.expect("no panic");
        // A read that waited for too long was refused.
        if answer.status != StatusCode::OK {
            assert_refused(&answer);
        }
    }
    for path in &paths {
        assert_eq!(one.get(path).await.status, StatusCode::OK, "{path}");
    }
    portal.until("idle", |reads| reads == ReadCounts { running: 0, waiting: 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_clients_that_disconnect_leave_the_queue() {
    let portal = Portal::start().await;
    let (one, key) = portal.person("one");
    let occupied = portal.occupy(&key).await;
    let path = &portal.long_paths(0)[1];
    let mut requests = JoinSet::new();
    for _ in 0..5 {
        let (visitor, path) = (one.clone(), path.clone());
        requests.spawn(async move { visitor.get(&path).await });
    }
    portal.until("waiting", |reads| reads.waiting == 5).await;
    requests.shutdown().await;
    portal.until("cancelled", |reads| reads.waiting == 0).await;
    drop(occupied);
    assert_eq!(one.get(path).await.status, StatusCode::OK);
    portal.until("idle", |reads| reads == ReadCounts { running: 0, waiting: 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_asked_needs_no_permit_until_something_is_written() {
    let portal = Portal::start().await;
    let (one, key) = portal.person("one");
    let path = portal.long_paths(0)[1].clone();
    let first = portal.person("other").0.get(&path).await;
    let _occupied = portal.occupy(&key).await;
    let again = tokio::time::timeout(TIMEOUT, one.get(&path)).await.expect("an answer");
    assert_eq!((again.status, again.body), (StatusCode::OK, first.body));
    portal.store().write("nothing", |_| Ok(())).await.expect("written");
    let request = tokio::spawn(async move { one.get(&path).await });
    portal.until("waiting", |reads| reads.waiting == 1).await;
    request.abort();
}
