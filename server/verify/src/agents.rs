//! Whether an instance's agent is the latest version, where that can be told.

use super::rows::{Instance, Rows};
use std::collections::BTreeMap;

/// The first three numbers of a version, each capped at a plausible maximum.
type Version = [i64; 3];

/// The newest SSM Agent of each Region.
pub type NewestAgents = BTreeMap<String, Version>;

/// Returns the newest agents that Linux instances report as the latest, whichever customer they belong to. Those of
/// Greengrass devices do not count.
pub fn newest_agents(rows: &Rows) -> NewestAgents {
    let mut newest = NewestAgents::new();
    for instance in rows.instances.values() {
        let is_evidence = instance.gone_at.is_none()
            && instance.agent_is_latest == Some(true)
            && instance.platform_type == "Linux"
            && instance.source_type != "AWS::IoT::Thing";
        if let Some(version) = ssm_agent(&instance.agent_version).filter(|_| is_evidence) {
            let known = newest.entry(instance.region.clone()).or_insert(version);
            *known = version.max(*known);
        }
    }
    newest
}

/// Returns whether the instance's agent is the latest; nothing if that is unknown.
pub fn agent_is_latest(instance: &Instance, newest: &NewestAgents) -> Option<bool> {
    // On Linux the agent knows.
    if let Some(says) = instance.agent_is_latest.filter(|_| instance.platform_type == "Linux") {
        return Some(says);
    }
    let (version, newest) = (ssm_agent(&instance.agent_version)?, newest.get(&instance.region)?);
    if version < *newest {
        return Some(false);
    }
    (version[0] == newest[0]).then_some(true)
}

/// Parses the version of an SSM Agent, which has four numbers. Other agents have three.
fn ssm_agent(text: &str) -> Option<Version> {
    let parts: Vec<&str> = text.split('.').collect();
    let is_number = |part: &&str| (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() != 4 || !parts.iter().all(is_number) {
        return None;
    }
    let number = |place: usize| parts[place].parse::<i64>().ok();
    Some([number(0)?.min(999), number(1)?, number(2)?])
}
