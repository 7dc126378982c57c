//! `muster demo` run as a process: it ends with the addresses, and prints nothing after them.

use super::process::{Running, command, muster, send_signal, succeeded};
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
        let mut connection = TcpStream::connect(host).expect("a connection");
        write!(connection, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    }
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
