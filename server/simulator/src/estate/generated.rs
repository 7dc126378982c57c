//! An estate of any size, computed from a number: its machines keep no packages and no rows. What a machine reports is
//! a function of the seed, the machine and how often it has been scanned, worked out whenever somebody asks.
//!
//! It does not live by days: [`Estate::change`] lets a quarter of an hour pass in which a share of it is scanned.

mod machines;
pub(super) mod recipe;
mod scan;

use jiff::{SignedDuration, civil::Date};

use super::{
    Estate,
    build::{place, placed},
    site::Site,
    spec::{AccountSpec, CustomerSpec, EstateSpec, Mix},
};
use crate::{catalogue::filler, random::Random};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedSpec {
    pub seed: u64,
    pub accounts: usize,
    pub instances_per_account: usize,
    /// Rows of a machine's report, [`GeneratedSpec::UPDATES_MAX`] at most.
    pub updates_per_instance: usize,
}

impl GeneratedSpec {
    pub const LARGE: GeneratedSpec =
        GeneratedSpec { seed: 4, accounts: 1_000, instances_per_account: 100, updates_per_instance: 150 };

    /// Real machines have no more rows, and there are no more titles.
    pub const UPDATES_MAX: usize = 2_000;
}

/// The day whose harvest moment a generated estate begins at: the last one of the tables.
pub(super) const BEGIN: Date = Date::constant(2025, 11, 23);

/// The time that passes in one change.
pub(super) const CHANGE_SECONDS: i64 = 15 * 60;

const ACCOUNTS_PER_CUSTOMER: usize = 5;
const PROVIDERS: [&str; 4] = ["aws", "azure", "gcp", "vmware"];
const REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

impl Estate {
    /// An estate that stands at a harvest moment at which every machine has just been scanned.
    pub fn generated(spec: &GeneratedSpec) -> Estate {
        let frame = frame(spec);
        let mut accounts = Vec::with_capacity(spec.accounts);
        let mut sites = Vec::with_capacity(spec.accounts);
        for customer in &frame.customers {
            for account_spec in &customer.accounts {
                let mut random = Random::of(spec.seed, &format!("account {}", account_spec.id));
                let account = place::account(customer, account_spec, &mut random);
                for mut site in place::sites(&frame, account_spec, &account, BEGIN, &mut random) {
                    site.instances = machines::of(spec, account_spec, &site);
                    sites.push(site);
                }
                accounts.push(account);
            }
        }
        let mut estate = placed(&frame, accounts, sites, Vec::new());
        estate.generated = true;
        estate.scan(1.0);
        estate
    }

    /// Lets a quarter of an hour pass, in which a share of each site's machines is scanned: the same number at every
    /// change, each machine in its turn. About one in a hundred rows of a scanned machine is another one than before.
    ///
    /// Machines that live by days are not scanned by this; for them only the time passes.
    pub fn change(&mut self, share: f64) {
        self.now += SignedDuration::from_secs(CHANGE_SECONDS);
        self.scan(share);
    }

    pub(super) fn scan(&mut self, share: f64) {
        let (seed, now) = (self.seed, self.now);
        for site in self.sites_mut().filter(|site| site.is_generated()) {
            scan::turn(site, seed, share, now);
        }
    }
}

impl Site {
    pub(super) fn is_generated(&self) -> bool {
        self.instances.first().is_some_and(|instance| instance.recipe.is_some())
    }
}

/// Customers and accounts as a spec file would name them, without machines.
fn frame(spec: &GeneratedSpec) -> EstateSpec {
    let accounts: Vec<AccountSpec> = (1..=spec.accounts).map(|number| account(spec.seed, number)).collect();
    let customer = |(index, accounts): (usize, &[AccountSpec])| CustomerSpec {
        id: format!("c-{}", 10_001 + index),
        name: format!("Customer {}", index + 1),
        accounts: accounts.to_vec(),
    };
    EstateSpec {
        name: "generated".to_owned(),
        seed: spec.seed,
        first_day: BEGIN,
        last_day: BEGIN,
        mix: Mix::default(),
        customers: accounts.chunks(ACCOUNTS_PER_CUSTOMER).enumerate().map(customer).collect(),
    }
}

fn account(seed: u64, number: usize) -> AccountSpec {
    let provider = PROVIDERS[number % PROVIDERS.len()];
    let id = match provider {
        "aws" => format!("{}", 200_000_000_000 + number),
        "azure" => Random::of(seed, &format!("subscription {number}")).uuid(),
        "gcp" => format!("project-{number:06}"),
        _ => format!("org-{number:06}"),
    };
    AccountSpec {
        provider: provider.to_owned(),
        id,
        name: format!("Account {number}"),
        prefix: format!("a{number}"),
        regions: vec![REGIONS[number % REGIONS.len()].to_owned()],
        instances: 0,
        retired: 0,
        platforms: filler::PLATFORMS.map(str::to_owned).to_vec(),
        ungrouped_every: 0,
        connector: false,
        rejects: Vec::new(),
        available_security: false,
        problems: Vec::new(),
    }
}
