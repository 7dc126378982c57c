//! A portal whose access file lets nobody in, or lets in whom it should not, does not start and says what to change.

use crate::support::process::{folder, muster, refused};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn write(folder: &Path, name: &str, text: &str, mode: u32) {
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// Starts `muster serve` with this behind the portal's address in the access file.
fn is_refused(access: &str, words: &[&str]) {
    let folder = folder();
    fs::create_dir_all(folder.path().join("site/pkg")).expect("a folder");
    fs::write(folder.path().join("site/pkg/app.js"), "").expect("written");
    write(folder.path(), "access.toml", &format!("public_url = \"https://vmm.example\"\n{access}"), 0o600);
    write(folder.path(), "ours", "a-secret-long-enough", 0o600);
    write(folder.path(), "everybodys", "a-secret-long-enough", 0o644);
    write(folder.path(), "short", "secret", 0o600);
    let environment = [("MUSTER_SITE_DIR", "site".to_owned()), ("MUSTER_LISTEN", "127.0.0.1:0".to_owned())];
    refused(&muster(folder.path(), &["serve", "--config", "muster.toml"], &environment), words);
    assert!(!folder.path().join("muster.duckdb").exists(), "it began with something");
}

#[test]
fn a_portal_that_nobody_can_sign_in_to_does_not_start() {
    is_refused("", &["nobody could sign in", "access.toml", "[oidc]", "[proxy]", "[break_glass]"]);
}

#[test]
fn a_proxy_that_could_be_anybody_is_refused() {
    let whole = "user_header = \"x-user\"\nroles_header = \"x-roles\"\n";
    let network = "trusted_proxies = [\"10.0.0.0/8\"]\n";
    let secret = |file: &str| format!("secret_header = \"x-secret\"\nsecret_file = \"{file}\"\n");
    let roles = "[proxy.roles]\nops = \"operator\"\n";
    let proxy = |rest: &[&str]| format!("[proxy]\n{whole}{}{roles}", rest.concat());
    is_refused(&proxy(&[&secret("ours")]), &["trusted_proxies"]);
    is_refused(&proxy(&["trusted_proxies = []\n", &secret("ours")]), &["trusted_proxies"]);
    is_refused(&proxy(&[network]), &["secret_header", "secret_file"]);
    is_refused(&proxy(&[network, &secret("missing")]), &["cannot read the secret", "missing"]);
    is_refused(&proxy(&[network, &secret("everybodys")]), &["mode 644", "chmod 600"]);
    is_refused(&proxy(&[network, &secret("short")]), &["fewer than 16"]);
    is_refused(&proxy(&["trusted_proxies = [\"0.0.0.0/0\"]\n", &secret("ours")]), &["every address"]);
    is_refused(&format!("[proxy]\n{whole}{network}{}", secret("ours")), &["[proxy.roles]"]);
}

#[test]
fn an_identity_provider_without_tls_secrecy_or_roles_is_refused() {
    let oidc = |rest: &str, roles: &str| {
        format!("[oidc]\nclient_id = \"muster\"\nrole_claim = \"groups\"\n{rest}[oidc.roles]\n{roles}")
    };
    let issuer = "issuer = \"https://id.example\"\n";
    let operator = "ops = \"operator\"\n";
    is_refused(&oidc("", operator), &["issuer"]);
    is_refused(&oidc("issuer = \"http://id.example\"\n", operator), &["http://id.example", "localhost only"]);
    is_refused(&oidc(&format!("{issuer}client_secret_file = \"everybodys\"\n"), operator), &["mode 644"]);
    is_refused(&oidc(&format!("{issuer}client_secret = \"x\"\n"), operator), &["client_secret"]);
    is_refused(&oidc(issuer, ""), &["[oidc.roles]"]);
    is_refused(&oidc(issuer, "ops = \"admin\"\n"), &["admin", "operator_with_output"]);
    is_refused(&oidc(issuer, "auditors = \"auditor\"\n"), &["auditor"]);
}
