//! Activations from systems accounts of a simulated AWS.

use crate::support::evidence;
use jiff::Timestamp;
use muster_attest::identity::{Facts, Identity, Provider};
use muster_collect::{client::Connector, rate_limit::RateLimits};
use muster_core::clock::{Clock, FixedClock};
use muster_enroll::{
    activations::{Activated, ActivationError, Activations, Enrollment},
    config::Config,
    os::OperatingSystem,
    provisioning::{Pace, Provisioning},
    random::SystemRandom,
    registry::Registry,
    service::Service,
};
use muster_provision::{Creation, FileLedger, Provisioner, Settings, provisioner::LEASE_LENGTH};
use muster_simulator::{Estate, EstateSpec, Fault, FaultKind, Simulator, created::CreatedAccount};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

const SETTINGS: &str = "operating_systems = [\"windows\"]\n";
const PAUSE: Duration = Duration::from_millis(20);
const PAUSES_MAX: u32 = 500;

struct Aws {
    simulator: Simulator,
    clock: Arc<FixedClock>,
    folder: TempDir,
}

impl Aws {
    async fn new() -> Self {
        let estate = Estate::new(&EstateSpec::named("empty").expect("a known name")).shared();
        let clock = Arc::new(FixedClock::at(estate.read().expect("a lock").now()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let simulator = Simulator::start(estate, listener).await.expect("a start");
        Self { simulator, clock, folder: tempfile::tempdir().expect("a folder") }
    }

    /// What a process of the service has. Another one is a restart.
    async fn provisioning(&self) -> Provisioning<FileLedger> {
        let keys = Simulator::operator_credentials();
        let (url, limits) = (self.simulator.url(), RateLimits::unlimited());
        let connector = Connector::to_endpoint(&url, &keys.access_key_id, &keys.secret_access_key, limits).await;
        let creation = Creation {
            harvester: Simulator::operator_arn(),
            email: "aws+{account}@example.com".to_owned(),
            admin_role: "OrganizationAccountAccessRole".to_owned(),
        };
        let ledger = FileLedger::open(&self.folder.path().join("provisioning"), self.now()).expect("a ledger");
        let settings = Settings::parse(SETTINGS).expect("settings");
        let provisioner = Provisioner::new(connector, settings, creation, ledger, self.clock.clone());
        let pace = Pace { attempts: PAUSE, attempts_max: 3, comparisons: PAUSE };
        Provisioning::new(provisioner.with_poll_interval(PAUSE), self.clock.clone(), pace)
    }

    fn now(&self) -> Timestamp {
        self.simulator.estate().read().expect("a lock").now()
    }

    fn accounts(&self) -> Vec<CreatedAccount> {
        self.simulator.created_accounts()
    }

    /// Stands for the agent.
    fn register(&self, activation_id: &str) -> bool {
        let used = |account: &mut CreatedAccount| {
            let activations = account.regions.values_mut().flat_map(|site| &mut site.activations);
            let mut found = activations.filter(|one| one.id == activation_id);
            found.next().map(|activation| activation.registrations += 1).is_some()
        };
        let mut is_registered = false;
        self.simulator.change_created(|accounts| is_registered = accounts.iter_mut().any(used));
        is_registered
    }
}

/// An instance of an account that has no systems account.
fn enrollment(number: u8) -> Enrollment {
    let registry = Registry::parse(&evidence::roster_to_create("")).expect("a registry");
    let account = registry.account(Provider::Vmware, evidence::VCENTER_ACCOUNT).expect("listed").clone();
    Enrollment {
        id: format!("enr-{number:024}").as_str().into(),
        earlier: Vec::new(),
        identity: Identity {
            provider: Provider::Vmware,
            account: account.id.to_string(),
            instance: format!("11111111-2222-3333-4444-{number:012}"),
            location: None,
            facts: Facts::SignedToken {
                issuer: evidence::VCENTER.to_owned(),
                customer: account.customer.clone(),
                labels: None,
                token_id: format!("t-{number}"),
                bios_uuid: None,
                moref: None,
                expires_at: Timestamp::MAX,
            },
        },
        account,
        wants_patching: true,
        patch_group: "late".to_owned(),
        os: OperatingSystem { id: "debian".to_owned(), version: "12".to_owned(), architecture: "x86_64".to_owned() },
    }
}

/// Asks until the systems account is ready or has failed, as the script does. Returns the activation's id and code.
async fn enroll(of: &Enrollment, provisioning: &impl Activations) -> Result<(String, String), ActivationError> {
    for _ in 0..PAUSES_MAX {
        match provisioning.activate(of).await? {
            Activated::Ready { activation_id, activation_code, region } => {
                assert_eq!(region, of.account.region);
                return Ok((activation_id, activation_code.expose_secret().to_owned()));
            }
            Activated::Provisioning { .. } => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("the systems account is not ready in time: {:?}", provisioning.systems_account(&of.account));
}

async fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..PAUSES_MAX {
        if is_so() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("not in time");
}

#[tokio::test]
async fn the_first_enrollment_creates_the_systems_account_and_an_activation_registers_once() {
    let aws = Aws::new().await;
    let (provisioning, of) = (aws.provisioning().await, enrollment(1));
    assert_eq!(provisioning.systems_account(&of.account), Default::default());
    let first = provisioning.activate(&of).await.expect("an answer");
    assert!(matches!(first, Activated::Provisioning { .. }), "{first:?}");
    let (lost, _) = enroll(&of, &provisioning).await.expect("an activation");
    // The instance did not receive it.
    let (id, code) = enroll(&of, &provisioning).await.expect("another one");
    assert!(id != lost && code.len() >= 20);
    let [account] = aws.accounts().try_into().expect("one account");
    let activations = &account.regions[&of.account.region].activations;
    assert_eq!(activations.len(), 1, "the lost one is deleted");
    assert!(activations[0].tags.contains(&("Patch Group".to_owned(), "late".to_owned())), "{:?}", activations[0].tags);
    assert!(aws.register(&id));
    assert_eq!(enroll(&of, &provisioning).await, Err(ActivationError::AlreadyRegistered));
    wait_until(|| provisioning.systems_account(&of.account).compared_at.is_some()).await;
    let known = provisioning.systems_account(&of.account);
    assert_eq!((known.systems_account, known.stage.as_deref()), (Some(account.id), Some("ready")));
    assert_eq!((known.failure, known.missing.len(), known.drift.len()), (None, 0, 0));
}

#[tokio::test]
async fn two_instances_of_a_new_account_at_once_make_one_account() {
    let aws = Aws::new().await;
    let (provisioning, [one, other]) = (aws.provisioning().await, [1, 2].map(enrollment));
    let (first, second) = tokio::join!(enroll(&one, &provisioning), enroll(&other, &provisioning));
    assert_ne!(first.expect("an activation").0, second.expect("an activation").0);
    assert_eq!(aws.accounts().len(), 1);
}

#[tokio::test]
async fn an_account_that_cannot_be_created_fails_until_an_operator_retries_it() {
    let aws = Aws::new().await;
    let (provisioning, of) = (aws.provisioning().await, enrollment(1));
    let fails = FaultKind::AccountCreationFails("ACCOUNT_LIMIT_EXCEEDED".to_owned());
    aws.simulator.set_fault(Fault::on("CreateAccount", fails).times(1));
    let error = enroll(&of, &provisioning).await.expect_err("a failure");
    let ActivationError::Failed { name, message } = &error else { panic!("{error:?}") };
    assert_eq!(*name, "account_limit_exceeded");
    assert!(message.contains("ACCOUNT_LIMIT_EXCEEDED") && message.contains("raise"), "{message}");
    // It is known after a restart, too, and nothing is requested again.
    let provisioning = aws.provisioning().await;
    assert_eq!(provisioning.systems_account(&of.account).failure.as_ref(), Some(message));
    assert_eq!(enroll(&of, &provisioning).await.expect_err("the same failure"), error);
    assert_eq!(aws.accounts().len(), 0);
    provisioning.retry(&of.account).await.expect("forgotten");
    enroll(&of, &provisioning).await.expect("an activation");
    assert_eq!(aws.accounts().len(), 1);
}

#[tokio::test]
async fn errors_that_may_pass_are_waited_out_and_others_are_named() {
    let aws = Aws::new().await;
    let (provisioning, of) = (aws.provisioning().await, enrollment(1));
    let refused = || Fault::on("CreateAccount", FaultKind::Refused("AccessDeniedException".to_owned()));
    aws.simulator.set_fault(refused().times(2));
    enroll(&of, &provisioning).await.expect("the third attempt succeeds");

    let other = Aws::new().await;
    let provisioning = other.provisioning().await;
    other.simulator.set_fault(refused());
    let error = enroll(&of, &provisioning).await.expect_err("refused each time");
    assert!(matches!(&error, ActivationError::Failed { name: "setup_failed", .. }), "{error:?}");
    let failure = provisioning.systems_account(&of.account).failure.expect("a failure");
    assert!(failure.contains("AccessDeniedException"), "{failure}");
}

#[tokio::test]
async fn a_restart_continues_without_an_instance_and_compares_what_stands() {
    let aws = Aws::new().await;
    let of = enrollment(1);
    // The process ends while the account is being created, and its lease expires.
    let process = Runtime::new().expect("a runtime");
    let (killed, first) = (aws.provisioning().await, of.clone());
    let begun = process.spawn(async move {
        let begun = killed.activate(&first).await;
        while killed.systems_account(&first.account).stage.is_none() {
            tokio::task::yield_now().await;
        }
        begun
    });
    assert!(matches!(begun.await.expect("begun"), Ok(Activated::Provisioning { .. })));
    process.shutdown_background();
    aws.clock.set(aws.clock.now() + LEASE_LENGTH);

    let provisioning = aws.provisioning().await;
    let path = |name: &str| aws.folder.path().join(name);
    std::fs::write(path("roster.toml"), evidence::roster_to_create("")).expect("written");
    let origin = "https://enroll.example.test".to_owned().try_into().expect("an origin");
    let config = Config::new(origin, path("ledger"), path("audit"), path("roster.toml"));
    let activations = Arc::new(provisioning.clone());
    let service = Service::open(config, evidence::pinned(), activations, aws.clock.clone(), Arc::new(SystemRandom));
    let following = tokio::spawn(provisioning.clone().follow(service.await.expect("a service")));
    let known = || provisioning.systems_account(&of.account);
    wait_until(|| known().stage.as_deref() == Some("ready")).await;
    assert_eq!(aws.accounts().len(), 1);
    aws.simulator.change_created(|accounts| {
        let site = accounts[0].regions.get_mut(&of.account.region).expect("the Region");
        site.windows[0].body["Schedule"] = "rate(7 days)".into();
        site.associations.retain(|one| one.body["AssociationName"] != "muster-scan");
    });
    wait_until(|| !known().drift.is_empty() && !known().missing.is_empty()).await;
    let (missing, drift) = (known().missing, known().drift);
    assert!(missing.len() == 1 && missing[0].contains("muster-scan"), "{missing:?}");
    assert_eq!((drift.len(), drift[0].property.as_str(), drift[0].found.as_str()), (1, "schedule", "rate(7 days)"));
    assert_eq!(drift[0].region.as_ref(), Some(&of.account.region));
    following.abort();
}
