//! State Manager associations: what the instances of a site run regularly, and how it went.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Weekday};

use super::{DOCUMENT, Instance, Invocation, Operation, Outcome, Site, inventory::INTERVAL_SECONDS};
use crate::{clock, random::Random};

/// Agents are updated on Sundays in this hour.
const AGENT_UPDATE_HOUR: i8 = 2;

#[derive(Clone, Debug)]
pub struct Association {
    pub id: String,
    pub document: &'static str,
    pub name: &'static str,
    pub schedule: &'static str,
    /// None if it has never run.
    pub last_execution_at: Option<Timestamp>,
    /// The number of instances by status.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Association {
    /// Failed if it failed on any instance, Pending if it is pending on any or has none.
    pub fn status(&self) -> &'static str {
        if self.counts.contains_key("Failed") {
            "Failed"
        } else if self.counts.contains_key("Pending") || self.counts.is_empty() {
            "Pending"
        } else {
            "Success"
        }
    }
}

pub fn associations(site: &Site, now: Timestamp) -> Vec<Association> {
    let today = clock::date_of(now);
    let id = |what: &str| Random::labelled(0, &format!("{what} {}/{}", site.systems_account, site.region)).uuid();
    let scan_id = site.scan_association_id();
    let last_scan = site.commands.iter().rev().find(|command| command.comment.starts_with(&scan_id));
    let counts = |status: &dyn Fn(&Instance) -> &'static str| {
        let mut counts = BTreeMap::new();
        for instance in site.instances.iter().filter(|instance| instance.is_current(today)) {
            let status = if instance.is_online(today) { status(instance) } else { "Failed" };
            *counts.entry(status).or_default() += 1;
        }
        counts
    };
    vec![
        Association {
            id: id("inventory"),
            document: "AWS-GatherSoftwareInventory",
            name: "Inventory",
            schedule: "rate(30 minutes)",
            last_execution_at: Some(clock::rounded_down(now, INTERVAL_SECONDS)),
            counts: counts(&|_| "Success"),
        },
        Association {
            id: id("agent"),
            document: "AWS-UpdateSSMAgent",
            name: "AgentUpdates",
            schedule: "cron(0 2 ? * SUN *)",
            last_execution_at: Some(last_agent_update(now)),
            counts: counts(&|_| "Success"),
        },
        Association {
            id: scan_id,
            document: DOCUMENT,
            name: "PatchScan",
            schedule: "rate(1 day)",
            last_execution_at: last_scan.map(|command| command.requested_at),
            counts: counts(&|instance| scan_status(site, instance)),
        },
    ]
}

/// The status of the instance's last scan.
fn scan_status(site: &Site, instance: &Instance) -> &'static str {
    let is_scan_of_instance = |one: &&Invocation| {
        site.commands[one.command].operation == Operation::Scan && site.instances[one.instance].id == instance.id
    };
    match site.invocations.iter().rev().find(is_scan_of_instance).map(|one| one.outcome) {
        None => "Pending",
        Some(Outcome::Success) => "Success",
        Some(_) => "Failed",
    }
}

fn last_agent_update(now: Timestamp) -> Timestamp {
    let days = (0..=7).map(|back| clock::plus_days(clock::date_of(now), -back));
    let sundays = days.filter(|day| day.weekday() == Weekday::Sunday);
    sundays.map(|day| clock::at(day, AGENT_UPDATE_HOUR, 0)).find(|&at| at <= now).unwrap_or(now)
}
