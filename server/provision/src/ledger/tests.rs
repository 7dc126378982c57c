//! What every ledger promises, and what the one in files promises beyond that.

use super::{file::FileLedger, *};
use std::{fs, path::PathBuf, thread};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

fn lease(holder: &str, until: i64) -> Lease {
    Lease { holder: holder.to_owned(), until: at(until) }
}

fn opened(folder: &tempfile::TempDir) -> FileLedger {
    FileLedger::open(folder.path(), at(0)).expect("a ledger")
}

/// Runs a test with each ledger.
fn with_each(test: impl Fn(&dyn Ledger)) {
    test(&MemoryLedger::default());
    test(&opened(&tempfile::tempdir().expect("a folder")));
}

/// The files of entries.
fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    paths.filter(|path| !path.ends_with("lock")).collect()
}

#[test]
fn a_lease_excludes_others_until_it_expires() {
    with_each(|ledger| {
        let state = AccountState::new("x1".to_owned());
        assert_eq!(ledger.acquire("a", &lease("one", 100), at(0)), Ok(None));
        assert!(matches!(ledger.acquire("a", &lease("two", 100), at(50)), Err(LedgerError::Held { .. })));
        assert_eq!(ledger.acquire("b", &lease("two", 100), at(50)), Ok(None));
        assert_eq!(ledger.save("a", "one", at(99), &state), Ok(()));
        assert_eq!(ledger.extend("a", &lease("one", 100), at(99)), Ok(()));
        assert!(matches!(ledger.extend("a", &lease("one", 200), at(100)), Err(LedgerError::Lost { .. })));
        // At its end the lease is over for the holder, and free for others.
        assert!(matches!(ledger.save("a", "one", at(100), &state), Err(LedgerError::Lost { .. })));
        assert_eq!(ledger.acquire("a", &lease("two", 200), at(100)), Ok(Some(state)));
        ledger.release("a", "one").expect("stored");
        assert!(matches!(ledger.acquire("a", &lease("one", 300), at(150)), Err(LedgerError::Held { .. })));
    });
}

#[test]
fn accounts_are_listed_and_leases_are_not() {
    with_each(|ledger| {
        for account in ["b/2 ü", "a/../1"] {
            ledger.acquire(account, &lease("one", 100), at(0)).expect("stored");
            ledger.save(account, "one", at(0), &AccountState::new(account.to_owned())).expect("stored");
        }
        ledger.acquire("instance", &lease("one", 100), at(0)).expect("stored");
        ledger.release("b/2 ü", "one").expect("stored");
        let listed = ["a/../1", "b/2 ü"].map(|account| (account.to_owned(), AccountState::new(account.to_owned())));
        assert_eq!(ledger.list().expect("a list"), listed);
        assert_eq!(ledger.read("b/2 ü"), Ok(Some(AccountState::new("b/2 ü".to_owned()))));
        assert_eq!(ledger.read("instance"), Ok(None));
        ledger.release("never there", "one").expect("stored");
    });
}

#[test]
fn a_file_has_what_was_saved_after_another_process_opens_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = AccountState { stage: Stage::Ssm, ..AccountState::new("x1".to_owned()) };
    let first = opened(&folder);
    first.acquire("a", &lease("one", 100), at(0)).expect("stored");
    first.save("a", "one", at(0), &state).expect("stored");
    let second = opened(&folder);
    assert_eq!(second.read("a"), Ok(Some(state.clone())));
    assert!(matches!(second.acquire("a", &lease("two", 100), at(50)), Err(LedgerError::Held { .. })));
    first.release("a", "one").expect("stored");
    assert_eq!(second.acquire("a", &lease("two", 100), at(50)), Ok(Some(state)));
}

#[test]
fn leases_leave_no_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = opened(&folder);
    for instance in 0..20 {
        ledger.acquire(&format!("instance {instance}"), &lease("one", 100), at(0)).expect("stored");
    }
    assert_eq!(files(&folder).len(), 20);
    ledger.release("instance 0", "one").expect("stored");
    assert_eq!(files(&folder).len(), 19);
    ledger.acquire("a", &lease("one", 100), at(0)).expect("stored");
    ledger.save("a", "one", at(0), &AccountState::new("x1".to_owned())).expect("stored");
    // Those of a process that has ended without releasing them.
    FileLedger::open(folder.path(), at(99)).expect("a ledger");
    assert_eq!(files(&folder).len(), 20);
    FileLedger::open(folder.path(), at(100)).expect("a ledger");
    assert_eq!(files(&folder).len(), 1);
}

#[test]
fn of_many_ledgers_at_once_one_gets_the_lease() {
    let folder = tempfile::tempdir().expect("a folder");
    let acquired = thread::scope(|scope| {
        let attempt = |number: usize| {
            let ledger = opened(&folder);
            move || ledger.acquire("a", &lease(&format!("holder {number}"), 100), at(0)).is_ok()
        };
        let attempts: Vec<_> = (0..16).map(|number| scope.spawn(attempt(number))).collect();
        attempts.into_iter().map(|attempt| attempt.join().expect("an end")).filter(|acquired| *acquired).count()
    });
    assert_eq!(acquired, 1);
}

#[test]
fn a_partial_write_of_a_process_that_has_ended_is_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = opened(&folder);
    ledger.acquire("a", &lease("one", 100), at(0)).expect("stored");
    ledger.save("a", "one", at(0), &AccountState::new("x1".to_owned())).expect("stored");
    let new = files(&folder)[0].with_extension("new");
    fs::write(new, "{\"key\":\"a\",\"lea").expect("written");
    assert_eq!(opened(&folder).list().expect("a list").len(), 1);
    ledger.extend("a", &lease("one", 200), at(0)).expect("stored");
    assert_eq!(files(&folder).len(), 1);
}

#[test]
fn a_damaged_or_foreign_file_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = opened(&folder);
    ledger.acquire("a", &lease("one", 100), at(0)).expect("stored");
    let path = files(&folder).remove(0);
    let valid = fs::read_to_string(&path).expect("a text");
    for (text, problem) in [
        (&valid[..valid.len() / 2], "EOF"),
        ("", "EOF"),
        (&*valid.replace("\"a\"", "\"b\""), "states the key \"b\""),
        (&*valid.replace("\"state\"", "\"stat\""), "stat"),
    ] {
        fs::write(&path, text).expect("written");
        let LedgerError::Storage(error) = ledger.read("a").unwrap_err() else { panic!("{text}") };
        assert!(error.contains(path.to_str().expect("a path")) && error.contains(problem), "{error}");
        assert!(ledger.acquire("a", &lease("one", 100), at(0)).is_err() && ledger.list().is_err(), "{text}");
    }
    fs::remove_file(&path).expect("removed");
    fs::write(folder.path().join("notes.txt"), "x").expect("written");
    let error = ledger.list().unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
}
