//! The binary as a separate process, with a folder to run in and an AWS endpoint.

use muster_access::break_glass::password_hash;
use muster_simulator::{Estate, EstateSpec, Simulator};
use std::{
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The portal's public host and break-glass operator in these folders.
pub const HOST: &str = "127.0.0.1:8080";
pub const USER: &str = "root";
pub const PASSWORD: &str = "only-for-the-tests-of-this-binary";

pub const HARVEST: [&str; 3] = ["harvest", "--config", "muster.toml"];

/// Longer than any command takes, even on a busy computer.
const TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Environment variables of a process.
pub type Environment<'a> = [(&'a str, String)];

/// A command that runs the binary in `folder` with these environment variables only.
pub fn command(folder: &Path, arguments: &[&str], environment: &Environment) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    in_folder(&mut command, folder, environment).args(arguments);
    command
}

/// Sets the folder of a command and replaces its environment, except for `PATH`.
pub fn in_folder<'a>(command: &'a mut Command, folder: &Path, environment: &Environment) -> &'a mut Command {
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "us-east-1")
        .envs(environment.iter().map(|(name, value)| (name, value)))
}

/// Runs the binary. Fails if it does not end within a timeout.
pub fn muster(folder: &Path, arguments: &[&str], environment: &Environment) -> Output {
    let mut command = command(folder, arguments, environment);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let begun = Instant::now();
    let mut process = Running::start(&mut command);
    let (stdout, stderr) = (read_all(process.0.stdout.take()), read_all(process.0.stderr.take()));
    let status = loop {
        if let Some(status) = process.0.try_wait().expect("its end") {
            break status;
        }
        assert!(begun.elapsed() <= TIMEOUT, "`muster {}` does not end", arguments.join(" "));
        thread::sleep(POLL_INTERVAL);
    };
    Output { status, stdout: stdout.join().expect("its output"), stderr: stderr.join().expect("its errors") }
}

/// Sends a signal, such as `TERM`.
pub fn send_signal(process: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.id().to_string()]).status().expect("kill runs");
    assert!(status.success(), "cannot send SIG{name}");
}

/// Waits until something is there. Fails after a timeout.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        match found() {
            Some(found) => return found,
            None if begun.elapsed() > TIMEOUT => panic!("waited in vain for {what}"),
            None => thread::sleep(POLL_INTERVAL),
        }
    }
}

/// Reads a pipe in a thread, so that a full pipe does not block the process.
fn read_all(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.expect("a pipe").read_to_end(&mut bytes).expect("bytes");
        bytes
    })
}

pub fn refused(output: &Output, words: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

pub fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with a roster of the small estate and a configuration.
pub fn folder() -> tempfile::TempDir {
    folder_of(&Estate::new(&EstateSpec::named("small").expect("the small estate")))
}

/// A folder with a roster of this estate and a configuration.
pub fn folder_of(estate: &Estate) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let roster = muster_server::command::simulate::roster_toml(&estate.roster()).expect("a roster");
    std::fs::write(folder.path().join("roster.toml"), roster).expect("written");
    std::fs::write(folder.path().join("muster.toml"), "store = \"muster.duckdb\"\n").expect("written");
    let hash = password_hash(PASSWORD).expect("a hash");
    let access =
        format!("public_url = \"http://{HOST}\"\n[break_glass]\nuser = \"{USER}\"\npassword_hash = \"{hash}\"\n");
    let path = folder.path().join("access.toml");
    std::fs::write(&path, access).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    folder
}

/// The environment variables for a simulated AWS, without a limit of calls per second.
pub fn endpoint(simulator: &Simulator) -> [(&'static str, String); 4] {
    let keys = Simulator::operator_credentials();
    [
        ("AWS_ENDPOINT_URL", simulator.url()),
        ("AWS_ACCESS_KEY_ID", keys.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key),
        ("MUSTER_CALLS_PER_SECOND", "0".to_owned()),
    ]
}

/// A process that is killed when the test ends, however that ends. One that is left behind keeps the pipes of the test run
/// open, and its reader waits without end.
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
