//! The column `instance_state`: what became of an instance, from the list of instances, its own row in it, and inventory.

use jiff::{SignedDuration, Timestamp};

/// Inventory forgets an instance after this time without an update, whatever its state.
const INVENTORY_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Nothing is known beside the instance's ping.
pub const UNKNOWN: &str = "";
pub const RUNNING: &str = "running";
pub const STOPPED: &str = "stopped";
pub const TERMINATED: &str = "terminated";
/// Not listed, but not known to be stopped or gone.
pub const AGENT_LOST: &str = "agent_lost";
/// Not listed, and unknown to inventory.
pub const DEREGISTERED: &str = "deregistered";

/// Returns whether an instance in this state is gone.
pub fn is_gone(state: &str) -> bool {
    [TERMINATED, DEREGISTERED].contains(&state)
}

/// What inventory says of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inventory<'a> {
    /// It was not read, or could not be.
    Unread,
    /// It does not have the instance.
    Absent,
    /// Its word for the instance's state.
    Status(&'a str),
}

/// Translates a status of inventory, which is in the words of inventory or of EC2.
fn translated(word: &str) -> &'static str {
    match word.to_ascii_lowercase().as_str() {
        "running" | "pending" => RUNNING,
        "stopped" | "stopping" | "hibernated" => STOPPED,
        "terminated" | "shutting-down" => TERMINATED,
        _ => UNKNOWN,
    }
}

/// Returns the state of an instance that is listed. Inventory is up to an hour old, so it counts only if the agent does
/// not answer.
pub fn of_listed(ping_status: &str, inventory: Inventory<'_>, stored: &str) -> &'static str {
    if ping_status == "Online" {
        return UNKNOWN;
    }
    match inventory {
        Inventory::Status(status) => translated(status),
        Inventory::Unread if stored == STOPPED => STOPPED,
        Inventory::Unread if stored == TERMINATED => TERMINATED,
        Inventory::Unread | Inventory::Absent => UNKNOWN,
    }
}

/// Returns the state of an instance that is not listed. Nothing is gone because it could not be read.
pub fn of_unlisted(
    inventory: Inventory<'_>,
    stored: &str,
    last_ping_at: Option<Timestamp>,
    now: Timestamp,
) -> &'static str {
    let was_stopped = stored == STOPPED;
    match inventory {
        Inventory::Status(status) => match translated(status) {
            STOPPED => STOPPED,
            TERMINATED => TERMINATED,
            _ => AGENT_LOST,
        },
        Inventory::Unread => match stored {
            STOPPED => STOPPED,
            TERMINATED => TERMINATED,
            DEREGISTERED => DEREGISTERED,
            _ => AGENT_LOST,
        },
        Inventory::Absent if stored == TERMINATED => TERMINATED,
        Inventory::Absent if was_stopped && is_forgotten(last_ping_at, now) => STOPPED,
        Inventory::Absent => DEREGISTERED,
    }
}

/// Returns whether inventory has forgotten an instance with this last ping.
fn is_forgotten(last_ping_at: Option<Timestamp>, now: Timestamp) -> bool {
    last_ping_at.is_some_and(|at| now.duration_since(at) >= INVENTORY_RETENTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 12] = [
        "Active",
        "ConnectionLost",
        "Stopped",
        "Terminated",
        "pending",
        "running",
        "stopping",
        "stopped",
        "shutting-down",
        "terminated",
        "",
        "Hibernating?",
    ];
    const STORED: [&str; 6] = [UNKNOWN, RUNNING, STOPPED, TERMINATED, AGENT_LOST, DEREGISTERED];

    fn inventories() -> impl Iterator<Item = Inventory<'static>> {
        [Inventory::Unread, Inventory::Absent].into_iter().chain(WORDS.map(Inventory::Status))
    }

    /// Every state in which an instance can be gone has evidence for it.
    #[test]
    fn an_instance_is_gone_only_if_inventory_was_read_or_it_was_gone_before() {
        let now = Timestamp::UNIX_EPOCH;
        for (inventory, stored) in inventories().flat_map(|inventory| STORED.map(|stored| (inventory, stored))) {
            let state = of_unlisted(inventory, stored, Some(now), now);
            let is_evidence = match inventory {
                Inventory::Unread => is_gone(stored),
                Inventory::Absent => true,
                Inventory::Status(word) => translated(word) == TERMINATED,
            };
            assert_eq!(is_gone(state), is_evidence, "{inventory:?} after `{stored}`");
            assert!(![UNKNOWN, RUNNING].contains(&state), "{inventory:?} after `{stored}` is not online");
        }
    }

    #[test]
    fn a_listed_instance_is_stopped_only_if_its_agent_does_not_answer() {
        for (inventory, stored) in inventories().flat_map(|inventory| STORED.map(|stored| (inventory, stored))) {
            assert_eq!(of_listed("Online", inventory, stored), UNKNOWN);
        }
        assert_eq!(of_listed("ConnectionLost", Inventory::Status("Stopped"), UNKNOWN), STOPPED);
    }

    #[test]
    fn a_stopped_instance_stays_stopped_when_inventory_forgets_it() {
        let now = Timestamp::UNIX_EPOCH;
        let days_ago = |days: i64| Some(now - SignedDuration::from_hours(24 * days));
        assert_eq!(of_unlisted(Inventory::Absent, STOPPED, days_ago(31), now), STOPPED);
        assert_eq!(of_unlisted(Inventory::Absent, STOPPED, days_ago(3), now), DEREGISTERED);
        assert_eq!(of_unlisted(Inventory::Absent, UNKNOWN, days_ago(31), now), DEREGISTERED);
    }
}
