//! `muster demo` run as a process: it ends with the addresses, and prints nothing after them.

use super::process::{Running, command, muster, send_signal, succeeded, wait_for};
use muster_provision::Settings;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::Stdio,
};

#[test]
fn ends_with_the_addresses_and_stays_quiet() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("site/pkg");
    std::fs::create_dir_all(&site).expect("a folder of browser files");
    std::fs::write(site.join("app.js"), "").expect("written");
    let environment = [("MUSTER_SITE_DIR", folder.path().join("site").display().to_string())];
    let arguments = ["demo", "--estate", "small", "--listen", "127.0.0.1:0"];
    let mut command = command(folder.path(), &arguments, &environment);
    let mut demo = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));

    let stdout = BufReader::new(demo.0.stdout.take().expect("a pipe"));
    let mut lines = Vec::new();
    for line in stdout.lines() {
        lines.push(line.expect("a line"));
        // The second horizontal rule is the last line of the block.
        if lines.iter().filter(|line| line.starts_with('─')).count() == 2 {
            break;
        }
    }
    let text = lines.join("\n");
    for part in ["Portal: ", "Sign in as: ", "(customer)", "(operator)", "Manage portal: ", "Simulated AWS: "] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }

    let portal = text.split("Portal:").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address");
    let host = portal.trim_start_matches("http://").trim_end_matches('/');
    for path in ["/", "/sign-in", "/api/v1/instances", "/nothing"] {
        let answer = Browser::of(host).get(path);
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
    let manage =
        text.split("Manage portal:").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address");
    enrolls_a_machine(host, manage.trim_start_matches("http://").trim_end_matches('/'));
    let store = text.split("Store:").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a path").to_owned();
    succeeded(&muster(folder.path(), &["backup", "--store", &store, "copy.duckdb"], &[]));
    assert!(folder.path().join("copy.duckdb").is_file());
    send_signal(&demo.0, "TERM");
    assert!(demo.0.wait().expect("it ended").success());
    assert!(!Path::new(&store).exists(), "the temporary folder is left");
    let mut log = String::new();
    demo.0.stderr.take().expect("a pipe").read_to_string(&mut log).expect("its log");
    let unexpected: Vec<&str> = log.lines().filter(|line| !line.starts_with("Harvested ")).collect();
    assert!(unexpected.is_empty(), "{log}");
}

/// What a person does who starts a machine in the manage portal, and looks for it in the portal.
fn enrolls_a_machine(portal: &str, manage: &str) {
    let mut customer = Browser::of(manage);
    customer.post("/sign-in", "person=customer");
    customer.post("/machines", "provider=vmware");
    let page = wait_for("the machine registers", || {
        let page = customer.get("/");
        page.contains("demo-vcenter-2</th><td>It is enrolled as mi-").then_some(page)
    });
    // The first one waits for an operator.
    assert!(page.contains("demo-hall-1</th><td>It waits until an operator approves it"), "{page}");
    let mut operator = Browser::of(portal);
    operator.post("/sign-in/demo", "person=operator");
    let harvested = |name: &str| {
        let answer = operator.get(&format!("/api/v1/instances?q={name}"));
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        let list: Value = serde_json::from_str(&body[body.find('{')?..=body.rfind('}')?]).ok()?;
        list["rows"].get(0).cloned()
    };
    let row = wait_for("the portal has it", || harvested("demo-vcenter-2"));
    let group = Settings::default().groups[1].name.clone();
    assert_eq!(
        (&row["account_id"], &row["provider"], &row["patch_group"]),
        (&json!("demo-vcenter"), &json!("vmware"), &json!(group))
    );
}

/// A person's browser: it keeps the cookies of one host.
struct Browser {
    host: String,
    cookies: String,
}

impl Browser {
    fn of(host: &str) -> Self {
        Self { host: host.to_owned(), cookies: String::new() }
    }

    fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path}"), "", "")
    }

    fn post(&mut self, path: &str, form: &str) {
        let headers = format!(
            "origin: http://{}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            self.host,
            form.len()
        );
        let answer = self.send(&format!("POST {path}"), &headers, form);
        assert!(answer.starts_with("HTTP/1.1 303"), "{path}: {answer}");
        let set = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        self.cookies.extend(set.flat_map(|cookie| [cookie, "; "]));
    }

    fn send(&self, request: &str, headers: &str, body: &str) -> String {
        let Self { host, cookies } = self;
        // The manage portal's host is a name of this machine.
        let mut connection = TcpStream::connect(host.replace("localhost", "127.0.0.1")).expect("a connection");
        let text = format!(
            "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncookie: {cookies}\r\n{headers}\r\n{body}"
        );
        connection.write_all(text.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }
}
