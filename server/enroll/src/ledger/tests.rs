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
        customer: "acme".to_owned(),
        quotas: Quotas { instances_max: 1_000, systems_accounts_max: 1 },
        project_number: None,
        cloud: Default::default(),
        systems_account: None,
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
    ledger.finish(&in_flight, State::Enrolled, None, now()).expect("finished");
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
        let id = ledger.list(&[State::Enrolled])[0].id.clone();
        ledger.act(&id, Action::Reset, now()).expect("reset");
        enroll(&ledger, 1);
    }
    let before = ledger.position();
    let audited = Some(before);
    drop(ledger);
    let ledger = open(path, Expected { audited, accepted: None }).expect("compacted");
    assert_eq!(bytes(path).iter().filter(|byte| **byte == b'\n').count(), 1);
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
        assert!(matches!(open(path, Expected::default()), Err(LedgerError::Broken { .. })), "byte {index}");
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
