//! Builds the accounts and sites of a spec, and simulates some weeks before the first day so that nothing starts empty.

pub(super) mod account;
mod instance;
mod troubles;

use super::{Account, EstateSpec, Site, TrueTransition, day, truth::TransitionSource};
use crate::{clock, random::Random};

/// Days that are simulated before the first day. SSM remembers 30 days of commands.
const DAYS_BEFORE: i64 = 35;

/// An estate at the harvest time of its first day.
pub(super) struct Built {
    pub accounts: Vec<Account>,
    pub sites: Vec<Site>,
    pub history: Vec<TrueTransition>,
}

pub(super) fn build(spec: &EstateSpec) -> Built {
    let mut accounts: Vec<Account> = Vec::new();
    let mut sites: Vec<Site> = Vec::new();
    let born = clock::plus_days(spec.first_day, -DAYS_BEFORE);
    for customer in &spec.customers {
        for account_spec in &customer.accounts {
            let mut random = Random::labelled(spec.seed, &format!("account {}", account_spec.id));
            let account = account::account(customer, account_spec, &mut random);
            sites.extend(account::sites(spec, account_spec, &account, born, &mut random));
            accounts.push(account);
        }
    }
    troubles::assign(spec, &mut sites);
    for site in &mut sites {
        site.instances.sort_by(|a, b| a.id.cmp(&b.id));
    }
    for offset in 0..DAYS_BEFORE {
        for site in &mut sites {
            // The history begins with the reports that are known on the first day.
            day::simulate(site, spec.seed, clock::plus_days(born, offset), &mut Vec::new());
        }
    }
    let history = sites.iter().flat_map(first_reports).collect();
    Built { accounts, sites, history }
}

/// The current reports as transitions from nothing.
fn first_reports(site: &Site) -> impl Iterator<Item = TrueTransition> {
    let reports = site.instances.iter().filter_map(|instance| Some((instance, instance.report.as_ref()?)));
    reports.flat_map(|(instance, report)| {
        let source = TransitionSource {
            account_id: &site.account_id,
            region: &site.region,
            instance_id: &instance.id,
            operation: report.operation,
            reported_at: report.ended_at,
            baseline: true,
        };
        let rows = report.rows();
        let transitions = rows
            .iter()
            .filter_map(|row| source.transition(None, Some(row), row.installed_at.unwrap_or(report.ended_at)));
        transitions.collect::<Vec<_>>()
    })
}
