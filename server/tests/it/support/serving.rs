//! `muster serve` as a separate process: starts it, sends requests over TCP, and collects its log.

use crate::support::process::{Environment, HOST, PASSWORD, Running, USER, in_folder, send_signal};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

const START_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Serving {
    pub address: String,
    process: Running,
    log: Arc<Mutex<String>>,
}

impl Serving {
    /// Starts the portal in a folder; `blocks` limits the size of its files, in blocks of 512 bytes.
    pub fn start(folder: &Path, environment: &Environment, blocks: Option<u32>) -> Self {
        fs::create_dir_all(folder.join("site/pkg")).expect("a folder");
        fs::write(folder.join("site/pkg/app.js"), "").expect("written");
        let limit = blocks.map_or(String::new(), |blocks| format!("trap '' XFSZ; ulimit -f {blocks}; "));
        let mut shell = Command::new("sh");
        let shell = in_folder(&mut shell, folder, environment)
            .args(["-c", &format!("{limit}exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_muster")])
            .args(["serve", "--config", "muster.toml"])
            .envs([("MUSTER_LISTEN", "127.0.0.1:0"), ("MUSTER_SITE_DIR", "site"), ("MUSTER_LOG_FORMAT", "json")])
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = Running::start(shell);
        let lines = BufReader::new(process.0.stderr.take().expect("a log"));
        let log = Arc::new(Mutex::new(String::new()));
        let (collected, (started, listens)) = (log.clone(), mpsc::channel());
        std::thread::spawn(move || {
            for line in lines.lines() {
                let line = line.expect("text");
                let json: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
                if let Some(address) = json["fields"]["listen.address"].as_str() {
                    let _ = started.send(address.to_owned());
                }
                let mut log = collected.lock().expect("a lock");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let address = listens.recv_timeout(START_TIMEOUT);
        let address = address.unwrap_or_else(|_| panic!("it did not start: {}", log.lock().expect("a lock")));
        Self { address, process, log }
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("a lock").clone()
    }

    pub fn get(&self, cookie: &str, path: &str) -> String {
        answer(&self.address, cookie, path)
    }

    pub fn sign_in(&self) -> String {
        sign_in(&self.address)
    }

    pub fn send_signal(&self, name: &str) {
        send_signal(&self.process.0, name);
    }

    /// Stops the process as a service manager does. Returns its log.
    pub fn stop(mut self) -> String {
        self.send_signal("TERM");
        assert!(self.process.0.wait().expect("it ended").success(), "{}", self.log());
        self.log()
    }

    /// Kills the process. Returns its log.
    pub fn kill(mut self) -> String {
        self.process.0.kill().expect("killed");
        self.process.0.wait().expect("it ended");
        self.log()
    }
}

/// The answer of a portal in another process, with its head.
pub fn answer(address: &str, cookie: &str, path: &str) -> String {
    exchange(address, &get_request(cookie, path))
}

pub fn get_request(cookie: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {HOST}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n")
}

/// Signs in as the break-glass operator. Returns the cookie.
pub fn sign_in(address: &str) -> String {
    let answer = post(address, "/sign-in/break-glass", &format!("user={USER}&password={PASSWORD}"));
    let cookie = answer.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next());
    cookie.unwrap_or_else(|| panic!("no cookie: {answer}")).to_owned()
}

/// Sends a form.
pub fn post(address: &str, path: &str, form: &str) -> String {
    exchange(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: {HOST}\r\norigin: http://{HOST}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{form}",
            form.len()
        ),
    )
}

pub fn exchange(address: &str, request: &str) -> String {
    try_exchange(address, request).expect("the portal answers")
}

/// Sends a request. If the portal is killed meanwhile, the answer is an error or truncated.
pub fn try_exchange(address: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
