//! The ledger in files of its own.

use super::*;
use crate::registry::Quotas;
use muster_attest::identity::{Facts, Provider};
use muster_audit::chain::LineHash;
use std::fs;

fn identity(number: usize) -> Identity {
    Identity {
        provider: Provider::Aws,
        account: "123456789012".to_owned(),
        instance: format!("i-{number:08}"),
        location: None,
        facts: Facts::Ec2 { pending_time: now(), image_id: None, instance_type: None, availability_zone: None },
    }
}

fn account() -> Account {
    Account {
        provider: Provider::Aws,
        id: "123456789012".parse().expect("an id"),
        name: "123456789012".to_owned(),
        customer: "acme".to_owned(),
        customer_name: "acme".to_owned(),
        quotas: Quotas { instances_max: 1_000, systems_accounts_max: 1 },
        project_number: None,
        cloud: Default::default(),
        existing: None,
        region: "eu-west-1".to_owned(),
        approval: Approval::None,
    }
}

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().expect("a time")
}

fn open(folder: &Path, expected: Expected) -> Result<Ledger, LedgerError> {
    Ledger::open_compacting(folder, expected, now(), 2)
}

fn begin(ledger: &Ledger, number: usize) -> Result<Begun, BeginError> {
    let labels = Labels { wants_patching: true, patch_group: "late".to_owned(), note: None };
    let id = EnrollmentId::new(&format!("n{number}"));
    let identity = identity(number);
    ledger.begin(&Request { identity: &identity, account: &account(), labels: &labels, id, now: now() })
}

fn enroll(ledger: &Ledger, number: usize) {
    let Ok(Begun::Activate(_, in_flight)) = begin(ledger, number) else { panic!("not begun: {number}") };
    ledger.finish(&in_flight, &End::AlreadyRegistered, now()).expect("finished");
}

fn list(ledger: &Ledger, state: State) -> Vec<Record> {
    ledger.list(|record| record.state == state, usize::MAX).0
}

fn is_enrolled(ledger: &Ledger, number: usize) -> bool {
    matches!(begin(ledger, number), Err(BeginError::Refused(EnrollError::AlreadyEnrolled(_))))
}

fn bytes(folder: &Path) -> Vec<u8> {
    fs::read(folder.join(file::FILE_NAME)).expect("a ledger")
}

/// A process that is killed while it writes leaves any part of its last line.
#[test]
fn every_part_of_a_last_line_is_removed_and_every_whole_line_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    enroll(&ledger, 1);
    let before = bytes(path).len();
    let audited = Some(ledger.position());
    enroll(&ledger, 2);
    drop(ledger);
    let whole = bytes(path);
    // Enrolling takes two lines: both are cut at each byte.
    let first_line_end = before + whole[before..].iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for length in before..=whole.len() {
        fs::write(path.join(file::FILE_NAME), &whole[..length]).expect("written");
        let ledger = open(path, Expected { audited, accepted: None }).expect("opened");
        assert!(is_enrolled(&ledger, 1), "{length}");
        let expected = match length {
            length if length == whole.len() => whole.len(),
            length if length >= first_line_end => first_line_end,
            _ => before,
        };
        assert_eq!(bytes(path).len(), expected, "{length}");
        assert_eq!(is_enrolled(&ledger, 2), length == whole.len(), "{length}");
    }
}

#[test]
fn a_ledger_that_is_older_or_another_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    enroll(&ledger, 1);
    let old = (bytes(path), ledger.position());
    enroll(&ledger, 2);
    let audited = Some(ledger.position());
    drop(ledger);
    let expected = |accepted: Option<LineHash>| Expected { audited, accepted };
    drop(open(path, expected(None)).expect("as old as the audit log"));
    fs::write(path.join(file::FILE_NAME), &old.0).expect("written");
    assert!(matches!(open(path, expected(None)), Err(LedgerError::Older { .. })));
    assert!(matches!(open(path, expected(Some(LineHash::NONE))), Err(LedgerError::Older { .. })));
    let ledger = open(path, expected(Some(old.1.head))).expect("accepted by an operator");
    // The same number of lines, but others.
    enroll(&ledger, 3);
    drop(ledger);
    assert!(matches!(open(path, expected(None)), Err(LedgerError::Differs { .. })));
}

#[test]
fn compaction_keeps_the_last_state_of_each_and_the_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    enroll(&ledger, 1);
    for _ in 0..5 {
        let id = list(&ledger, State::Enrolled)[0].id.clone();
        ledger.act(&id, Action::Reset, now()).expect("reset");
        enroll(&ledger, 1);
    }
    let before = ledger.position();
    let audited = Some(before);
    drop(ledger);
    let ledger = open(path, Expected { audited, accepted: None }).expect("compacted");
    assert_eq!(bytes(path).iter().filter(|byte| **byte == b'\n').count(), 2, "the compaction and the record");
    assert!(ledger.position().number > before.number);
    assert!(is_enrolled(&ledger, 1));
    enroll(&ledger, 2);
    let audited = Some(ledger.position());
    drop(ledger);
    let ledger = open(path, Expected { audited, accepted: None }).expect("opened again");
    assert!(is_enrolled(&ledger, 1) && is_enrolled(&ledger, 2));
}

#[test]
fn any_changed_byte_is_detected() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    enroll(&ledger, 1);
    drop(ledger);
    let whole = bytes(path);
    for index in 0..whole.len() - 1 {
        let mut changed = whole.clone();
        changed[index] ^= 1;
        fs::write(path.join(file::FILE_NAME), &changed).expect("written");
        let error = open(path, Expected::default()).err();
        assert!(matches!(error, Some(LedgerError::Broken { .. })), "byte {index}");
        assert!(!error.expect("refused").to_string().contains("audit log"), "byte {index}");
    }
}

#[test]
fn a_second_opener_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = open(folder.path(), Expected::default()).expect("new");
    assert!(matches!(open(folder.path(), Expected::default()), Err(LedgerError::InUse { .. })));
    drop(ledger);
    assert!(open(folder.path(), Expected::default()).is_ok());
}

fn is_broken(folder: &Path, words: &str) -> bool {
    open(folder, Expected::default()).err().is_some_and(|error| error.to_string().contains(words))
}

#[test]
fn missing_leading_lines_are_detected() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    (1..5).for_each(|number| enroll(&ledger, number));
    drop(ledger);
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let without_first = |bytes: &[u8], count: usize| {
        bytes.split_inclusive(|byte| *byte == b'\n').skip(count).flatten().copied().collect()
    };
    let whole = bytes(path);
    for count in 1..lines(&whole) {
        let rest: Vec<u8> = without_first(&whole, count);
        fs::write(path.join(file::FILE_NAME), rest).expect("written");
        assert!(is_broken(path, "lines before it are missing"), "{count}");
    }
    // After a compaction too.
    fs::write(path.join(file::FILE_NAME), &whole).expect("written");
    let ledger = open(path, Expected::default()).expect("opened");
    for record in list(&ledger, State::Enrolled) {
        ledger.act(&record.id, Action::Reset, now()).expect("reset");
    }
    (1..5).for_each(|number| drop(begin(&ledger, number)));
    drop(ledger);
    drop(open(path, Expected::default()).expect("compacted"));
    let whole = bytes(path);
    assert!(String::from_utf8_lossy(&whole).contains(r#""compaction":{"after":"#));
    for count in 1..lines(&whole) {
        let rest: Vec<u8> = without_first(&whole, count);
        fs::write(path.join(file::FILE_NAME), rest).expect("written");
        assert!(is_broken(path, "lines before it are missing"), "{count}");
    }
    let first_two: Vec<u8> = whole.split_inclusive(|byte| *byte == b'\n').take(2).flatten().copied().collect();
    fs::write(path.join(file::FILE_NAME), first_two).expect("written");
    assert!(is_broken(path, "more enrollments than follow"));
}

fn fail_syncs(ledger: &Ledger, fails: bool) {
    let full = || Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
    ledger.writer.lock().file.before_sync = fails.then(|| Box::new(full) as _);
}

/// The whole line was written, but not synced, and the process ends.
#[test]
fn a_failed_write_does_not_count_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    enroll(&ledger, 1);
    let before = bytes(path);
    let Ok(Begun::Activate(_, in_flight)) = begin(&ledger, 2) else { panic!("not begun") };
    let begun = bytes(path);
    fail_syncs(&ledger, true);
    assert!(ledger.finish(&in_flight, &End::Activated("a-1".to_owned()), now()).is_err());
    assert!(begin(&ledger, 3).is_err());
    assert_eq!(bytes(path), begun);
    drop((in_flight, ledger));
    let ledger = open(path, Expected::default()).expect("opened");
    assert!(is_enrolled(&ledger, 1) && !is_enrolled(&ledger, 2) && begun.len() > before.len());
}

#[test]
fn an_activation_that_is_withdrawn_while_the_disk_is_full_uses_up_no_identity() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let ledger = open(path, Expected::default()).expect("new");
    let Ok(Begun::Activate(_, in_flight)) = begin(&ledger, 1) else { panic!("not begun") };
    ledger.finish(&in_flight, &End::Activated("a-1".to_owned()), now()).expect("finished");
    fail_syncs(&ledger, true);
    ledger.finish(&in_flight, &End::Withdrawn, now()).expect("counts in memory");
    drop(in_flight);
    assert_eq!(list(&ledger, State::Admitted).len(), 1);
    assert!(matches!(begin(&ledger, 1), Ok(Begun::Activate(..))), "the instance may try again");
    assert!(begin(&ledger, 2).is_err(), "nothing else can be written");
    fail_syncs(&ledger, false);
    enroll(&ledger, 2);
    let position = ledger.position();
    drop(ledger);
    let ledger = open(path, Expected { audited: Some(position), accepted: None }).expect("opened");
    assert_eq!((list(&ledger, State::Admitted).len(), list(&ledger, State::Enrolled).len()), (1, 1));
}

/// Async threads read these while another thread syncs.
#[test]
fn a_sync_blocks_no_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Arc::new(open(folder.path(), Expected::default()).expect("new"));
    enroll(&ledger, 1);
    let before = ledger.position();
    let (started, start) = std::sync::mpsc::channel();
    let (finish, finished) = std::sync::mpsc::channel::<()>();
    let mut channels = Some((started, finished));
    ledger.writer.lock().file.before_sync = Some(Box::new(move || {
        if let Some((started, finished)) = channels.take() {
            started.send(()).expect("the test waits");
            let _ = finished.recv();
        }
        Ok(())
    }));
    let (writing, reading) = (ledger.clone(), ledger.clone());
    let writer = std::thread::spawn(move || enroll(&writing, 2));
    start.recv().expect("a sync");
    let (done, read) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let id = list(&reading, State::Enrolled)[0].id.clone();
        done.send((reading.position(), reading.find(&id).is_some())).expect("the test waits");
    });
    let answer = read.recv_timeout(std::time::Duration::from_secs(5));
    drop(finish);
    writer.join().expect("enrolled");
    assert_eq!(answer, Ok((before, true)));
    assert!(ledger.position().number > before.number);
}

/// The id of the enrollment, or `None` if the token is another instance's.
fn begin_with(ledger: &Ledger, number: usize, token: &str) -> Option<EnrollmentId> {
    let facts = Facts::SignedToken {
        issuer: "urn:x".to_owned(),
        customer: "acme".to_owned(),
        token_id: token.to_owned(),
        bios_uuid: None,
        moref: None,
        labels: None,
        expires_at: now(),
    };
    let identity = Identity { provider: Provider::Vmware, facts, ..identity(number) };
    let labels = Labels { wants_patching: true, patch_group: "late".to_owned(), note: None };
    let id = EnrollmentId::new(&format!("{number}{token}"));
    match ledger.begin(&Request { identity: &identity, account: &account(), labels: &labels, id, now: now() }) {
        Ok(Begun::Activate(record, _)) => Some(record.id),
        Err(BeginError::Refused(EnrollError::TokenUsed)) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_stays_with_the_instance_that_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = open(folder.path(), Expected::default()).expect("new");
    let first = begin_with(&ledger, 1, "a").expect("new");
    ledger.act(&first, Action::Reset, now()).expect("reset");
    assert!(begin_with(&ledger, 2, "a").is_some(), "a reset frees the token");
    assert!(begin_with(&ledger, 1, "b").is_some());
    assert!(begin_with(&ledger, 3, "a").is_none(), "it is the second instance's");
    assert!(begin_with(&ledger, 1, "c").is_some(), "a newer token");
    assert!(begin_with(&ledger, 3, "b").is_none(), "the token before is the first instance's still");
}

/// A compaction orders records by their keys, so that a reset can follow the instance that has its token since.
#[test]
fn a_compaction_keeps_the_owner_of_a_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = open(folder.path(), Expected::default()).expect("new");
    for token in ["x", "y", "z"] {
        let id = begin_with(&ledger, 5, token).expect("free");
        ledger.act(&id, Action::Reset, now()).expect("reset");
    }
    assert!(begin_with(&ledger, 4, "z").is_some());
    drop(ledger);
    drop(open(folder.path(), Expected::default()).expect("compacted"));
    assert!(String::from_utf8_lossy(&bytes(folder.path())).contains("compaction"));
    let ledger = open(folder.path(), Expected::default()).expect("opened");
    assert!(begin_with(&ledger, 6, "z").is_none(), "it is the fourth instance's");
}

/// The form of version 0.1, before lines had the evidence, the Region and the activation.
#[test]
fn lines_of_earlier_versions_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = serde_json::json!({
        "id": "enr-old", "provider": "aws", "account": "123456789012", "instance": "i-00000001", "customer": "acme",
        "pending_time": "2026-11-30T11:00:00Z", "requests_systems_account": true, "patch_group": "late",
        "is_approved": false, "state": "enrolled", "activated_at": "2026-11-30T11:01:00Z",
        "requested_at": "2026-11-30T11:00:30Z", "changed_at": "2026-11-30T11:01:00Z",
    });
    let (mut chain, mut written) = (Chain::START, Vec::new());
    chain.write(&mut written, now(), &line).expect("written");
    fs::write(folder.path().join(file::FILE_NAME), &written).expect("written");
    let ledger = open(folder.path(), Expected { audited: Some(chain), accepted: None }).expect("opened");
    let record = ledger.find(&EnrollmentId::from("enr-old")).expect("listed");
    assert_eq!((record.evidence.as_str(), record.region.as_str(), record.activation_id), ("", "", None));
    assert_eq!(record.state, State::Enrolled);
    // Newer lines have them.
    enroll(&ledger, 2);
    let record = list(&ledger, State::Enrolled).into_iter().find(|record| record.instance == "i-00000002");
    let shown = muster_model::enrollment::Enrollment::from(&record.expect("listed"));
    assert_eq!(shown.evidence, "EC2 identity document, instance started 2026-11-30T12:00:00Z");
    assert_eq!((shown.region.as_str(), shown.provider.code()), ("eu-west-1", "aws"));
}

#[test]
fn a_list_has_the_latest_changes_and_the_total() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = open(folder.path(), Expected::default()).expect("new");
    for number in 0..10 {
        let Ok(Begun::Activate(_, in_flight)) = begin(&ledger, number) else { panic!("not begun: {number}") };
        let later = now() + jiff::SignedDuration::from_secs(number as i64);
        ledger.finish(&in_flight, &End::Activated(format!("a-{number}")), later).expect("finished");
    }
    let (records, total) = ledger.list(|record| record.instance != "i-00000009", 3);
    let activations: Vec<_> = records.iter().filter_map(|record| record.activation_id.as_deref()).collect();
    assert_eq!((activations, total), (vec!["a-8", "a-7", "a-6"], 9));
    assert_eq!(ledger.instances().into_values().collect::<Vec<_>>(), [10]);
}
