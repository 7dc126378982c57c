//! Four customers with an account each, in which every text from an instance, an account or AWS ends with the canary of
//! its customer. Tests search for canaries of other customers in answers.

use crate::{
    harvest::wire_proxy::{WireProxy, with_wire_proxy},
    requests::routes::About,
    support::{
        enrollment_server::StandIn,
        visitor::{Visitor, no_rate_limit, state_behind_proxy},
        world::World,
    },
};
use jiff::{
    ToSpan,
    civil::{Date, date},
};
use muster_access::{
    assignments::Assignments,
    principal::{Identity, Principal, Role},
    public_url::PublicUrl,
};
use muster_harvest::{progress::NoProgress, round::RoundOptions};
use muster_model::{
    enrollment::EnrollmentState,
    filter::{InstanceFilter, PatchFilter, RunsFilter},
    ports::Reports,
};
use muster_reports::ReportSource;
use muster_simulator::{
    Estate, EstateSpec, Fault, FaultKind,
    estate::spec::{AccountSpec, CustomerSpec, Mix, PolicySpec},
};
use muster_store::{
    exceptions::{self, Exception},
    value::start_of,
};
use muster_web::{sign_in::SignIn, state::ServerState};
use serde_json::Value;
use std::{collections::BTreeSet, sync::OnceLock};

pub const TENANTS: [&str; 4] = ["T1", "T2", "T3", "T4"];
/// The first and the last recorded past day.
pub const FIRST_DAY: Date = date(2025, 11, 20);
pub const LAST_DAY: Date = date(2025, 11, 22);
/// The estate lasts for a month, so that it has runs and failures; only its last days are harvested.
const ESTATE_DAYS: (Date, Date) = (date(2025, 10, 24), date(2025, 11, 23));
/// The tenants that are assigned to the account manager.
pub const MANAGED: [usize; 2] = [0, 1];
pub const MANAGER: &str = "the-manager";

/// A world after its last harvest, and the ids of each tenant.
pub struct Tenants {
    /// Keeps the files of the store.
    _world: World,
    pub source: ReportSource,
    pub all: Vec<Tenant>,
}

/// The first of those that the enrollment server knows.
const ENROLLMENT: &str = "enr-000000000000000000000001";

pub struct Tenant {
    pub customer_id: String,
    pub account_id: String,
    pub systems_account: String,
    pub instances: Vec<String>,
    /// The name of a patch that only this tenant has.
    pub patch: String,
    /// The id of a run.
    pub run: String,
}

impl Tenant {
    /// What a route about one object is requested with.
    pub fn id(&self, about: About) -> &str {
        match about {
            About::Everything => "",
            About::Account => &self.account_id,
            About::Instance => &self.instances[0],
            About::Patch => &self.patch,
            About::Run => &self.run,
            About::Enrollment => ENROLLMENT,
        }
    }
}

/// The end of every text of a tenant.
pub fn canary(tenant: usize) -> String {
    format!("CANARY-{}", TENANTS[tenant])
}

/// Members of AWS's answers with text for people, or text that instances and their owners write.
const TEXTS: [&str; 33] = [
    "AgentVersion",
    "Architecture",
    "CPUModel",
    "CVEIds",
    "Classification",
    "ComputerName",
    "Content",
    "Description",
    "DisplayName",
    "HotFixId",
    "IPAddress",
    "IpAddress",
    "InstalledBy",
    "KBId",
    "Name",
    "OSServicePack",
    "PackageId",
    "PatchGroup",
    "PlatformName",
    "PlatformVersion",
    "Publisher",
    "RejectedPatches",
    "Schedule",
    "ScheduleTimezone",
    "Severity",
    "StandardErrorContent",
    "StandardOutputContent",
    "StatusDetails",
    "Summary",
    "Title",
    "URL",
    "Value",
    "Version",
];

/// Appends the canary to every text below a value.
fn add_canary(operation: &str, value: &mut Value, canary: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                // The output of a step is requested by its name.
                let is_step = name == "Name" && operation.contains("Command");
                match member {
                    Value::String(text) if TEXTS.contains(&name.as_str()) && !is_step && !text.is_empty() => {
                        text.push(' ');
                        text.push_str(canary);
                    }
                    other => add_canary(operation, other, canary),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| add_canary(operation, item, canary)),
        _ => {}
    }
}

fn spec() -> EstateSpec {
    let customers = TENANTS.iter().enumerate().map(|(index, name)| CustomerSpec {
        id: format!("c-{}", canary(index)),
        name: format!("Customer {}", canary(index)),
        accounts: vec![AccountSpec {
            // One provider for all, because its name is not a secret of one customer.
            provider: "vmware".to_owned(),
            id: format!("org-{}", canary(index)),
            name: format!("account {}", canary(index)),
            prefix: format!("host-{}", name.to_lowercase()),
            regions: vec!["us-east-1".to_owned()],
            instances: 3,
            retired: 1,
            platforms: ["windows-2022", "rhel-9", "centos-7"].map(str::to_owned).into(),
            ungrouped_every: 3,
            connector: false,
            rejects: Vec::new(),
            available_security: index == 1,
            patch_policies: vec![PolicySpec {
                name: format!("policy {}", canary(index)),
                installs: true,
                patch_group: (index == 1).then(|| "early".to_owned()),
                resource_group: (index == 2).then(|| format!("resources {}", canary(index))),
            }],
            lists_nodes: true,
            unmanaged: 2,
            nodes_elsewhere: std::collections::BTreeMap::new(),
            problems: Vec::new(),
            ..AccountSpec::default()
        }],
    });
    let mix = Mix {
        install_fails: 2,
        repository_unreachable: 2,
        no_reboot: 1,
        fails_after_patching: 1,
        joins: 1,
        ..Mix::default()
    };
    EstateSpec {
        name: "tenants".to_owned(),
        seed: 5,
        first_day: ESTATE_DAYS.0,
        last_day: ESTATE_DAYS.1,
        mix,
        customers: customers.collect(),
    }
}

/// A new world, harvested until its last day.
pub async fn build() -> Tenants {
    let (world, wire_proxy) = with_wire_proxy(World::of(Estate::new(&spec())).await).await;
    let last = TENANTS.len() - 1;
    // The harvest of the last tenant records an error that contains names.
    let fault = Fault::on("ListAssociations", FaultKind::AccessDenied);
    world.simulator.set_fault(fault.in_account(&world.account(last).systems_account));
    while world.estate.read().expect("the estate").today() < FIRST_DAY {
        world.next_day();
    }
    loop {
        harvest_each(&world, &wire_proxy).await;
        if world.is_at_last_day() {
            break;
        }
        world.next_day();
    }
    let source = world.source();
    let mut all = Vec::new();
    for account in world.harvester.accounts.iter() {
        let own = Principal::local().scope().narrowed_to(&account.customer_id);
        let patches =
            source.for_scope(own.clone()).patches(PatchFilter::default().in_any_state()).await.expect("patches").rows;
        let runs = source.for_scope(own.clone()).run_list(RunsFilter::default()).await.expect("runs").rows.rows;
        let listed = source.for_scope(own).instances(InstanceFilter::default()).await.expect("instances").rows;
        assert!(listed.len() >= 3, "{} has {} instances", account.account_name, listed.len());
        let (made_at, until_day) = (start_of(FIRST_DAY), LAST_DAY.saturating_add(30.days()));
        let exception = Exception {
            exception_id: format!("exception {}", canary(all.len())),
            kind: "defer".to_owned(),
            cve: String::new(),
            kb_id: patches[0].name.clone(),
            title: patches[0].title.clone(),
            account_id: account.account_id.to_string(),
            patch_group: String::new(),
            instance_id: listed[0].instance_id.to_string(),
            until_day,
            reason: format!("reason {}", canary(all.len())),
            made_by: "test".to_owned(),
            made_by_name: format!("somebody {}", canary(all.len())),
            made_at,
            revoked_by: None,
            revoked_by_name: None,
            revoked_at: None,
        };
        assert!(exceptions::add(&source.store, exception).await.expect("a store"));
        all.push(Tenant {
            customer_id: account.customer_id.clone(),
            account_id: account.account_id.to_string(),
            systems_account: account.systems_account.clone(),
            patch: patches[0].name.clone(),
            run: runs[0].command_id.clone(),
            instances: listed.iter().map(|row| row.instance_id.to_string()).collect(),
        });
    }
    Tenants { _world: world, source, all }
}

/// Harvests one account after the other, so that each answer belongs to a known tenant.
pub async fn harvest_each(world: &World, wire_proxy: &WireProxy) {
    for (index, account) in world.harvester.accounts.iter().enumerate() {
        let canary = canary(index);
        wire_proxy.alter(move |operation, _, answer| add_canary(operation, answer, &canary));
        let only = RoundOptions { account: Some(account.account_id.clone()), ..RoundOptions::default() };
        world.harvester.round(&only, &NoProgress).await.expect("a working store");
    }
}

/// The tenants that all tests of this binary share and only read.
pub fn tenants() -> &'static Tenants {
    static TENANTS: OnceLock<Tenants> = OnceLock::new();
    TENANTS.get_or_init(|| {
        let thread = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            let tenants = runtime.block_on(build());
            // The simulator gets no more requests.
            runtime.shutdown_background();
            tenants
        });
        thread.join().expect("four customers")
    })
}

impl Tenants {
    pub fn state(&self) -> ServerState {
        let public_url = PublicUrl::try_from("https://vmm.example".to_owned()).expect("an origin");
        let managed: BTreeSet<String> = MANAGED.iter().map(|index| self.all[*index].customer_id.clone()).collect();
        let assignments = Assignments::of([(MANAGER.to_owned(), managed)]);
        let sign_in = SignIn::new(public_url, assignments, self.source.clock.clone());
        let state = state_behind_proxy(&self.source, no_rate_limit(), sign_in);
        state.with_enrollment(Some(self.enrollment_server().client(self.source.clock.clone())))
    }

    /// An enrollment server that knows an account of each tenant, and answers everybody with all of them.
    fn enrollment_server(&self) -> StandIn {
        let server = StandIn::start();
        for (index, tenant) in self.all.iter().enumerate() {
            let text = format!("{} enrolls", canary(index));
            server.add_account("vmware", (&tenant.account_id, &text), (&tenant.customer_id, &text));
            server.add_enrollment("vmware", &tenant.account_id, &text, &tenant.customer_id, EnrollmentState::Failed);
        }
        server
    }

    pub fn visitor(&self, identity: Identity) -> Visitor {
        Visitor::signed_in(&self.state(), identity)
    }

    pub fn customer(&self, tenant: usize) -> Identity {
        self.customers(&[tenant])
    }

    pub fn customers(&self, tenants: &[usize]) -> Identity {
        let customers = tenants.iter().map(|tenant| self.all[*tenant].customer_id.clone()).collect();
        person("somebody", Role::Customer { customers })
    }

    pub fn auditor(&self, tenant: usize, day: Date) -> Identity {
        person("the-auditor", Role::Auditor { customer: self.all[tenant].customer_id.clone(), day })
    }
}

pub fn manager() -> Identity {
    person(MANAGER, Role::AccountManager { only: None })
}

pub fn operator() -> Identity {
    person("the-operator", Role::Operator { command_output: true })
}

pub fn person(subject: &str, role: Role) -> Identity {
    Identity { issuer: "test".to_owned(), subject: subject.to_owned(), name: "Somebody".to_owned(), role }
}
