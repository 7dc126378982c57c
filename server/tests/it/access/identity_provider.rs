//! A real, certified OpenID provider (panva's, from npm) in a process of its own, and a portal that signs people in with it.

use crate::support::{
    process::Running,
    world::{harvested, state_of},
};
use muster_access::{assignments::Assignments, file};
use muster_core::clock::OffsetClock;
use muster_web::{
    sign_in::{SignIn, oidc_flow::OidcFlow},
    state::ServerState,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

const CLIENT: &str = "muster";
const SECRET: &str = "a-secret-of-this-test-alone";
const START_TIME_MAX: Duration = Duration::from_secs(60);

pub struct IdentityProvider {
    process: Running,
    pub port: u16,
}

impl IdentityProvider {
    pub fn start() -> Self {
        Self::with("RS256", 0)
    }

    /// Starts a provider that signs with a new key for `algorithm`; port 0 is any free port.
    pub fn with(algorithm: &str, port: u16) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end");
        assert!(
            folder.join("node_modules/oidc-provider/package.json").is_file(),
            "the identity provider of these tests is not installed: run `make setup`"
        );
        let mut node = Command::new("node");
        node.arg("fixtures/oidc_provider.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = Running::start(&mut node);
        let settings = json!({
            "port": port,
            "algorithm": algorithm,
            "client": {
                "client_id": CLIENT,
                "client_secret": SECRET,
                "redirect_uris": ["https://vmm.example/sign-in/oidc/callback"],
            },
            "accounts": people(),
        });
        // The provider runs until its input is closed.
        writeln!(process.0.stdin.as_mut().expect("its input"), "{settings}").expect("its settings");
        let (sender, receiver) = mpsc::channel();
        let output = BufReader::new(process.0.stdout.take().expect("its output"));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(port) = line.strip_prefix("port ") {
                    // After a timeout the receiver no longer exists.
                    let _ = sender.send(port.parse().expect("a port"));
                }
            }
        });
        let port = receiver.recv_timeout(START_TIME_MAX).expect("the identity provider starts");
        Self { process, port }
    }

    pub fn stop(&mut self) {
        self.process.0.kill().expect("killed");
        self.process.0.wait().expect("an exit status");
    }

    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Two customers of the estate, in the order of their ids.
pub fn customers() -> [String; 2] {
    let mut ids: Vec<String> = harvested().estate.roster().iter().map(|account| account.customer_id.clone()).collect();
    ids.sort();
    ids.dedup();
    [ids[0].clone(), ids[1].clone()]
}

fn people() -> Value {
    let [own, other] = customers();
    json!({
        "root": { "name": "Rut Holm", "groups": ["staff", "vmm-root"] },
        "op": { "name": "Sam Okafor", "groups": "vmm-operators" },
        "am": { "name": "Noor Haddad", "groups": ["vmm-managers"], "company": other },
        "cu": { "name": "Ada Lind", "groups": ["vmm-customers"], "company": own },
        "cu2": { "name": "Bo Ek", "groups": ["vmm-customers"], "company": [own, other] },
        "other-groups": { "name": "Eve", "groups": ["VMM-OPERATORS", "vmm-operators,vmm-root", "operator"] },
        "no-customer": { "name": "Olle", "groups": ["vmm-customers"] },
        "no-claims": {},
    })
}

/// A portal whose access file names an identity provider.
pub struct Portal {
    pub state: ServerState,
    pub clock: Arc<OffsetClock>,
    pub folder: tempfile::TempDir,
}

impl Portal {
    pub fn of(provider: &IdentityProvider) -> Self {
        Self::with(&provider.issuer(), SECRET)
    }

    pub fn with(issuer: &str, secret: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write_private(folder.path().join("client.secret"), &format!("{secret}\n"));
        let [own, other] = customers();
        std::fs::write(folder.path().join("assignments.csv"), format!("subject,customer_id\nam,{own}\nsb,{other}\n"))
            .expect("assignments");
        let path = write_private(
            folder.path().join("access.toml"),
            &format!(
                r#"
                public_url = "https://vmm.example"
                assignments = "assignments.csv"
                [oidc]
                issuer = "{issuer}"
                client_id = "{CLIENT}"
                client_secret_file = "client.secret"
                scopes = ["profile"]
                role_claim = "groups"
                customers_claim = "company"
                [oidc.roles]
                vmm-root = "operator_with_output"
                vmm-operators = "operator"
                vmm-managers = "account_manager"
                vmm-customers = "customer"
                "#
            ),
        );
        let file = file::read(&path).expect("the access file");
        let assignments = Assignments::of_file(&file.assignments.expect("assignments")).expect("assignments");
        // The provider issues tokens in real time, so the clock of the portal starts there; tests advance it.
        let clock = Arc::new(OffsetClock::default());
        let oidc = OidcFlow::new(file.oidc.expect("[oidc]"), &file.public_url, clock.clone()).expect("an OIDC flow");
        let sign_in = SignIn::new(file.public_url, assignments, clock.clone()).with_oidc(Some(oidc));
        Self { state: state_of(&harvested().source, sign_in), clock, folder }
    }
}

/// A file that only this user can read.
pub fn write_private(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    path
}
