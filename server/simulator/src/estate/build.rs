//! From a spec to an estate: accounts, sites, machines, and a few weeks of life before the first day so that nothing
//! begins empty.

mod machine;
mod mix;
pub(super) mod place;

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Estate, account::Account, command::Operation, day, report::Row, site::Site, spec::EstateSpec, truth::TrueTransition,
};
use crate::{clock, random::Random};

/// The estate has lived so long before its first day: SSM remembers 30 days of commands.
const DAYS_BEFORE: i64 = 35;

pub(super) fn estate(spec: &EstateSpec) -> Estate {
    let mut accounts: Vec<Account> = Vec::new();
    let mut sites: Vec<Site> = Vec::new();
    let born = clock::plus_days(spec.first_day, -DAYS_BEFORE);
    for customer in &spec.customers {
        for account_spec in &customer.accounts {
            let mut random = Random::of(spec.seed, &format!("account {}", account_spec.id));
            let account = place::account(customer, account_spec, &mut random);
            sites.extend(place::sites(spec, account_spec, &account, born, &mut random));
            accounts.push(account);
        }
    }
    mix::deal(spec, &mut sites);
    for site in &mut sites {
        site.instances.sort_by(|a, b| a.id.cmp(&b.id));
    }
    let mut history = Vec::new();
    for offset in 0..DAYS_BEFORE {
        for site in &mut sites {
            day::live(site, spec.seed, clock::plus_days(born, offset), &mut history);
        }
    }
    // What came before the first day is not history: the first reports known then are the baseline.
    let history = sites.iter().flat_map(baseline).collect();
    placed(spec, accounts, sites, history)
}

/// Puts it all where it is looked for, at the first day's harvest moment.
pub(super) fn placed(
    spec: &EstateSpec,
    accounts: Vec<Account>,
    sites: Vec<Site>,
    history: Vec<TrueTransition>,
) -> Estate {
    Estate {
        seed: spec.seed,
        now: clock::tick(spec.first_day),
        last_day: spec.last_day,
        generated: false,
        by_systems_account: by_systems_account(&accounts),
        accounts,
        sites: by_place(sites),
        history,
    }
}

fn by_systems_account(accounts: &[Account]) -> BTreeMap<Arc<str>, usize> {
    accounts.iter().enumerate().map(|(index, account)| (account.systems_account.clone(), index)).collect()
}

fn by_place(sites: Vec<Site>) -> BTreeMap<Arc<str>, BTreeMap<Arc<str>, Site>> {
    let mut places: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Site>> = BTreeMap::new();
    for site in sites {
        places.entry(site.systems_account.clone()).or_default().insert(site.region.clone(), site);
    }
    places
}

fn baseline(site: &Site) -> impl Iterator<Item = TrueTransition> {
    let reports = site.instances.iter().filter_map(|instance| Some((instance, instance.report.as_ref()?)));
    reports.flat_map(|(instance, report)| {
        let transition = |row: &Row| TrueTransition {
            account_id: site.account_id.clone(),
            region: site.region.clone(),
            instance_id: instance.id.clone(),
            title: &row.release().title,
            kb_id: &row.release().kb_id,
            from: None,
            to: Some(row.state.name()),
            happened_at: row.installed_at.unwrap_or(report.ended_at),
            reported_at: report.ended_at,
            operation: Operation::name(report.operation),
            baseline: true,
        };
        report.rows().iter().map(transition).collect::<Vec<_>>()
    })
}
