//! The hash chain of the audit log: manipulation is detected, and a crash does not prevent the next start.
//!
//! G.1 20, tampering and gaps → `detects_every_edited_byte`, `detects_removed_and_reordered_lines_at_their_position`,
//! `detects_a_removed_file`, `verifies_without_archived_files_only_after_their_last_hash`,
//! `detects_a_truncated_tail_by_the_expected_head`; `kill -9` →
//! `keeps_and_reports_a_truncated_line`, `a_killed_portal_has_recorded_every_answered_request`.

use crate::support::{
    process::{folder, muster, refused, succeeded},
    serving::{Serving, get_request, try_exchange},
};
use jiff::{SignedDuration, Timestamp};
use muster_audit::{
    Audit,
    error::AuditError,
    event::{Action, Event, Outcome},
    verify::{LineHash, Verified, verify, verify_after},
};
use muster_core::clock::{Clock, FixedClock};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at("2026-11-23T12:00:00Z".parse::<Timestamp>().expect("a time")))
}

fn event(number: usize) -> Event {
    Event::new(Action::Export, Outcome::Ok).object(&format!("list-{number}.csv")).rows(number as u64)
}

/// A folder with an audit log of three days, four lines each.
async fn three_days() -> tempfile::TempDir {
    let (folder, clock) = (tempfile::tempdir().expect("a folder"), clock());
    for day in 0..3 {
        let audit = Audit::open(folder.path(), clock.clone()).expect("an audit");
        for number in 0..3 {
            audit.record(event(day * 3 + number)).await.expect("recorded");
        }
        clock.set(clock.now() + SignedDuration::from_hours(24));
    }
    let verified = verify(folder.path(), None).expect("sound");
    assert_eq!((verified.lines, verified.files), (12, 3));
    folder
}

fn file(folder: &Path, day: u32) -> PathBuf {
    folder.join(format!("audit-202611{day}.jsonl"))
}

/// The file and line at which verification reports the first break.
fn broken_at(folder: &Path) -> (PathBuf, u64) {
    match verify(folder, None) {
        Err(AuditError::Broken { path, line, .. }) => (path, line),
        other => panic!("no break was reported: {other:?}"),
    }
}

#[tokio::test]
async fn detects_every_edited_byte() {
    let folder = three_days().await;
    for day in [23, 24, 25] {
        let path = file(folder.path(), day);
        let bytes = fs::read(&path).expect("bytes");
        // The line feed of the last line is not covered: the portal reports a truncated line when it starts.
        for position in 0..bytes.len() - 1 {
            let mut edited = bytes.clone();
            edited[position] ^= 1;
            fs::write(&path, &edited).expect("written");
            let (found, line) = broken_at(folder.path());
            let expected = bytes[..position].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            assert_eq!((&found, line), (&path, expected), "byte {position}");
        }
        fs::write(&path, &bytes).expect("written");
    }
    verify(folder.path(), None).expect("as it was");
}

#[tokio::test]
async fn detects_removed_and_reordered_lines_at_their_position() {
    let folder = three_days().await;
    let path = file(folder.path(), 24);
    let text = fs::read_to_string(&path).expect("text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for removed in 0..lines.len() {
        let rest: String =
            lines.iter().enumerate().filter(|(line, _)| *line != removed).map(|(_, line)| *line).collect();
        fs::write(&path, rest).expect("written");
        let last = removed == lines.len() - 1;
        let expected = if last { (file(folder.path(), 25), 1) } else { (path.clone(), removed as u64 + 1) };
        assert_eq!(broken_at(folder.path()), expected, "line {removed}");
    }
    for (one, other) in [(0, 1), (1, 3), (2, 3)] {
        let mut moved = lines.clone();
        moved.swap(one, other);
        fs::write(&path, moved.concat()).expect("written");
        assert_eq!(broken_at(folder.path()), (path.clone(), one as u64 + 1));
    }
    fs::write(&path, [text.as_str(), lines[0]].concat()).expect("written");
    assert_eq!(broken_at(folder.path()), (path, 5), "a repeated line");
}

#[tokio::test]
async fn detects_a_removed_file() {
    let folder = three_days().await;
    let (middle, last) = (file(folder.path(), 24), file(folder.path(), 25));
    let kept = fs::read(&middle).expect("bytes");
    fs::remove_file(&middle).expect("removed");
    assert_eq!(broken_at(folder.path()), (last.clone(), 1));
    let message = verify(folder.path(), None).expect_err("broken").to_string();
    assert!(
        message.contains("audit-20261125.jsonl") && message.contains("line 1") && message.contains("removed"),
        "{message}"
    );
    fs::write(&middle, kept).expect("written");
    fs::remove_file(file(folder.path(), 23)).expect("removed");
    assert!(matches!(verify(folder.path(), None), Err(AuditError::StartsMidChain { line: 4, .. })));
}

#[tokio::test]
async fn verifies_without_archived_files_only_after_their_last_hash() {
    let (folder, archive) = (three_days().await, tempfile::tempdir().expect("a folder"));
    let complete = verify(folder.path(), None).expect("sound");
    let [first, second] = [23, 24].map(|day| file(folder.path(), day));
    fs::rename(&first, file(archive.path(), 23)).expect("moved");
    let archived = verify(archive.path(), None).expect("sound");
    let message = verify(folder.path(), None).expect_err("the beginning is missing").to_string();
    assert!(message.contains(&format!("after line 4 with the hash {}", archived.head)), "{message}");
    assert!(message.contains(&format!("--after {}", archived.head)), "{message}");
    let remaining =
        verify_after(folder.path(), Some(archived.head), Some(complete.head)).expect("continues the archive");
    assert_eq!((remaining.lines, remaining.files, remaining.head), (8, 2, complete.head));
    // The expected head may be the last line of the archive.
    verify_after(folder.path(), Some(archived.head), Some(archived.head)).expect("continues the archive");
    for wrong in [complete.head, LineHash::NONE] {
        assert!(matches!(verify_after(folder.path(), Some(wrong), None), Err(AuditError::WrongStart { .. })));
    }
    // A second missing file is not covered by the hash at which the archive ends.
    let kept = fs::read(&second).expect("bytes");
    fs::remove_file(&second).expect("removed");
    assert!(matches!(verify_after(folder.path(), Some(archived.head), None), Err(AuditError::WrongStart { .. })));
    fs::write(&second, [b"{}\n", &kept[..]].concat()).expect("written");
    assert!(verify_after(folder.path(), Some(archived.head), None).is_err(), "an invalid line");
    fs::write(&second, &kept).expect("written");
    fs::rename(file(archive.path(), 23), &first).expect("moved back");
    assert!(matches!(verify_after(folder.path(), Some(archived.head), None), Err(AuditError::WrongStart { .. })));
    // The portal continues from the newest file.
    fs::remove_file(&first).expect("removed");
    drop(Audit::open(folder.path(), clock()).expect("it opens"));
    assert_eq!(verify_after(folder.path(), Some(archived.head), Some(complete.head)).expect("sound").lines, 9);
}

#[tokio::test]
async fn detects_a_truncated_tail_by_the_expected_head() {
    let folder = three_days().await;
    let Verified { head, .. } = verify(folder.path(), None).expect("sound");
    assert_eq!(verify(folder.path(), Some(head)).expect("there").head, head);
    let path = file(folder.path(), 25);
    let text = fs::read_to_string(&path).expect("text");
    let shorter: String = text.split_inclusive('\n').take(3).collect();
    fs::write(&path, shorter).expect("written");
    verify(folder.path(), None).expect("sound in itself");
    let message = verify(folder.path(), Some(head)).expect_err("cut off").to_string();
    assert!(message.contains(&head.to_string()) && message.contains("removed from its end"), "{message}");
    // After more lines, the old head is still in the chain.
    fs::write(&path, text).expect("written");
    let audit = Audit::open(folder.path(), clock()).expect("an audit");
    audit.record(event(99)).await.expect("recorded");
    assert_ne!(verify(folder.path(), Some(head)).expect("there").head, head);
}

#[tokio::test]
async fn keeps_and_reports_a_truncated_line() {
    let folder = three_days().await;
    let path = file(folder.path(), 25);
    let bytes = fs::read(&path).expect("bytes");
    let start = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines") + 1;
    for cut in (start + 1..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        fs::write(&path, &bytes[..cut]).expect("written");
        let audit = Audit::open(folder.path(), clock()).expect("an audit");
        audit.record(event(7)).await.expect("recorded");
        drop(audit);
        let text = fs::read_to_string(&path).expect("text");
        assert!(text.as_bytes().starts_with(&bytes[..cut]), "existing bytes were removed");
        let verified = verify(folder.path(), None).expect("sound");
        // All complete lines, the start and the record. A line that lacks only its line feed counts as complete.
        let is_whole = cut == bytes.len() - 1;
        assert_eq!(text.contains("torn_line"), !is_whole, "{cut}");
        assert_eq!(verified.lines, 14, "{cut}");
    }
    // The report of the truncated line is part of the chain.
    fs::write(&path, &bytes[..start + 40]).expect("written");
    drop(Audit::open(folder.path(), clock()).expect("an audit"));
    let mut edited = fs::read(&path).expect("bytes");
    edited[start + 20] ^= 1;
    fs::write(&path, &edited).expect("written");
    assert_eq!(broken_at(folder.path()), (path, 4));
}

#[tokio::test]
async fn refuses_a_tampered_audit_log_and_leaves_it_unchanged() {
    let folder = three_days().await;
    let path = file(folder.path(), 25);
    let mut bytes = fs::read(&path).expect("bytes");
    bytes[30] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let message = Audit::open(folder.path(), clock()).err().expect("tampered").to_string();
    assert!(message.contains("audit-20261125.jsonl") && message.contains("line 1"), "{message}");
    assert_eq!(fs::read(&path).expect("bytes"), bytes);
    // The newest file does not continue the one before it.
    fs::remove_file(&path).expect("removed");
    fs::remove_file(file(folder.path(), 24)).expect("removed");
    drop(Audit::open(folder.path(), clock()).expect("the oldest file is sound"));
    let other = three_days().await;
    fs::copy(file(other.path(), 25), &path).expect("copied");
    assert!(matches!(Audit::open(folder.path(), clock()), Err(AuditError::Broken { line: 1, .. })));
}

#[tokio::test]
async fn refuses_a_second_process_on_one_audit_log() {
    let folder = folder();
    let audit = Audit::open(&folder.path().join("audit"), clock()).expect("an audit");
    let export = ["export", "accounts", "--config", "muster.toml"];
    refused(&muster(folder.path(), &export, &[]), &["audit", "in use", "audit_dir"]);
    drop(audit);
    succeeded(&muster(folder.path(), &export, &[]));
    let verified = verify(&folder.path().join("audit"), None).expect("sound");
    assert_eq!(verified.lines, 3, "two starts and an export");
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_all_concurrent_records_in_files_private_to_the_portal() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("audit");
    let audit = Audit::open(&dir, clock()).expect("an audit");
    let records: Vec<_> = (0..500)
        .map(|number| {
            let audit = audit.clone();
            tokio::spawn(async move { audit.record(event(number)).await })
        })
        .collect();
    for record in records {
        record.await.expect("a task").expect("recorded");
    }
    let text = fs::read_to_string(file(&dir, 23)).expect("text");
    assert!((0..500).all(|number| text.matches(&format!("\"list-{number}.csv\"")).count() == 1));
    assert_eq!(verify(&dir, None).expect("sound").lines, 501);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&file(&dir, 23)), mode(&dir.join("lock"))), (0o700, 0o600, 0o600));
}

#[tokio::test]
async fn refuses_records_while_the_file_is_moved_away_and_then_resumes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, aside) = (folder.path().join("audit"), folder.path().join("aside"));
    let audit = Audit::open(&dir, clock()).expect("an audit");
    fs::rename(&dir, &aside).expect("moved");
    assert!(matches!(audit.record(event(1)).await, Err(AuditError::Unavailable { .. })));
    assert!(audit.check().await.is_err());
    fs::rename(&aside, &dir).expect("moved back");
    audit.check().await.expect("available again");
    audit.record(event(2)).await.expect("recorded");
    let text = fs::read_to_string(file(&dir, 23)).expect("text");
    assert!(text.contains("audit_available") && text.contains("list-2.csv") && !text.contains("list-1.csv"), "{text}");
    verify(&dir, None).expect("sound");
    // A line of another writer.
    fs::write(file(&dir, 23), [text.as_str(), "{}\n"].concat()).expect("written");
    assert!(audit.record(event(3)).await.is_err());
}

#[test]
fn the_verify_command_reports_the_head_and_where_the_chain_breaks() {
    let folder = folder();
    let verify = |more: &[&str]| {
        let arguments = [&["audit", "verify", "--config", "muster.toml"][..], more].concat();
        muster(folder.path(), &arguments, &[])
    };
    refused(&verify(&[]), &["no audit", "audit"]);
    succeeded(&muster(folder.path(), &["export", "accounts", "--config", "muster.toml"], &[]));
    let output = verify(&[]);
    succeeded(&output);
    let report = String::from_utf8(output.stdout).expect("text");
    let head = report.trim().rsplit(' ').next().expect("a head");
    assert!(report.starts_with("2 lines in 1 files"), "{report}");
    succeeded(&verify(&["--expect-head", head]));
    refused(&verify(&["--expect-head", &"0".repeat(64)]), &["removed from its end"]);
    refused(&verify(&["--expect-head", "x"]), &["64 hexadecimal digits"]);
    refused(&verify(&["--after", head]), &["does not start after the line", head]);
    let path = fs::read_dir(folder.path().join("audit")).expect("a folder").map(|file| file.expect("a file").path());
    let path = path.into_iter().find(|path| path.extension().is_some()).expect("a file");
    let text = fs::read_to_string(&path).expect("text");
    fs::write(&path, text.replace("\"local\"", "\"other\"")).expect("written");
    refused(&verify(&[]), &["line 2", "audit-"]);
}

/// Every answered request is recorded, at whatever time the process is killed.
#[test]
fn a_killed_portal_has_recorded_every_answered_request() {
    let folder = folder();
    let environment = [("MUSTER_HARVEST_INTERVAL_MINUTES", "0".to_owned())];
    let (mut answered, mut random) = (0, fastrand::Rng::with_seed(20));
    for round in 0..4 {
        let portal = Serving::start(folder.path(), &environment, None);
        let cookie = portal.sign_in();
        let (address, requests) = (portal.address.clone(), 40);
        let clients: Vec<_> = (0..2)
            .map(|client| {
                let (address, cookie) = (address.clone(), cookie.clone());
                std::thread::spawn(move || {
                    (0..requests)
                        .filter(|number| {
                            let path = format!("/export/instances.csv?q=r{round}c{client}n{number}e");
                            let answered = try_exchange(&address, &get_request(&cookie, &path));
                            answered.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
                        })
                        .map(|number| format!("q=r{round}c{client}n{number}e"))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(random.u64(20..400)));
        portal.kill();
        let queries: Vec<String> = clients.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect();
        let files =
            fs::read_dir(folder.path().join("audit")).expect("a folder").map(|file| file.expect("a file").path());
        let text: String = files.filter_map(|path| fs::read_to_string(path).ok()).collect();
        for query in &queries {
            assert!(text.contains(query), "{query} was answered and is not recorded");
        }
        answered += queries.len();
    }
    assert!(answered > 0, "no request was answered, so nothing was tested");
    drop(Serving::start(folder.path(), &environment, None).kill());
    verify(&folder.path().join("audit"), None).expect("sound");
}
