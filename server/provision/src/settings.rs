//! What stands in every systems account, as a file describes it. Without a file the defaults apply: eight operating systems
//! in three patch groups.

mod checks;

use crate::{error::ProvisionError, operating_system::OperatingSystem};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The most patch baselines of one account and Region.
pub const BASELINES_MAX: usize = 50;
/// The longest approval delay, in days.
pub const APPROVE_AFTER_DAYS_MAX: i32 = 360;
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=128;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Begins the name of everything that is created.
    pub prefix: String,
    pub operating_systems: Vec<OperatingSystem>,
    pub groups: Vec<Group>,
    /// The group whose baselines are for instances without a patch group.
    pub default_group: String,
    pub windows: Windows,
    pub associations: Associations,
    pub roles: Roles,
}

/// A patch group: how long after its release an update is approved, and when it is installed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub name: String,
    /// Does not apply to Debian and Ubuntu, where Systems Manager has no approval delay. What staggers their updates is the
    /// date of the maintenance window.
    pub approve_after_days: i32,
    /// The schedule of the group's maintenance window, as a cron or rate expression.
    pub window_schedule: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Windows {
    pub timezone: String,
    /// Days from the day of a cron expression to the window. None or 0 for the same day.
    pub schedule_offset_days: Option<i32>,
    pub duration_hours: i32,
    /// How long before the window's end nothing new starts.
    pub cutoff_hours: i32,
    pub max_concurrency: String,
    pub max_errors: String,
    pub reboot: Reboot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reboot {
    IfNeeded,
    Never,
}

impl Reboot {
    /// The value of the document's parameter `RebootOption`.
    pub fn option(self) -> &'static str {
        match self {
            Self::IfNeeded => "RebootIfNeeded",
            Self::Never => "NoReboot",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Associations {
    pub inventory_schedule: String,
    pub agent_update_schedule: String,
    pub scan_schedule: String,
}

/// The names of the roles in a systems account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// What the harvester assumes, with the account's ExternalId.
    pub harvest: String,
    /// What hybrid instances are activated with.
    pub hybrid: String,
    /// What EC2 instances without a profile of their own have.
    pub host_management: String,
}

impl Default for Settings {
    fn default() -> Self {
        let group = |name: &str, approve_after_days, week| Group {
            name: name.to_owned(),
            approve_after_days,
            // The second Tuesday of a month is when most updates of Windows are released.
            window_schedule: format!("cron(0 2 ? * TUE#{week} *)"),
        };
        Self {
            prefix: "muster".to_owned(),
            operating_systems: OperatingSystem::DEFAULTS.to_vec(),
            groups: vec![group("early", 0, 2), group("on-time", 7, 3), group("late", 14, 4)],
            default_group: "on-time".to_owned(),
            windows: Windows::default(),
            associations: Associations::default(),
            roles: Roles::default(),
        }
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            timezone: "Etc/UTC".to_owned(),
            schedule_offset_days: Some(1),
            duration_hours: 4,
            cutoff_hours: 1,
            max_concurrency: "25%".to_owned(),
            max_errors: "100%".to_owned(),
            reboot: Reboot::IfNeeded,
        }
    }
}

impl Default for Associations {
    fn default() -> Self {
        Self {
            inventory_schedule: "rate(12 hours)".to_owned(),
            agent_update_schedule: "rate(14 days)".to_owned(),
            scan_schedule: "rate(1 day)".to_owned(),
        }
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            harvest: "MusterHarvester".to_owned(),
            hybrid: "MusterHybridInstances".to_owned(),
            host_management: "MusterHostManagement".to_owned(),
        }
    }
}

impl Settings {
    /// Reads a file. An error names the line, and the key or value that is wrong.
    pub fn parse(text: &str) -> Result<Self, ProvisionError> {
        let mut settings: Self = toml::from_str(text).map_err(|error| ProvisionError::Settings(error.to_string()))?;
        // AWS has no offset of 0 days.
        settings.windows.schedule_offset_days = settings.windows.schedule_offset_days.filter(|days| *days != 0);
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), ProvisionError> {
        let refuse = |problem: String| Err(ProvisionError::Settings(problem));
        let groups: BTreeSet<&str> = self.groups.iter().map(|group| group.name.as_str()).collect();
        if groups.len() != self.groups.len() {
            return refuse("groups: two patch groups have the same name".to_owned());
        }
        if !groups.contains(self.default_group.as_str()) {
            return refuse(format!("default_group: no group is named `{}`", self.default_group));
        }
        if self.operating_systems.iter().collect::<BTreeSet<_>>().len() != self.operating_systems.len() {
            return refuse("operating_systems: one is named twice".to_owned());
        }
        let baselines = self.operating_systems.len() * self.groups.len();
        if baselines > BASELINES_MAX {
            return refuse(format!(
                "groups: they make {baselines} patch baselines; a Region has at most {BASELINES_MAX}"
            ));
        }
        for group in &self.groups {
            if !(0..=APPROVE_AFTER_DAYS_MAX).contains(&group.approve_after_days) {
                return refuse(format!(
                    "groups.{}.approve_after_days: {} is not from 0 to {APPROVE_AFTER_DAYS_MAX}",
                    group.name, group.approve_after_days
                ));
            }
            let longest = self.operating_systems.iter().map(|system| system.short_name().len()).max().unwrap_or(0);
            let name = format!("{}-{}-{}", self.prefix, "x".repeat(longest), group.name);
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            if !NAME_LENGTH.contains(&name.len()) || !name.chars().all(is_allowed) {
                return refuse(format!(
                    "groups.{}.name: names of baselines have at most {} letters, digits and `_-.`",
                    group.name,
                    NAME_LENGTH.end()
                ));
            }
        }
        checks::windows(&self.windows, &self.groups)
            .and_then(|()| checks::associations(&self.associations, &self.prefix))
            .and_then(|()| checks::roles(&self.roles))
            .map_err(ProvisionError::Settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_defaults() {
        let settings = Settings::parse("").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.operating_systems.len() * settings.groups.len(), 24);
    }

    #[test]
    fn refuses_unknown_keys_with_their_place() {
        for (text, place, key) in [
            ("prefix = \"x\"\ngroop = 1\n", "line 2", "groop"),
            ("[windows]\nduration = 3\n", "line 2", "duration"),
            ("operating_systems = [\"windows\",\n  \"beos\"]\n", "line 2", "beos"),
        ] {
            let error = Settings::parse(text).unwrap_err().to_string();
            assert!(error.contains(place) && error.contains(key), "{error}");
        }
    }

    #[test]
    fn refuses_what_aws_would() {
        for (text, problem) in [
            ("default_group = \"never\"", "default_group"),
            ("operating_systems = [\"debian\", \"debian\"]", "operating_systems"),
            ("[windows]\ncutoff_hours = 9", "cutoff_hours"),
            ("[windows]\nschedule_offset_days = 7", "schedule_offset_days"),
            ("[windows]\ntimezone = \"\"", "timezone"),
            ("[windows]\ntimezone = \"Zürich\"", "timezone"),
            ("[windows]\nmax_concurrency = \"0%\"", "max_concurrency"),
            ("[windows]\nmax_errors = \"101%\"", "max_errors"),
            ("[windows]\nmax_errors = \"all\"", "max_errors"),
            ("[associations]\nscan_schedule = \"daily\"", "scan_schedule"),
            ("[associations]\nscan_schedule = \"rate(0 days)\"", "scan_schedule"),
            ("[associations]\ninventory_schedule = \"cron(0 2 * *)\"", "inventory_schedule"),
            ("[roles]\nhybrid = \"\"", "hybrid"),
            ("[roles]\nharvest = \"path/role\"", "harvest"),
            ("[roles]\nharvest = \"MusterHybridInstances\"", "same name"),
            (
                "default_group = \"a\"\n[[groups]]\nname = \"a\"\napprove_after_days = 0\nwindow_schedule = \"rate(7 days)\"",
                "schedule_offset_days",
            ),
            (
                "default_group = \"a\"\n[[groups]]\nname = \"a\"\napprove_after_days = 0\nwindow_schedule = \"tuesdays\"",
                "window_schedule",
            ),
        ] {
            let error = Settings::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn an_offset_of_0_days_is_none() {
        let settings = Settings::parse("[windows]\nschedule_offset_days = 0").unwrap();
        assert_eq!(settings.windows.schedule_offset_days, None);
    }

    #[test]
    fn further_operating_systems_are_configuration() {
        let text = "operating_systems = [\"amazon-linux-2023\", \"alma\", \"rocky\", \"suse\"]";
        assert_eq!(Settings::parse(text).unwrap().operating_systems.len(), 4);
    }
}
