//! State Manager's associations: what every machine of a site does by itself, how often, and how it went.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Weekday};

use super::{
    command::{DOCUMENT, Operation, Outcome},
    instance::Instance,
    inventory::GATHERED_EVERY_MINUTES,
    site::Site,
};
use crate::{clock, random::Random};

/// Agents are updated in this hour of a Sunday.
const AGENT_UPDATE_HOUR: i8 = 2;

#[derive(Clone, Debug)]
pub struct Association {
    pub id: String,
    pub document: &'static str,
    pub name: &'static str,
    pub schedule: &'static str,
    /// None: it has never run.
    pub last_execution_at: Option<Timestamp>,
    /// How many machines ended in which status.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Association {
    /// One failure is enough to fail; one machine still to answer is enough to wait.
    pub fn status(&self) -> &'static str {
        let has = |status| self.counts.contains_key(status);
        match () {
            () if has("Failed") => "Failed",
            () if has("Pending") || self.counts.is_empty() => "Pending",
            () => "Success",
        }
    }
}

/// The association whose commands scan the machines of a site: its id begins their comments.
pub fn scan_id(site: &Site) -> String {
    Random::of(0, &site.systems_account).uuid()
}

pub fn associations(site: &Site, now: Timestamp) -> Vec<Association> {
    let today = clock::date_of(now);
    let id = |what: &str| Random::of(0, &format!("{what} {}/{}", site.systems_account, site.region)).uuid();
    let answering = |instance: &Instance| if instance.is_online(today) { "Success" } else { "Failed" };
    let gathered = GATHERED_EVERY_MINUTES * 60;
    let scan_id = scan_id(site);
    let scans = site.commands.iter().rev().find(|command| command.comment.starts_with(&scan_id));
    vec![
        Association {
            id: id("inventory"),
            document: "AWS-GatherSoftwareInventory",
            name: "Inventory",
            schedule: "rate(30 minutes)",
            last_execution_at: Timestamp::from_second(now.as_second().div_euclid(gathered) * gathered).ok(),
            counts: count(site, now, answering),
        },
        Association {
            id: id("agent"),
            document: "AWS-UpdateSSMAgent",
            name: "AgentUpdates",
            schedule: "cron(0 2 ? * SUN *)",
            last_execution_at: Some(last_sunday(now)),
            counts: count(site, now, answering),
        },
        Association {
            id: scan_id,
            document: DOCUMENT,
            name: "PatchScan",
            schedule: "rate(1 day)",
            last_execution_at: scans.map(|command| command.requested_at),
            counts: count(
                site,
                now,
                |instance| {
                    if instance.is_online(today) { scan_status(site, instance) } else { "Failed" }
                },
            ),
        },
    ]
}

fn count(site: &Site, now: Timestamp, status: impl Fn(&Instance) -> &'static str) -> BTreeMap<&'static str, usize> {
    let today = clock::date_of(now);
    let mut counts = BTreeMap::new();
    for instance in site.instances.iter().filter(|instance| instance.is_current(today)) {
        *counts.entry(status(instance)).or_default() += 1;
    }
    counts
}

/// How the machine's last scan went.
fn scan_status(site: &Site, instance: &Instance) -> &'static str {
    let scans = site.invocations.iter().rev().filter(|one| site.commands[one.command].operation == Operation::Scan);
    match scans.into_iter().find(|one| site.instances[one.instance].id == instance.id).map(|one| one.outcome) {
        None => "Pending",
        Some(Outcome::Success) => "Success",
        Some(_) => "Failed",
    }
}

fn last_sunday(now: Timestamp) -> Timestamp {
    let today = clock::date_of(now);
    let days = (0..=7).map(|back| clock::plus_days(today, -back)).filter(|day| day.weekday() == Weekday::Sunday);
    days.map(|day| clock::at(day, AGENT_UPDATE_HOUR, 0)).find(|&at| at <= now).unwrap_or(now)
}
