//! What shall stand in one systems account: its roles, and what is in each of its Regions.

use crate::{
    operating_system::OperatingSystem,
    policies,
    settings::{Group, Reboot, Settings},
};
use serde_json::Value;

/// The document that patches an instance.
pub const PATCH_DOCUMENT: &str = "AWS-RunPatchBaseline";
pub const INVENTORY_DOCUMENT: &str = "AWS-GatherSoftwareInventory";
pub const AGENT_UPDATE_DOCUMENT: &str = "AWS-UpdateSSMAgent";
/// All hybrid and EC2 instances of the Region, as a target.
pub const ALL_INSTANCES: (&str, &str) = ("InstanceIds", "*");
/// The key of a task's targets that are registered with its window.
pub const WINDOW_TARGETS: &str = "WindowTargetIds";
/// The key of targets and tags that put an instance into a patch group.
pub const PATCH_GROUP_TAG: &str = "Patch Group";
/// The name of the one inline policy of each role.
pub const POLICY_NAME: &str = "muster";
/// Tells people who find a role who made it.
pub const CREATED_BY: (&str, &str) = ("muster:created-by", "muster");
/// The name of the one task of a window.
pub const INSTALL_TASK: &str = "Install";
pub const TASK_PRIORITY: i32 = 1;
/// How severe it is that an approved update is missing.
pub const COMPLIANCE_LEVEL: &str = "CRITICAL";
/// The setting of the Default Host Management Configuration.
pub const HOST_MANAGEMENT_SETTING: &str = "/ssm/managed-instance/default-ec2-instance-management-role";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub roles: Vec<WantedRole>,
    pub region: WantedRegion,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRole {
    pub name: String,
    pub description: &'static str,
    pub trust: Value,
    pub permissions: Value,
}

/// What is the same in each Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRegion {
    pub baselines: Vec<WantedBaseline>,
    pub windows: Vec<WantedWindow>,
    pub associations: Vec<WantedAssociation>,
    /// The role of EC2 instances without a profile, where the account has EC2 instances of its own.
    pub host_management_role: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedBaseline {
    pub name: String,
    pub operating_system: OperatingSystem,
    pub group: String,
    /// None where Systems Manager has no approval delay.
    pub approve_after_days: Option<i32>,
    pub is_default: bool,
}

impl WantedBaseline {
    /// What it approves and when, in words.
    pub fn description(&self) -> String {
        let title = self.operating_system.title();
        match self.approve_after_days {
            Some(0) => format!("{title}: approves updates on the day of their release"),
            Some(days) => format!("{title}: approves updates {days} days after their release"),
            None => format!("{title}: approves updates at once; the date of the maintenance window delays them"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedWindow {
    pub name: String,
    pub group: String,
    pub schedule: String,
    pub schedule_offset_days: Option<i32>,
    pub timezone: String,
    pub duration_hours: i32,
    pub cutoff_hours: i32,
    pub max_concurrency: String,
    pub max_errors: String,
    pub reboot: Reboot,
}

impl WantedWindow {
    pub fn description(&self) -> String {
        format!("Patches the instances of patch group {}", self.group)
    }

    /// The parameters of the document of its task.
    pub fn parameters(&self) -> [(&'static str, &'static str); 2] {
        [("Operation", "Install"), ("RebootOption", self.reboot.option())]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedAssociation {
    pub name: String,
    pub document: &'static str,
    pub schedule: String,
    pub parameters: Vec<(&'static str, &'static str)>,
}

/// The account and the ways into it that its roles name.
#[derive(Clone, Copy, Debug)]
pub struct AccountNames<'a> {
    pub partition: &'a str,
    pub systems_account: &'a str,
    pub harvester: &'a str,
    pub external_id: &'a str,
    /// Whether the account is an AWS account with EC2 instances of its own.
    pub has_ec2_instances: bool,
    pub sets_default_baselines: bool,
}

impl Wanted {
    pub fn new(settings: &Settings, account: &AccountNames<'_>) -> Self {
        let roles = &settings.roles;
        let agent = |name: &str, description| WantedRole {
            name: name.to_owned(),
            description,
            trust: policies::agent_trust(account.partition, account.systems_account),
            permissions: policies::agent_permissions(),
        };
        let mut wanted = vec![
            WantedRole {
                name: roles.harvest.clone(),
                description: "Reads the patch state of this account",
                trust: policies::harvest_trust(account.harvester, account.external_id),
                permissions: policies::harvest_permissions(),
            },
            agent(&roles.hybrid, "Hybrid instances of Systems Manager"),
        ];
        let host_management_role = account.has_ec2_instances.then(|| roles.host_management.clone());
        wanted.extend(host_management_role.as_deref().map(|name| agent(name, "EC2 instances without a profile")));
        let mut region = WantedRegion { host_management_role, ..region(settings) };
        for baseline in &mut region.baselines {
            baseline.is_default &= account.sets_default_baselines;
        }
        Self { roles: wanted, region }
    }
}

fn region(settings: &Settings) -> WantedRegion {
    let systems = settings.operating_systems.iter();
    let baselines = systems.flat_map(|&system| settings.groups.iter().map(move |group| (system, group)));
    WantedRegion {
        baselines: baselines.map(|(system, group)| baseline(settings, system, group)).collect(),
        windows: settings.groups.iter().map(|group| window(settings, group)).collect(),
        associations: associations(settings),
        host_management_role: None,
    }
}

fn baseline(settings: &Settings, operating_system: OperatingSystem, group: &Group) -> WantedBaseline {
    WantedBaseline {
        name: format!("{}-{}-{}", settings.prefix, operating_system.short_name(), group.name),
        operating_system,
        group: group.name.clone(),
        approve_after_days: operating_system.has_approval_delay().then_some(group.approve_after_days),
        is_default: group.name == settings.default_group,
    }
}

fn window(settings: &Settings, group: &Group) -> WantedWindow {
    let windows = &settings.windows;
    WantedWindow {
        name: format!("{}-{}", settings.prefix, group.name),
        group: group.name.clone(),
        schedule: group.window_schedule.clone(),
        schedule_offset_days: windows.schedule_offset_days,
        timezone: windows.timezone.clone(),
        duration_hours: windows.duration_hours,
        cutoff_hours: windows.cutoff_hours,
        max_concurrency: windows.max_concurrency.clone(),
        max_errors: windows.max_errors.clone(),
        reboot: windows.reboot,
    }
}

fn associations(settings: &Settings) -> Vec<WantedAssociation> {
    let schedules = &settings.associations;
    let association =
        |what: &str, document, schedule: &str, parameters: &[(&'static str, &'static str)]| WantedAssociation {
            name: format!("{}-{what}", settings.prefix),
            document,
            schedule: schedule.to_owned(),
            parameters: parameters.to_vec(),
        };
    vec![
        association("inventory", INVENTORY_DOCUMENT, &schedules.inventory_schedule, &[]),
        association("agent-update", AGENT_UPDATE_DOCUMENT, &schedules.agent_update_schedule, &[]),
        association("scan", PATCH_DOCUMENT, &schedules.scan_schedule, &[("Operation", "Scan")]),
    ]
}
