//! A service on a loopback port, its clock, its registry, and stand-ins for what it calls.

pub mod client;
pub mod evidence;

use async_trait::async_trait;
use axum::{Router, http::StatusCode, routing::get};
use client::{Answer, Client};
use jiff::SignedDuration;
use muster_access::{network::Networks, principal::Principal};
use muster_attest::forge::{self, keys};
use muster_audit::event::Source;
use muster_core::clock::{Clock, FixedClock};
use muster_enroll::{
    activations::{Activated, ActivationError, Activations, Enrollment, SystemsAccount},
    config::{Config, Limits},
    ledger::{
        ActionError,
        record::{EnrollmentId, Record},
    },
    operators::{EnrollmentFilter, Listed},
    random::SystemRandom,
    registry::Account,
    service::{OpenError, Service},
};
use muster_http::rate_limiter::Quota;
use muster_model::enrollment::EnrollmentAction;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot};

pub const ORIGIN: &str = "http://127.0.0.1:8080";
/// The start of every activation code, which must be found nowhere but in answers.
pub const CODE: &str = "SECRETactivationCODE";

/// What the portal sends.
pub const OPERATORS_SECRET: &str = "SECRETofOPERATORS0123456789abcdef";

/// What the stand-in for the provisioning answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    Ready,
    Provisioning,
    Unavailable,
    Failed,
    Hangs,
    /// Like `Ready`, after a second.
    Slow,
    /// Like `Ready`, but the instance does not register, as if it had not received the answer.
    Unused,
}

/// Enrollments with whose activations an instance registered. They outlive a restart of the service, as in AWS.
static REGISTERED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Makes activations without AWS, and counts them. Instances register at once, unless planned otherwise.
pub struct FakeActivations {
    pub plan: Mutex<Plan>,
    pub calls: AtomicUsize,
    pub seen: Mutex<Vec<Enrollment>>,
    /// A file that the next call moves, from and to.
    pub moves: Mutex<Option<(PathBuf, PathBuf)>>,
    /// Cloud accounts that a systems account was requested for.
    pub requested: Mutex<BTreeSet<String>>,
    pub systems_account_failure: Mutex<Option<String>>,
    /// Cloud accounts whose systems account was retried.
    pub retried: Mutex<Vec<String>>,
}

#[async_trait]
impl Activations for FakeActivations {
    async fn activate(&self, of: &Enrollment) -> Result<Activated, ActivationError> {
        if REGISTERED.lock().expect("not poisoned").contains(of.id.as_str()) {
            return Err(ActivationError::AlreadyRegistered);
        }
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        self.seen.lock().expect("not poisoned").push(of.clone());
        if of.account.existing.is_none() {
            self.requested.lock().expect("not poisoned").insert(of.account.id.to_string());
        }
        if let Some((from, to)) = self.moves.lock().expect("not poisoned").take() {
            std::fs::rename(from, to).expect("moved");
        }
        let plan = *self.plan.lock().expect("not poisoned");
        if plan == Plan::Slow {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        if matches!(plan, Plan::Ready | Plan::Slow) {
            REGISTERED.lock().expect("not poisoned").insert(of.id.to_string());
        }
        match plan {
            Plan::Ready | Plan::Slow | Plan::Unused => Ok(Activated::Ready {
                activation_id: format!("activation-{call}"),
                activation_code: format!("{CODE}{call}").into(),
                region: of.account.region.clone(),
            }),
            Plan::Provisioning => Ok(Activated::Provisioning { retry_after: Duration::from_secs(30) }),
            Plan::Unavailable => Err(ActivationError::Unavailable("throttled".to_owned())),
            Plan::Failed => {
                *self.systems_account_failure.lock().expect("not poisoned") = Some("ask AWS".to_owned());
                Err(ActivationError::Failed { name: "account_limit_exceeded", message: "ask AWS".to_owned() })
            }
            Plan::Hangs => std::future::pending().await,
        }
    }

    fn systems_account(&self, account: &Account) -> SystemsAccount {
        SystemsAccount {
            systems_account: account.existing.as_ref().map(|existing| existing.systems_account.clone()),
            stage: Some("ready".to_owned()),
            failure: self.systems_account_failure.lock().expect("not poisoned").clone(),
            ..SystemsAccount::default()
        }
    }

    async fn retry(&self, account: &Account) -> Result<(), ActivationError> {
        if *self.plan.lock().expect("not poisoned") == Plan::Unavailable {
            return Err(ActivationError::Unavailable("throttled".to_owned()));
        }
        self.retried.lock().expect("not poisoned").push(account.id.to_string());
        *self.systems_account_failure.lock().expect("not poisoned") = None;
        Ok(())
    }
}

/// Google's key set, with an answer that tests change.
pub struct KeyServer {
    pub status: AtomicU16,
    pub key_id: Mutex<String>,
    pub requests: AtomicUsize,
    /// How long an answer takes on the service's clock, in seconds.
    pub clock_seconds: AtomicI64,
    pub hangs: AtomicBool,
}

pub struct World {
    pub folder: Arc<tempfile::TempDir>,
    pub service: Arc<Service>,
    pub client: Client,
    pub clock: Arc<FixedClock>,
    pub fake: Arc<FakeActivations>,
    pub keys: Arc<KeyServer>,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

pub fn unlimited() -> Limits {
    let quota = Quota { burst: 1_000_000, period: Duration::from_millis(1) };
    let same = Limits { peers: quota, accounts: quota, ..Limits::default() };
    Limits { peer_attempts: quota, challenges: quota, identities: quota, ..same }
}

/// What an attempt sends beside its evidence.
pub fn body(challenge_id: &str, provider: &str, evidence: Value) -> Value {
    json!({
        "challenge_id": challenge_id,
        "provider": provider,
        "evidence": evidence,
        "os": {"id": "ubuntu", "version": "24.04", "architecture": "x86_64"},
        "labels": {"rackspace-addon-patching": "true", "rackspace-addon-patching-patchgroup": "late"},
    })
}

impl World {
    pub async fn new() -> Self {
        Self::with(&evidence::roster(), unlimited()).await
    }

    pub async fn with(registry: &str, limits: Limits) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        std::fs::write(folder.path().join("roster.toml"), registry).expect("written");
        Self::open(folder, limits).await.expect("a service")
    }

    /// Opens a service on files that exist.
    pub async fn open(folder: Arc<tempfile::TempDir>, limits: Limits) -> Result<Self, OpenError> {
        Self::open_behind(Networks::default(), folder, limits).await
    }

    /// A service without the operators' API.
    pub async fn without_operators() -> Self {
        let folder = Self::new().await.close().await;
        Self::start(folder, unlimited(), |config| config.operators_secret = None).await.expect("a service")
    }

    /// Opens a service with this secret of operators.
    pub async fn with_secret(folder: Arc<tempfile::TempDir>, secret: &str) -> Result<(), OpenError> {
        Self::start(folder, unlimited(), |config| config.operators_secret = Some(secret.into())).await.map(drop)
    }

    /// Opens a service behind proxies in these networks.
    pub async fn open_behind(
        trusted_proxies: Networks,
        folder: Arc<tempfile::TempDir>,
        limits: Limits,
    ) -> Result<Self, OpenError> {
        Self::start(folder, limits, |config| config.trusted_proxies = trusted_proxies).await
    }

    async fn start(
        folder: Arc<tempfile::TempDir>,
        limits: Limits,
        configure: impl FnOnce(&mut Config),
    ) -> Result<Self, OpenError> {
        client::capture_logs();
        let keys = Arc::new(KeyServer {
            status: AtomicU16::new(200),
            key_id: Mutex::new("g1".to_owned()),
            requests: AtomicUsize::new(0),
            clock_seconds: AtomicI64::new(0),
            hangs: AtomicBool::new(false),
        });
        let clock = Arc::new(FixedClock::at(forge::now()));
        let google_keys_url = serve_keys(keys.clone(), clock.clone()).await;
        let fake = Arc::new(FakeActivations {
            plan: Mutex::new(Plan::Ready),
            calls: AtomicUsize::new(0),
            seen: Mutex::default(),
            moves: Mutex::default(),
            requested: Mutex::default(),
            systems_account_failure: Mutex::default(),
            retried: Mutex::default(),
        });
        let path = |name: &str| folder.path().join(name);
        let mut config = Config {
            google_keys_url,
            limits,
            operators_secret: Some(OPERATORS_SECRET.into()),
            ..Config::new(
                ORIGIN.to_owned().try_into().expect("an origin"),
                path("ledger"),
                path("audit"),
                path("roster.toml"),
            )
        };
        configure(&mut config);
        let service =
            Service::open(config, evidence::pinned(), fake.clone(), clock.clone(), Arc::new(SystemRandom)).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = Client(listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let served = service.clone();
        let ended = tokio::spawn(async move {
            muster_enroll::serve(served, listener, None, async move { drop(stopped.await) }).await;
        });
        Ok(Self { folder, service, client, clock, fake, keys, stop: Some(stop), ended })
    }

    /// Ends the service, and leaves its files.
    pub async fn close(mut self) -> Arc<tempfile::TempDir> {
        drop(self.stop.take());
        self.ended.await.expect("ended");
        self.folder
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_secs(seconds));
    }

    pub fn plan(&self, plan: Plan) {
        *self.fake.plan.lock().expect("not poisoned") = plan;
    }

    pub fn calls(&self) -> usize {
        self.fake.calls.load(Ordering::SeqCst)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn challenge(&self, provider: &str) -> Value {
        let answer = self.client.post("/enroll/v1/challenge", &json!({"provider": provider})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Enrolls with evidence that is made for a new challenge.
    pub async fn enroll(&self, provider: &str, evidence: impl FnOnce(&Value) -> Value) -> Answer {
        let challenge = self.challenge(provider).await;
        let evidence = evidence(&challenge);
        self.attest(body(challenge["challenge_id"].as_str().expect("an id"), provider, evidence)).await
    }

    pub async fn attest(&self, body: Value) -> Answer {
        self.client.post("/enroll/v1/attest", &body).await
    }

    /// Enrolls an instance of EC2.
    pub async fn enroll_ec2(&self, instance: &str, pending_time: &str) -> Answer {
        self.enroll("aws", |_| evidence::ec2(evidence::AWS_ACCOUNT, instance, pending_time)).await
    }

    /// All enrollments of a list, the latest change first.
    pub fn list(&self, list: Listed) -> Vec<Record> {
        let filter = EnrollmentFilter { list: Some(list), ..EnrollmentFilter::default() };
        let listed = self.service.enrollments(&filter).enrollments;
        let find = |id: String| self.service.find(&EnrollmentId::from(id.as_str())).expect("listed");
        listed.into_iter().map(|enrollment| find(enrollment.id)).collect()
    }

    /// Acts as the operator of the command line.
    pub async fn act(&self, id: &EnrollmentId, action: EnrollmentAction) -> Result<Record, ActionError> {
        self.service.act(id, action, &Principal::local(), &Source::default()).await
    }

    /// All lines of the audit log.
    pub fn audit(&self) -> String {
        read_all(&self.path("audit"))
    }
}

/// The texts of all files in a folder.
pub fn read_all(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| String::from_utf8_lossy(&std::fs::read(path).expect("readable")).into_owned()).collect()
}

async fn serve_keys(keys: Arc<KeyServer>, clock: Arc<FixedClock>) -> String {
    let answer = move || {
        let (keys, clock) = (keys.clone(), clock.clone());
        async move {
            keys.requests.fetch_add(1, Ordering::SeqCst);
            if keys.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let seconds = keys.clock_seconds.load(Ordering::SeqCst);
            clock.set(clock.now() + SignedDuration::from_secs(seconds));
            let status = StatusCode::from_u16(keys.status.load(Ordering::SeqCst)).expect("a status");
            let jwk = keys::rsa_jwk(&keys.key_id.lock().expect("not poisoned"), &keys::GENUINE);
            (status, format!(r#"{{"keys":[{jwk}]}}"#))
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/certs", get(answer))).await });
    format!("http://127.0.0.1:{}/certs", address.port())
}
