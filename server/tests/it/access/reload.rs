//! The access file of a running portal: a change applies without a restart and signs nobody out, except those whose way to
//! sign in was removed; an invalid file is refused, with its line, and changes nothing.

use crate::support::{
    process::{PASSWORD, USER, folder, wait_for},
    serving::{Serving, post},
};
use muster_access::break_glass::password_hash;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// How often a portal said something in its log.
fn said(portal: &Serving, words: &str) -> usize {
    portal.log().matches(words).count()
}

/// Whether a cookie is that of a session.
fn is_signed_in(portal: &Serving, cookie: &str) -> bool {
    portal.get(cookie, "/harvest").starts_with("HTTP/1.1 200")
}

fn can_sign_in(portal: &Serving) -> bool {
    post(&portal.address, "/sign-in/break-glass", &format!("user={USER}&password={PASSWORD}")).contains("set-cookie: ")
}

/// A portal that does not harvest, with its folder and access file.
fn start() -> (tempfile::TempDir, Serving, String) {
    let folder = folder();
    let portal = Serving::start(folder.path(), &[("MUSTER_HARVEST_INTERVAL_MINUTES", "0".to_owned())], None);
    let access = fs::read_to_string(folder.path().join("access.toml")).expect("the access file");
    (folder, portal, access)
}

/// Writes a file and sends SIGHUP. Returns once the portal has logged that with these words.
fn change(portal: &Serving, path: &Path, text: &str, words: &str) {
    let before = said(portal, words);
    fs::write(path, text).expect("written");
    portal.send_signal("HUP");
    wait_for(words, || (said(portal, words) > before).then_some(()));
}

const READ: &str = "read the access file again";
const REFUSED: &str = "What was read before of the access file stays in use";

#[test]
fn nobody_is_signed_out_by_a_change_unless_their_way_to_sign_in_is_removed() {
    let (folder, portal, access) = start();
    let path = folder.path().join("access.toml");
    let cookie = portal.sign_in();
    assert!(is_signed_in(&portal, &cookie));
    for text in [
        access.clone(),
        format!("trusted_proxies = [\"10.1.0.0/16\"]\n{access}"),
        format!(
            "{access}[oidc]\nissuer = \"https://id.example\"\nclient_id = \"vmm\"\nrole_claim = \"groups\"\n\
             [oidc.roles]\nops = \"operator\"\n"
        ),
        access.replace(
            &access[access.find("$argon2id").expect("a hash")..],
            &format!("{}\"\n", password_hash("another-password-of-this-user").expect("a hash")),
        ),
    ] {
        change(&portal, &path, &text, READ);
        assert!(is_signed_in(&portal, &cookie), "{text}");
        assert_eq!(portal.get("", "/sign-in").contains("/sign-in/oidc"), text.contains("[oidc]"), "{text}");
    }
    assert!(!can_sign_in(&portal), "the old password");
    change(&portal, &path, &access.replace(&format!("\"{USER}\""), "\"other\""), READ);
    assert!(!is_signed_in(&portal, &cookie), "the user was removed");
}

#[test]
fn an_invalid_access_file_is_refused_and_changes_nothing() {
    let (folder, portal, access) = start();
    let path = folder.path().join("access.toml");
    let cookie = portal.sign_in();
    let line = access.lines().count() + 1;
    for (text, words) in [
        (format!("{access}passwort = 1\n"), format!("line {line}")),
        (format!("{access}[oidc\n"), format!("line {line}")),
        ("public_url = \"http://127.0.0.1:8080\"\n".to_owned(), "nobody could sign in".to_owned()),
        (access.replace("http://", "ftp://"), "line 1".to_owned()),
        (String::new(), "public_url".to_owned()),
    ] {
        let before = said(&portal, &words);
        change(&portal, &path, &text, REFUSED);
        assert!(said(&portal, &words) > before, "`{words}` is not in {}", portal.log());
        assert!(is_signed_in(&portal, &cookie) && can_sign_in(&portal), "{text}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    change(&portal, &path, &access, REFUSED);
    assert!(portal.log().contains("mode 644") && can_sign_in(&portal));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    change(&portal, &path, &access, READ);
    assert!(is_signed_in(&portal, &cookie));
}

#[test]
fn a_change_is_noticed_without_a_signal_and_the_roster_says_its_line() {
    let (folder, portal, access) = start();
    let cookie = portal.sign_in();
    fs::write(folder.path().join("access.toml"), format!("{access}\n# changed\n")).expect("written");
    wait_for(READ, || (said(&portal, READ) > 0).then_some(()));
    let path = folder.path().join("roster.toml");
    let roster = fs::read_to_string(&path).expect("the roster");
    let second = roster.match_indices("account_id").nth(1).expect("a second account").0;
    let broken = format!("{}{}", &roster[..second], roster[second..].replacen("arn:aws:iam::", "arn:aws:iam::9", 1));
    fs::write(&path, broken).expect("written");
    let refused = "stays in use";
    wait_for(refused, || (said(&portal, refused) > 0).then_some(()));
    let line = roster[..second].lines().count() + 1;
    assert!(portal.log().contains(&format!("(line {line} of `roster.toml`)")), "{}", portal.log());
    assert!(is_signed_in(&portal, &cookie), "{}", portal.log());
    // It is logged once, not at every check.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(said(&portal, refused), 1);
    fs::write(&path, &roster).expect("written");
    wait_for("the roster", || (said(&portal, "read the roster") > 0).then_some(()));
    let log = portal.stop();
    assert!(log.contains("0 accounts were added, 0 removed and 0 changed"), "{log}");
}
