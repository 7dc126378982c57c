//! Builds an estate of any size from a few numbers. Its instances store no packages and no rows: a report is a function
//! of the seed, the instance and its number of scans, computed on each read.
//!
//! A generated estate is not simulated by days. [`super::Estate::change`] lets 15 minutes pass and scans a share of it.

mod instances;
pub(super) mod scan;

use super::{Account, AccountSpec, CustomerSpec, EstateSpec, Mix, Site, build, generated_rows::BEGIN};
use crate::{catalogue::generated, random::Random};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedSpec {
    pub seed: u64,
    pub accounts: usize,
    pub instances_per_account: usize,
    /// Rows in an instance's report, at most [`GeneratedSpec::UPDATES_MAX`].
    pub updates_per_instance: usize,
}

impl GeneratedSpec {
    pub const LARGE: GeneratedSpec =
        GeneratedSpec { seed: 4, accounts: 1_000, instances_per_account: 100, updates_per_instance: 150 };

    /// Real instances have no more rows, and there are no more titles.
    pub const UPDATES_MAX: usize = 2_000;

    /// The customers and accounts as a spec file would list them, without instances.
    pub(super) fn estate_spec(&self) -> EstateSpec {
        let accounts: Vec<AccountSpec> = (1..=self.accounts).map(|number| account(self.seed, number)).collect();
        let customer = |(index, accounts): (usize, &[AccountSpec])| CustomerSpec {
            id: format!("c-{}", 10_001 + index),
            name: format!("Customer {}", index + 1),
            accounts: accounts.to_vec(),
        };
        EstateSpec {
            name: "generated".to_owned(),
            seed: self.seed,
            first_day: BEGIN,
            last_day: BEGIN,
            mix: Mix::default(),
            customers: accounts.chunks(ACCOUNTS_PER_CUSTOMER).enumerate().map(customer).collect(),
        }
    }
}

const ACCOUNTS_PER_CUSTOMER: usize = 5;
const PROVIDERS: [&str; 4] = ["aws", "azure", "gcp", "vmware"];
const REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

/// The accounts and sites. No instance has been scanned yet.
pub(super) fn build(spec: &GeneratedSpec, estate_spec: &EstateSpec) -> (Vec<Account>, Vec<Site>) {
    let mut accounts = Vec::with_capacity(spec.accounts);
    let mut sites = Vec::with_capacity(spec.accounts);
    for customer in &estate_spec.customers {
        for account_spec in &customer.accounts {
            let mut random = Random::labelled(spec.seed, &format!("account {}", account_spec.id));
            let account = build::account::account(customer, account_spec, &mut random);
            for mut site in build::account::sites(estate_spec, account_spec, &account, BEGIN, &mut random) {
                site.instances = instances::build(spec, account_spec, &site);
                sites.push(site);
            }
            accounts.push(account);
        }
    }
    (accounts, sites)
}

fn account(seed: u64, number: usize) -> AccountSpec {
    let provider = PROVIDERS[number % PROVIDERS.len()];
    let id = match provider {
        "aws" => format!("{}", 200_000_000_000 + number),
        "azure" => Random::labelled(seed, &format!("subscription {number}")).uuid(),
        "gcp" => format!("project-{number:06}"),
        _ => format!("org-{number:06}"),
    };
    AccountSpec {
        provider: provider.to_owned(),
        id,
        name: format!("Account {number}"),
        prefix: format!("a{number}"),
        regions: vec![REGIONS[number % REGIONS.len()].to_owned()],
        platforms: generated::PLATFORMS.map(str::to_owned).to_vec(),
        ..AccountSpec::default()
    }
}
