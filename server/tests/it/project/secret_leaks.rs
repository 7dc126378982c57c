//! Secrets are planted in everything that a machine, an account or a person can send; then everything that the processes
//! leave behind is searched for them: every log line at the finest level, the store, the audit, pages, files.
//!
//! G.1 11 → `no_planted_secret_is_in_anything_that_is_left_behind`.

use crate::{
    harvest::wire_proxy::start_wire_proxy,
    support::{
        process::{HOST, PASSWORD, command, folder_of},
        serving::{Serving, exchange, post},
        world::World,
    },
};
use muster_simulator::Simulator;
use muster_store::{connection::Store, error::StoreError};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each is unique, so that a hit says where it came from.
const PARAMETER: &str = "planted-in-parameters-4f1c";
const PRINTED: &str = "planted-in-output-77ab";
const PRINTED_KEY_ID: &str = "AKIAPLANTEDINOUTPUT1";
const PRINTED_PRIVATE_KEY: &str = "plantedinaprivatekey0123456789";
const PRINTED_JWT: &str = "eyJhbGciOiJub25lIn0.eyJwbGFudGVkIjoxfQ.planted-jwt";
const WRONG_PASSWORD: &str = "planted-wrong-password-91";
const WRONG_USER: &str = "planted-password-in-the-user-field";
const AUTHORIZATION: &str = "planted-authorization-55";
const QUERY: &str = "planted-in-a-query-60";
const FOREIGN_COOKIE: &str = "planted-in-a-cookie-12";

/// The longest part of a session's token that two of them may share by chance.
const TOKEN_PART: usize = 24;

/// What machines print and people type into commands.
fn plant(operation: &str, answer: &mut Value) {
    let printed = format!(
        "starting\npassword={PRINTED}\nexport KEY={PRINTED_KEY_ID}\ntoken: {PRINTED_JWT}\nhttps://user:{PRINTED}@repo.test/\n\
         -----BEGIN RSA PRIVATE KEY-----\n{PRINTED_PRIVATE_KEY}\n-----END RSA PRIVATE KEY-----\nfailed"
    );
    match operation {
        "ListCommands" => {
            for command in answer["Commands"].as_array_mut().into_iter().flatten() {
                command["Parameters"]["commands"] = json!([format!("login --password {PARAMETER}")]);
                command["Comment"] = json!(PARAMETER);
            }
        }
        "ListCommandInvocations" => {
            for invocation in answer["CommandInvocations"].as_array_mut().into_iter().flatten() {
                invocation["Comment"] = json!(PARAMETER);
                for plugin in invocation["CommandPlugins"].as_array_mut().into_iter().flatten() {
                    plugin["Output"] = json!(printed);
                }
            }
        }
        "GetCommandInvocation" => {
            answer["StandardOutputContent"] = json!(printed);
            answer["StandardErrorContent"] = json!(printed);
            answer["Comment"] = json!(PARAMETER);
        }
        _ => {}
    }
}

/// Every file below a folder but those that hold secrets by their purpose.
fn left_behind(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push((path.clone(), fs::read(&path).unwrap_or_default())),
            }
        }
    }
    files
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_secret_is_in_anything_that_is_left_behind() {
    let world = World::small().await;
    world.skip_to_last_day();
    let (url, wire_proxy) = start_wire_proxy(&world.simulator).await;
    wire_proxy.alter(|operation, _, answer| plant(operation, answer));
    let folder = folder_of(&world.estate.read().expect("the estate"));
    let keys = Simulator::operator_credentials();
    let environment = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.clone()),
        ("MUSTER_CALLS_PER_SECOND", "0".to_owned()),
        ("MUSTER_HARVEST_INTERVAL_MINUTES", "0".to_owned()),
        ("MUSTER_LOG_FORMAT", "json".to_owned()),
        ("RUST_LOG", "trace".to_owned()),
    ];
    let (path, harvest) = (folder.path().to_owned(), environment.clone());
    let harvested = tokio::task::spawn_blocking(move || {
        let mut told = Vec::new();
        for _ in 0..3 {
            let output = command(&path, &["harvest", "--config", "muster.toml"], &harvest).output().expect("it runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            told.extend([output.stdout, output.stderr]);
        }
        told.concat()
    });
    let harvested = harvested.await.expect("harvested");
    let id = instance_that_printed(&folder.path().join("muster.duckdb")).await;
    let (path, session_tokens) = (folder.path().to_owned(), wire_proxy.session_tokens());
    let asked = tokio::task::spawn_blocking(move || ask(&path, &environment, &id)).await;
    let (cookie, shown, log) = asked.expect("asked");
    let token = cookie.split_once('=').expect("a pair").1;
    let mut secrets = vec![
        PARAMETER,
        PRINTED,
        PRINTED_KEY_ID,
        PRINTED_PRIVATE_KEY,
        PRINTED_JWT,
        WRONG_PASSWORD,
        WRONG_USER,
        AUTHORIZATION,
        FOREIGN_COOKIE,
        PASSWORD,
        token,
        keys.secret_access_key.as_str(),
    ];
    secrets.extend(session_tokens.iter().map(|token| &token[token.len().saturating_sub(TOKEN_PART)..]));
    let files = left_behind(folder.path());
    assert!(files.iter().any(|(path, _)| path.ends_with("muster.duckdb")), "there is no store");
    assert!(files.iter().any(|(path, bytes)| holds(bytes, "sign_in") && path.to_string_lossy().contains("audit-")));
    let named = files.iter().map(|(path, bytes)| (path.display().to_string(), bytes.as_slice()));
    let printed =
        [("the harvest's lines".to_owned(), harvested.as_slice()), ("the portal's log".to_owned(), log.as_bytes())];
    let answers = shown.iter().map(|(path, answer)| (path.clone(), answer.as_bytes()));
    for (place, bytes) in named.chain(printed).chain(answers) {
        for secret in &secrets {
            assert!(!holds(bytes, secret), "`{secret}` is in {place}");
        }
    }
    // What people search for is not in logs, though an export's filter is on record.
    assert!(!log.contains(QUERY) && files.iter().any(|(_, bytes)| holds(bytes, QUERY)));
    // The rest of what was planted around arrived: this has shown something.
    let page = shown.iter().find(|(path, _)| path.starts_with("/api/v1/instances/")).expect("an instance's answer");
    assert!(page.1.contains("[removed]"), "no command printed anything: {}", page.1);
    assert!(
        log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""),
        "the log was not at its finest"
    );
}

/// An instance of which it is known what a command printed on it.
async fn instance_that_printed(path: &Path) -> String {
    let store = Store::open(path).expect("a store");
    let read = store.read("an instance", |connection| {
        let sql = "SELECT instance_id FROM invocation_output ORDER BY instance_id LIMIT 1";
        connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::read("an instance"))
    });
    read.await.expect("an instance")
}

/// Everything that people do, the good and the bad. Gives the cookie, every answer and the log.
fn ask(folder: &Path, environment: &[(&str, String)], id: &str) -> (String, Vec<(String, String)>, String) {
    let portal = Serving::start(folder, environment, None);
    let cookie = portal.sign_in();
    let mut shown = vec![(
        "a wrong sign-in".to_owned(),
        post(&portal.address, "/sign-in/break-glass", &format!("user={WRONG_USER}&password={WRONG_PASSWORD}")),
    )];
    let address = &portal.address;
    let request = format!(
        "GET /instances?q={QUERY} HTTP/1.1\r\nhost: {HOST}\r\ncookie: {cookie}; other={FOREIGN_COOKIE}\r\n\
         authorization: Bearer {AUTHORIZATION}\r\nconnection: close\r\n\r\n"
    );
    exchange(address, &request);
    let stranger = format!(
        "GET /api/v1/instances HTTP/1.1\r\nhost: {HOST}\r\ncookie: muster={FOREIGN_COOKIE}\r\n\
         authorization: Bearer {AUTHORIZATION}\r\nconnection: close\r\n\r\n"
    );
    shown.push(("a stranger's answer".to_owned(), exchange(address, &stranger)));
    portal.get(&cookie, &format!("/export/instances.csv?q={QUERY}"));
    let paths = [
        "/".to_owned(),
        "/instances".to_owned(),
        "/customers".to_owned(),
        "/updates".to_owned(),
        "/updates/list".to_owned(),
        "/harvest".to_owned(),
        "/nowhere".to_owned(),
        format!("/api/v1/instances/{id}"),
        format!("/instances/{id}?tab=runs"),
        format!("/export/runs.csv?instance={id}"),
        "/export/instances.csv".to_owned(),
        "/export/updates.csv?format=jsonl".to_owned(),
        "/export/instances.csv?statsu=1".to_owned(),
    ];
    shown.extend(paths.map(|path| (path.clone(), portal.get(&cookie, &path))));

    (cookie, shown, portal.kill())
}
