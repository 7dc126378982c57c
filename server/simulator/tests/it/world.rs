//! A simulator and a session in it, for one test.

use muster_simulator::{Estate, EstateSpec, RosterAccount, SharedEstate, Simulator, TrueInstance};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::client::Client;

/// A simulator of the small estate on its last day, and a session in its first account.
pub struct World {
    pub simulator: Simulator,
    pub estate: SharedEstate,
    pub account: RosterAccount,
    pub session: Client,
}

impl World {
    pub async fn new() -> World {
        World::of("small").await
    }

    pub async fn of(name: &str) -> World {
        let mut estate = Estate::new(&EstateSpec::named(name).expect("a known name"));
        while !estate.is_at_last_day() {
            estate.next_day();
        }
        World::on(estate).await
    }

    pub async fn first_day_of(name: &str) -> World {
        World::on(Estate::new(&EstateSpec::named(name).expect("a known name"))).await
    }

    pub async fn on(estate: Estate) -> World {
        let estate = estate.shared();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let simulator = Simulator::start(estate.clone(), listener).await.expect("a start");
        let account = estate.read().expect("a lock").roster().remove(0);
        let session = Client::session(&simulator, &account);
        World { simulator, estate, account, session }
    }

    /// The current instances of the session's account and Region.
    pub fn instances(&self) -> Vec<TrueInstance> {
        let all = self.estate.read().expect("a lock").instances();
        let here = |one: &TrueInstance| {
            *one.systems_account == *self.account.systems_account && *one.region == *self.session.region && one.current
        };
        all.into_iter().filter(here).collect()
    }

    /// The instance with the most rows.
    pub fn scanned(&self) -> TrueInstance {
        self.instances().into_iter().max_by_key(|one| one.updates.len()).expect("a scanned instance")
    }

    pub fn roster(&self) -> Vec<RosterAccount> {
        self.estate.read().expect("a lock").roster()
    }

    /// A session in an account's first Region, unless the account denies access.
    pub fn try_session(&self, account: &RosterAccount) -> Option<Client> {
        let trusts = Client::operator(&self.simulator).assume(&account.role_arn, &account.external_id).status == 200;
        trusts.then(|| Client::session(&self.simulator, account))
    }

    /// A session in an instance's account and Region.
    pub fn session_at(&self, instance: &TrueInstance) -> Client {
        let roster = self.roster();
        let account = roster.iter().find(|one| one.systems_account == *instance.systems_account).expect("its account");
        Client { region: instance.region.to_string(), ..Client::session(&self.simulator, account) }
    }
}

/// All rows of a paged list, and the number of pages.
pub fn all(session: &Client, operation: &str, input: &Value, list: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut input) = (Vec::new(), 0, input.clone());
    loop {
        let page = session.ssm(operation, input.clone()).json();
        rows.extend(page[list].as_array().unwrap_or_else(|| panic!("no {list} in {page}")).clone());
        pages += 1;
        match page["NextToken"].as_str() {
            Some(token) if !token.is_empty() => input["NextToken"] = token.into(),
            _ => return (rows, pages),
        }
    }
}
