//! The portal does not start with an access file under which nobody could sign in, or anybody could, and says what to change.

use crate::support::process::{folder, muster, refused};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn write_file(folder: &Path, name: &str, text: &str, mode: u32) {
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// Asserts that `muster serve` refuses an access file with these settings after `public_url`.
fn assert_serve_refuses(access: &str, words: &[&str]) {
    let folder = folder();
    fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder");
    fs::write(folder.path().join("site/pkg/app.js"), "").expect("written");
    write_file(folder.path(), "access.toml", &format!("public_url = \"https://vmm.example\"\n{access}"), 0o600);
    write_file(folder.path(), "private", "a-secret-long-enough", 0o600);
    write_file(folder.path(), "world-readable", "a-secret-long-enough", 0o644);
    write_file(folder.path(), "short", "secret", 0o600);
    let environment = [("MUSTER_SITE_DIR", "site".to_owned()), ("MUSTER_LISTEN", "127.0.0.1:0".to_owned())];
    refused(&muster(folder.path(), &["serve", "--config", "muster.toml"], &environment), words);
    assert!(!folder.path().join("muster.duckdb").exists(), "a store was created");
}

#[test]
fn refuses_to_start_without_a_way_to_sign_in() {
    assert_serve_refuses("", &["nobody could sign in", "access.toml", "[oidc]", "[proxy]", "[break_glass]"]);
}

#[test]
fn rejects_a_proxy_without_a_network_secret_or_roles() {
    let headers = "user_header = \"x-user\"\nroles_header = \"x-roles\"\n";
    let network = "trusted_proxies = [\"10.0.0.0/8\"]\n";
    let secret = |file: &str| format!("secret_header = \"x-secret\"\nsecret_file = \"{file}\"\n");
    let roles = "[proxy.roles]\nops = \"operator\"\n";
    let proxy = |rest: &[&str]| format!("[proxy]\n{headers}{}{roles}", rest.concat());
    assert_serve_refuses(&proxy(&[&secret("private")]), &["trusted_proxies"]);
    assert_serve_refuses(&proxy(&["trusted_proxies = []\n", &secret("private")]), &["trusted_proxies"]);
    assert_serve_refuses(&proxy(&[network]), &["secret_header", "secret_file"]);
    assert_serve_refuses(&proxy(&[network, &secret("missing")]), &["cannot read the secret", "missing"]);
    assert_serve_refuses(&proxy(&[network, &secret("world-readable")]), &["mode 644", "chmod 600"]);
    assert_serve_refuses(&proxy(&[network, &secret("short")]), &["fewer than 16"]);
    assert_serve_refuses(&proxy(&["trusted_proxies = [\"0.0.0.0/0\"]\n", &secret("private")]), &["every address"]);
    assert_serve_refuses(&format!("[proxy]\n{headers}{network}{}", secret("private")), &["[proxy.roles]"]);
}

#[test]
fn rejects_an_identity_provider_without_tls_a_private_secret_or_roles() {
    let oidc = |rest: &str, roles: &str| {
        format!("[oidc]\nclient_id = \"muster\"\nrole_claim = \"groups\"\n{rest}[oidc.roles]\n{roles}")
    };
    let issuer = "issuer = \"https://id.example\"\n";
    let operator = "ops = \"operator\"\n";
    assert_serve_refuses(&oidc("", operator), &["issuer"]);
    assert_serve_refuses(&oidc("issuer = \"http://id.example\"\n", operator), &["http://id.example", "localhost only"]);
    assert_serve_refuses(&oidc(&format!("{issuer}client_secret_file = \"world-readable\"\n"), operator), &["mode 644"]);
    assert_serve_refuses(&oidc(&format!("{issuer}client_secret = \"x\"\n"), operator), &["client_secret"]);
    assert_serve_refuses(&oidc(issuer, ""), &["[oidc.roles]"]);
    assert_serve_refuses(&oidc(issuer, "ops = \"admin\"\n"), &["admin", "operator_with_output"]);
    assert_serve_refuses(&oidc(issuer, "auditors = \"auditor\"\n"), &["auditor"]);
}

#[test]
fn rejects_trusted_proxies_that_are_everybody_together() {
    let halves = "trusted_proxies = [\"0.0.0.0/1\", \"128.0.0.0/1\"]\n";
    assert_serve_refuses(halves, &["access.toml", "contain all of 0.0.0.0/0"]);
}

#[test]
fn rejects_a_misspelt_variable_and_names_the_one_that_was_meant() {
    let folder = folder();
    let environment = [("MUSTER_LISTN", "127.0.0.1:0".to_owned())];
    let output = muster(folder.path(), &["harvest", "--config", "muster.toml"], &environment);
    refused(&output, &["MUSTER_LISTN", "did you mean MUSTER_LISTEN?"]);
}

#[test]
fn rejects_a_service_level_of_a_customer_without_an_account() {
    let folder = folder();
    fs::write(folder.path().join("levels.toml"), "[customer.c-10001]\ncritical = 3\n").expect("written");
    let environment = [("MUSTER_SERVICE_LEVELS", "levels.toml".to_owned())];
    let output = muster(folder.path(), &["harvest", "--config", "muster.toml"], &environment);
    refused(&output, &["service levels", "no account belongs to customer `c-10001`", "the nearest one is"]);
}

#[test]
fn prints_no_policy_that_trusts_everybody() {
    let folder = folder();
    let policy = |harvester: &str, external_id: &str| {
        muster(folder.path(), &["policy", "--harvester", harvester, "--external-id", external_id], &[])
    };
    let role = "arn:aws:iam::111122223333:role/muster";
    refused(&policy("*", "k3Jx0vVq8n2Lw5Ty"), &["--harvester `*`", "must name who may assume the role"]);
    refused(&policy(role, ""), &["--external-id", "empty"]);
    refused(&policy(role, "*"), &["--external-id", "letters, digits"]);
    assert!(policy(role, "k3Jx0vVq8n2Lw5Ty").status.success());
}

#[test]
fn refuses_a_region_that_is_none_with_its_account() {
    let folder = folder();
    let path = folder.path().join("roster.toml");
    let roster = fs::read_to_string(&path).expect("a roster");
    fs::write(&path, roster.replacen("us-east-1", "us-east-1a", 1)).expect("written");
    let output = muster(folder.path(), &["harvest", "--config", "muster.toml"], &[]);
    refused(&output, &["account `", "`us-east-1a` is not a Region", "zone of the Region us-east-1"]);
}
