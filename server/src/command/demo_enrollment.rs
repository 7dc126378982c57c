//! The demo's enrollment server, and machines that enroll with it while the demo runs. A machine does what the start-up script and the
//! SSM Agent do, with the token of its operator as evidence: the demo's clock is the estate's, and tokens are dated by it.

use super::{enrolled_accounts, signing_key};
use anyhow::{Context as _, bail, ensure};
use http::{Method, Request, header::CONTENT_TYPE, header::HOST};
use jsonwebtoken::EncodingKey;
use muster_access::{
    fetch::{Bounds, Fetcher},
    public_url::PublicUrl,
};
use muster_attest::signed_token::{TokenClaims, sign};
use muster_collect::events::EventTarget;
use muster_core::clock::SharedClock;
use muster_enroll::{
    config::{Config, EC2_AGE_MAX, PinnedAttestors},
    provisioning::{Pace, Provisioning},
    random::{self, SystemRandom},
    registry::LabelNames,
    service::Service,
};
use muster_harvest::{due_targets::DueTargets, organization::Organization};
use muster_model::enrollment::SECRET_BYTES_MIN;
use muster_provision::{Creation, MemoryLedger, Provisioner, Settings};
use muster_simulator::Simulator;
use muster_web::{enrollment::client::EnrollmentClient, run::listen};
use p256::pkcs8::LineEnding;
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const ISSUER: &str = "urn:muster:demo";
const KEY_ID: &str = "demo";
const REGION: &str = "us-east-1";
const TOKEN_ID_CHARS: usize = 32;
const TOKEN_SECONDS: i64 = 3_600;
/// Between two attempts of a machine. The start-up script waits as long as the server says, which is longer.
const PAUSE: Duration = Duration::from_secs(2);
/// The same while it waits for a person: the server allows each identity an attempt in ten seconds.
const APPROVAL_PAUSE: Duration = Duration::from_secs(10);
/// The most machines that one demo enrolls: the quota of its customer.
const MACHINES_MAX: usize = 20;
/// How long a machine waits for one answer, and the longest answer.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(30), bytes: 64 * 1024 };

/// An account in which machines enroll.
#[derive(Clone, Copy, Debug)]
pub struct DemoAccount {
    /// The code of the provider.
    pub provider: &'static str,
    /// What is started there, in words.
    pub machine: &'static str,
    id: &'static str,
    name: &'static str,
    approval: &'static str,
}

const VMWARE: DemoAccount = DemoAccount {
    provider: "vmware",
    machine: "a VMware machine",
    id: "demo-vcenter",
    name: "Demo vCenter",
    approval: "none",
};
/// Operators approve its systems account.
pub const DEDICATED: DemoAccount = DemoAccount {
    provider: "dedicated",
    machine: "a dedicated server",
    id: "demo-hall",
    name: "Demo hall",
    approval: "systems_account",
};
pub const ACCOUNTS: [DemoAccount; 2] = [VMWARE, DEDICATED];

impl DemoAccount {
    /// The account in the roster, with the issuer of its tokens.
    fn roster(self, customer: &str, keys: &str) -> String {
        let Self { provider, id, name, approval, .. } = self;
        format!(
            "[[account]]\nprovider = \"{provider}\"\naccount_id = \"{id}\"\naccount_name = \"{name}\"\ncustomer_id = {customer}\n\
             enrollment = {{ region = \"{REGION}\", approval = \"{approval}\" }}\n\
             [[issuer]]\nname = \"{ISSUER}:{provider}\"\nprovider = \"{provider}\"\naccounts = [\"{id}\"]\njwks = '{keys}'\n"
        )
    }
}

/// A machine that enrolls or has enrolled.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: String,
    pub account: DemoAccount,
    /// What happened last, in words.
    pub said: String,
    pub is_done: bool,
}

/// Whose machines enroll.
pub struct Customer {
    pub id: String,
    pub name: String,
}

pub struct DemoEnrollment {
    origin: String,
    aws: String,
    customer: Customer,
    /// The operator's private key, PKCS#8 in PEM.
    key: String,
    clock: SharedClock,
    fetcher: Fetcher,
    pub client: Arc<EnrollmentClient>,
    organization: Organization,
    due: Arc<DueTargets>,
    machines: Mutex<Vec<Machine>>,
    _folder: tempfile::TempDir,
}

/// An answer of the enrollment server to an attempt.
enum Answer {
    Activation { id: String, code: String },
    Later(String, Duration),
}

impl DemoEnrollment {
    /// Starts a server for one customer. Accounts that are ready are expected by `organization`, and due when a machine has registered.
    pub async fn start(
        simulator: &Simulator,
        customer: Customer,
        clock: SharedClock,
        organization: Organization,
        due: Arc<DueTargets>,
    ) -> anyhow::Result<Arc<Self>> {
        let folder = tempfile::Builder::new().prefix("muster-demo-").tempdir()?;
        let pkcs8 = signing_key::generate()?;
        let keys = signing_key::public_keys(&EncodingKey::from_ec_der(pkcs8.as_bytes()), KEY_ID)?.to_string();
        let roster = folder.path().join("roster.toml");
        std::fs::write(&roster, roster_text(&customer, &keys))?;
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let public_url = PublicUrl::try_from(origin.clone()).map_err(anyhow::Error::msg)?;
        let settings = Settings::default();
        let secret = random::text(&SystemRandom, SECRET_BYTES_MIN)?;
        let config = Config::new(public_url, folder.path().join("ledger"), folder.path().join("audit"), roster);
        let config =
            Config { operators_secret: Some(secret.clone().into()), patch_groups: (&settings).into(), ..config };
        let provisioner = Provisioner::new(
            super::simulate::connector(simulator).await,
            settings,
            Creation::parse(&format!(
                "harvester = \"{}\"\nemail = \"aws+{{account}}@example.com\"",
                Simulator::operator_arn()
            ))?,
            MemoryLedger::default(),
            clock.clone(),
        );
        let provisioning = Provisioning::new(provisioner, clock.clone(), Pace::default());
        let attestors = PinnedAttestors::from_files(None, None, EC2_AGE_MAX)?;
        let service =
            Service::open(config, attestors, Arc::new(provisioning.clone()), clock.clone(), Arc::new(SystemRandom))
                .await?;
        tokio::spawn(provisioning.follow(service.clone()));
        tokio::spawn(muster_enroll::serve(service, listener, None, std::future::pending()));
        Ok(Arc::new(Self {
            client: Arc::new(EnrollmentClient::new(&origin, secret.into(), clock.clone())?),
            origin,
            aws: simulator.url(),
            customer,
            key: pkcs8.to_pem("PRIVATE KEY", LineEnding::LF).context("the key cannot be written as PEM")?.to_string(),
            clock,
            fetcher: Fetcher::new(true, BOUNDS)?,
            organization,
            due,
            machines: Mutex::default(),
            _folder: folder,
        }))
    }

    /// The machines so far, the newest first.
    pub fn machines(&self) -> Vec<Machine> {
        self.lock().iter().rev().cloned().collect()
    }

    /// Starts a machine, which enrolls in the background.
    pub fn enroll(self: &Arc<Self>, account: DemoAccount) {
        let index = {
            let mut machines = self.lock();
            if machines.len() >= MACHINES_MAX {
                return;
            }
            let name = format!("{}-{}", account.id, machines.len() + 1);
            machines.push(Machine { name, account, said: "It starts.".to_owned(), is_done: false });
            machines.len() - 1
        };
        let machine = self.clone();
        tokio::spawn(async move {
            let said = match machine.run(index).await {
                Ok(instance) => {
                    format!("It is enrolled as {instance}, and in the portal after the next harvest, in some seconds.")
                }
                Err(error) => format!("It gave up: {error:#}"),
            };
            machine.say(index, said, true);
        });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Machine>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, index: usize, said: String, is_done: bool) {
        if let Some(machine) = self.lock().get_mut(index) {
            (machine.said, machine.is_done) = (said, is_done);
        }
    }

    /// What the start-up script does at each boot, and then the agent. Returns the managed node's id.
    async fn run(&self, index: usize) -> anyhow::Result<String> {
        let machine = self.lock().get(index).cloned().context("there is no such machine")?;
        let uuid = format!("00000000-0000-4000-8000-{index:012}");
        let group = Settings::default().groups[index % 3].name.clone();
        let (id, code) = loop {
            match self.attempt(&machine, &uuid, &group).await? {
                Answer::Activation { id, code } => break (id, code),
                Answer::Later(why, pause) => {
                    self.say(index, why, false);
                    tokio::time::sleep(pause).await;
                }
            }
        };
        let body = json!({"ActivationId": id, "ActivationCode": code, "PublicKeyType": "Rsa", "PublicKey": "key", "Fingerprint": uuid});
        let registered = self.agent_request("RegisterManagedInstance", &body).await?;
        let instance = registered["InstanceId"].as_str().context("the registration has no id")?.to_owned();
        let report = json!({
            "InstanceId": instance, "AgentName": "amazon-ssm-agent", "AgentStatus": "Active", "AgentVersion": "3.3.3050.0",
            "ComputerName": machine.name, "IPAddress": format!("10.20.0.{}", index + 10), "PlatformType": "Linux",
            "PlatformName": "Ubuntu", "PlatformVersion": "24.04",
        });
        self.agent_request("UpdateInstanceInformation", &report).await?;
        self.harvest_soon(machine.account).await?;
        Ok(instance)
    }

    /// A challenge, and the machine's token for it.
    async fn attempt(&self, machine: &Machine, uuid: &str, group: &str) -> anyhow::Result<Answer> {
        let provider = machine.account.provider;
        let (_, challenge) = self.post("challenge", &json!({ "provider": provider })).await?;
        let (labels, now) = (LabelNames::default(), self.clock.now().as_second());
        let claims = TokenClaims {
            issuer: format!("{ISSUER}:{provider}"),
            audience: format!("{}/enroll/v1", self.origin),
            instance: uuid.to_owned(),
            bios_uuid: Some(uuid.to_owned()),
            moref: Some("vm-42".to_owned()),
            account: machine.account.id.to_owned(),
            customer: self.customer.id.clone(),
            labels: Some([(labels.patching, "true".to_owned()), (labels.patch_group, group.to_owned())].into()),
            token_id: random::text(&SystemRandom, TOKEN_ID_CHARS)?,
            issued_at: now,
            not_before: now,
            expires_at: now + TOKEN_SECONDS,
        };
        let body = json!({
            "challenge_id": challenge["challenge_id"],
            "provider": provider,
            "evidence": { "token": sign(&self.key, KEY_ID, &claims)? },
            "os": { "id": "ubuntu", "version": "24.04", "architecture": "x86_64" },
            "labels": {},
        });
        let (status, answer) = self.post("attest", &body).await?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let (Some(id), Some(code)) = (text(&answer["activation_id"]), text(&answer["activation_code"])) {
            return Ok(Answer::Activation { id, code });
        }
        let message = answer["error"]["message"].as_str().unwrap_or("the server's answer is not understood");
        let (why, pause) = match (status, answer["reason"].as_str()) {
            (200, Some("approval")) => {
                ("It waits until an operator approves it, in the portal under Enrollment.", APPROVAL_PAUSE)
            }
            (200, _) => ("Its systems account is being created.", PAUSE),
            (429 | 503, _) => (message, APPROVAL_PAUSE),
            _ => bail!("{message}"),
        };
        Ok(Answer::Later(why.to_owned(), pause))
    }

    /// Makes the account of the machine due.
    async fn harvest_soon(&self, account: DemoAccount) -> anyhow::Result<()> {
        let ready = enrolled_accounts::expect_ready(&self.client, &self.organization).await;
        let ready = ready.map_err(|_| anyhow::anyhow!("the enrollment server does not answer"))?;
        let of_machine = ready.into_iter().filter(|one| one.account_id == account.id);
        for systems_account in of_machine.filter_map(|one| one.systems_account) {
            self.due.add(EventTarget { systems_account, region: REGION.to_owned() });
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let request = Request::builder().method(Method::POST).uri(format!("{}/enroll/v1/{path}", self.origin));
        self.send(request.header(CONTENT_TYPE, "application/json").body(body.to_string().into_bytes())?).await
    }

    /// A request as the agent sends it before it has a key: without a signature.
    async fn agent_request(&self, operation: &str, body: &Value) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/", self.aws))
            .header(HOST, format!("ssm.{REGION}.amazonaws.com"))
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AmazonSSM.{operation}"))
            .body(body.to_string().into_bytes())?;
        let (status, answer) = self.send(request).await?;
        ensure!(status == 200, "{operation}: {answer}");
        Ok(answer)
    }

    async fn send(&self, request: Request<Vec<u8>>) -> anyhow::Result<(u16, Value)> {
        let answer = self.fetcher.send(request).await?;
        Ok((answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default()))
    }
}

/// A roster with all accounts.
fn roster_text(customer: &Customer, keys: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let (id, name) = (quoted(&customer.id), quoted(&customer.name));
    let accounts: String = ACCOUNTS.into_iter().map(|account| account.roster(&id, keys)).collect();
    format!(
        "[[customer]]\nid = {id}\nname = {name}\ninstances_max = {MACHINES_MAX}\nsystems_accounts_max = 2\n{accounts}"
    )
}
