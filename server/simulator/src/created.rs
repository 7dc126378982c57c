//! Systems accounts that callers create while the simulator runs: the requests for them, their roles, and what Systems
//! Manager has in each of their Regions. They are beside the estate, whose accounts exist from its first day.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::random::Random;

/// The role that AWS Organizations creates in a new account, unless the request names another.
pub const ADMIN_ROLE: &str = "OrganizationAccountAccessRole";

/// The most accounts that can be created: the default quota of an organization.
pub const ACCOUNTS_MAX: usize = 10;

/// How long ago the last ping of an instance that is online can be. Agents ping every five minutes.
const PING_AGE_MAX: SignedDuration = SignedDuration::from_mins(10);

pub type Tags = Vec<(String, String)>;

#[derive(Clone, Debug, Default)]
pub struct Created {
    /// Oldest first.
    pub requests: Vec<CreationRequest>,
    pub accounts: Vec<CreatedAccount>,
}

/// A request for an account, which AWS processes in the background.
#[derive(Clone, Debug)]
pub struct CreationRequest {
    /// `car-…`
    pub id: String,
    pub account_name: String,
    pub email: String,
    pub requested_at: Timestamp,
    /// How many more times its status is in progress.
    pub polls_left: u32,
    /// The account's id, or the code of the failure, known once it is no longer in progress.
    pub result: Result<String, String>,
}

#[derive(Clone, Debug)]
pub struct CreatedAccount {
    pub id: String,
    pub name: String,
    pub email: String,
    pub joined_at: Timestamp,
    /// `ACTIVE`, unless a test suspends or closes it.
    pub state: String,
    pub tags: Tags,
    /// The role that the management account may assume.
    pub admin_role: String,
    pub roles: BTreeMap<String, Role>,
    pub regions: BTreeMap<String, CreatedSite>,
}

#[derive(Clone, Debug, Default)]
pub struct Role {
    pub id: String,
    pub trust: Value,
    /// Inline policies by name.
    pub policies: BTreeMap<String, Value>,
    /// The ARNs of managed policies.
    pub attached: Vec<String>,
    pub tags: Tags,
}

/// What Systems Manager has in one Region of a created account.
#[derive(Clone, Debug, Default)]
pub struct CreatedSite {
    pub activations: Vec<Activation>,
    pub baselines: Vec<Resource>,
    /// The baseline of a patch group and an operating system, in the order of registration.
    pub groups: Vec<(String, String, String)>,
    /// The default baseline by operating system.
    pub defaults: BTreeMap<String, String>,
    pub windows: Vec<Resource>,
    /// Their `WindowId` is in the body.
    pub window_targets: Vec<Resource>,
    pub window_tasks: Vec<Resource>,
    pub associations: Vec<Resource>,
    pub settings: BTreeMap<String, String>,
    pub instances: Vec<RegisteredInstance>,
    /// The number of ids so far.
    ids: u64,
}

/// A resource as the request described it.
#[derive(Clone, Debug)]
pub struct Resource {
    pub id: String,
    pub body: Value,
}

#[derive(Clone, Debug)]
pub struct Activation {
    pub id: String,
    pub code: String,
    pub iam_role: String,
    pub default_instance_name: String,
    pub registration_limit: u64,
    pub registrations: u64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub tags: Tags,
}

#[derive(Clone, Debug)]
pub struct RegisteredInstance {
    pub id: String,
    pub activation_id: String,
    pub name: String,
    pub iam_role: String,
    pub registered_at: Timestamp,
    pub last_ping_at: Timestamp,
    pub tags: Tags,
    /// What its agent has reported, once it has.
    pub agent: Option<AgentReport>,
}

/// What an agent says about itself and its instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentReport {
    pub version: String,
    pub computer_name: String,
    pub ip_address: String,
    /// `Linux`, `Windows` or `MacOS`.
    pub platform_type: String,
    pub platform_name: String,
    pub platform_version: String,
}

/// Why an agent cannot register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationRefusal {
    Unknown,
    Expired,
    LimitReached,
}

impl Created {
    pub fn account(&self, id: &str) -> Option<&CreatedAccount> {
        self.accounts.iter().find(|account| account.id == id)
    }

    pub fn account_mut(&mut self, id: &str) -> Option<&mut CreatedAccount> {
        self.accounts.iter_mut().find(|account| account.id == id)
    }

    /// Registers an instance as its agent does: with an activation's id and code, in one Region, and no other identity.
    pub fn register(
        &mut self,
        region: &str,
        activation_id: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<String, RegistrationRefusal> {
        let mut sites = self.accounts.iter_mut().filter_map(|account| account.regions.get_mut(region));
        let site = sites
            .find(|site| site.activations.iter().any(|one| one.id == activation_id && one.code == code))
            .ok_or(RegistrationRefusal::Unknown)?;
        let id = format!("mi-{}", site.next_hex("instance", activation_id));
        let activation =
            site.activations.iter_mut().find(|one| one.id == activation_id).ok_or(RegistrationRefusal::Unknown)?;
        if activation.expires_at <= now {
            return Err(RegistrationRefusal::Expired);
        }
        if activation.registrations >= activation.registration_limit {
            return Err(RegistrationRefusal::LimitReached);
        }
        activation.registrations += 1;
        site.instances.push(RegisteredInstance {
            id: id.clone(),
            activation_id: activation.id.clone(),
            name: activation.default_instance_name.clone(),
            iam_role: activation.iam_role.clone(),
            registered_at: now,
            last_ping_at: now,
            tags: activation.tags.clone(),
            agent: None,
        });
        Ok(id)
    }

    /// The instance with an id, in any account.
    pub fn instance_mut(&mut self, region: &str, id: &str) -> Option<&mut RegisteredInstance> {
        let mut sites = self.accounts.iter_mut().filter_map(|account| account.regions.get_mut(region));
        sites.find_map(|site| site.instances.iter_mut().find(|instance| instance.id == id))
    }
}

impl RegisteredInstance {
    /// `Online` until the agent has not pinged for some minutes.
    pub fn ping_status(&self, now: Timestamp) -> &'static str {
        if now.duration_since(self.last_ping_at) <= PING_AGE_MAX { "Online" } else { "ConnectionLost" }
    }
}

impl CreatedSite {
    /// 17 hexadecimal digits that no other resource of the site has.
    pub fn next_hex(&mut self, kind: &str, scope: &str) -> String {
        self.next_random(kind, scope).hex(17)
    }

    pub fn next_uuid(&mut self, kind: &str, scope: &str) -> String {
        self.next_random(kind, scope).uuid()
    }

    fn next_random(&mut self, kind: &str, scope: &str) -> Random {
        self.ids += 1;
        Random::labelled(self.ids, &format!("{kind} {scope}"))
    }
}
