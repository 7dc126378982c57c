//! Fuzzing of every reader of outside data with nearly valid inputs: 20,000 in every run, or `MUSTER_FUZZ_INPUTS`, from the
//! seed `MUSTER_FUZZ_SEED`.
//!
//! An input is a valid one with mutations: bytes changed, removed, repeated, truncated, or replaced by bytes of another
//! input. An accepted input must round-trip, a rejected one must have a reason, and nothing may panic.

use muster_access::public_url;
use muster_core::roster;
use muster_model::{
    column::Columns,
    filter::{
        AccountFilter, ChangesFilter, HarvestFilter, HistoryFilter, InstanceFilter, ServiceLevelFilter, TrendFilter,
        UpdateFilter,
    },
    past,
};
use muster_web::{
    export::{csv::FileWriter, options::FileOptions},
    sign_in::return_to::safe_return_to,
};
use serde::Serialize;
use std::fmt::Debug;

const INPUTS: usize = 20_000;
const MUTATIONS_MAX: usize = 6;
/// Characters with a meaning for one of the readers, or for programs that read what the portal writes.
const SPECIAL: [&str; 28] = [
    "&",
    "=",
    "%",
    "%00",
    "%zz",
    "+",
    "?",
    "#",
    "\"",
    "'",
    ",",
    "\r\n",
    "\n",
    "\t",
    "\0",
    "=1+1",
    "@",
    "-",
    "[",
    "]",
    "\u{feff}",
    "\u{202e}",
    "＝",
    "é",
    "/",
    "\\",
    "://",
    "9999999999999999999999",
];

struct Mutator {
    random: fastrand::Rng,
    valid: Vec<String>,
}

impl Mutator {
    fn new(valid: &[&str]) -> Self {
        let seed = std::env::var("MUSTER_FUZZ_SEED").map_or(2026, |seed| seed.parse().expect("a number"));
        Self { random: fastrand::Rng::with_seed(seed), valid: valid.iter().map(ToString::to_string).collect() }
    }

    /// A valid input with mutations. Bytes that are no text become replacement characters, as in requests.
    fn next(&mut self) -> String {
        let pick = self.random.usize(..self.valid.len());
        let mut bytes = self.valid[pick].clone().into_bytes();
        for _ in 0..self.random.usize(..=MUTATIONS_MAX) {
            self.mutate(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.usize(..=bytes.len());
        let to = at + self.random.usize(..=(bytes.len() - at).min(12));
        match self.random.u8(..7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 => bytes.insert(at, self.random.u8(..)),
            3 => {
                let doubled = bytes[at..to].to_vec();
                bytes.splice(at..at, doubled);
            }
            4 => {
                let special = SPECIAL[self.random.usize(..SPECIAL.len())];
                bytes.splice(at..to, special.bytes());
            }
            5 => {
                let other = self.valid[self.random.usize(..self.valid.len())].as_bytes();
                let from = self.random.usize(..=other.len());
                bytes.splice(at..to, other[from..].iter().copied().take(40));
            }
            _ => {
                for byte in &mut bytes[at..to] {
                    *byte ^= 1 << self.random.u8(..7);
                }
            }
        }
    }
}

/// Runs a target on the valid inputs, which it must all accept, and then on the mutated ones. `accepts` returns whether the
/// target accepted an input.
pub fn fuzz(valid: &[&str], mut accepts: impl FnMut(&str) -> bool) {
    for input in valid {
        assert!(accepts(input), "{input:?} is rejected");
    }
    let inputs = std::env::var("MUSTER_FUZZ_INPUTS").map_or(INPUTS, |inputs| inputs.parse().expect("a number"));
    let mut mutator = Mutator::new(valid);
    let accepted = (0..inputs).filter(|_| accepts(&mutator.next())).count();
    assert!(accepted > 0 && accepted < inputs, "{accepted} of {inputs} inputs were accepted, which tests little");
}

/// Whether `read` accepts an input. What it accepts must be the same after `write` and `read`.
fn round_trips<F: PartialEq + Debug, E: ToString>(
    input: &str,
    read: impl Fn(&str) -> Result<F, E>,
    write: impl Fn(&F) -> String,
) -> bool {
    match read(input) {
        Ok(filter) => {
            let written = write(&filter);
            let again = read(&written).map_err(|error| error.to_string());
            assert_eq!(again.as_ref(), Ok(&filter), "{input:?} was written as {written:?}");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

const QUERIES: [&str; 13] = [
    "",
    "q=web-01&status=failed&sort=last_scan_at&dir=asc&page=2&per_page=100",
    "provider=aws&customer=c-2001&account=111122223333",
    "state=Missing,Failed&severity=critical&q=openssl",
    "due=overdue&sort=age",
    "figure=pending&from=2026-01-01&to=2026-02-01",
    "since=2026-10-01&kind=machine_added",
    "harvest=stale&page=3",
    "as_of=2026-10-31&status=no_data",
    "run=Failed&agent=behind&online=false",
    "q=%C3%A9%00%22&patch_group=early",
    "targeted_by=mw-0%27&targeted_by=%00",
    "per_page=500&cursor=abc",
];

#[test]
fn a_query_string_round_trips() {
    fuzz(&QUERIES, |query| {
        let read = [
            round_trips(query, AccountFilter::from_query, AccountFilter::to_query),
            round_trips(query, InstanceFilter::from_query, InstanceFilter::to_query),
            round_trips(query, UpdateFilter::from_query, UpdateFilter::to_query),
            round_trips(query, ChangesFilter::from_query, ChangesFilter::to_query),
            round_trips(query, TrendFilter::from_query, TrendFilter::to_query),
            round_trips(query, HarvestFilter::from_query, HarvestFilter::to_query),
            round_trips(query, ServiceLevelFilter::from_query, ServiceLevelFilter::to_query),
            round_trips(query, HistoryFilter::from_query, HistoryFilter::to_query),
        ];
        let _ = past::as_of(query);
        read.contains(&true) || QUERIES.contains(&query)
    });
}

#[test]
fn reads_a_roster_completely_or_rejects_it_with_a_reason() {
    const TOML: &str = "[[account]]\nprovider = \"aws\"\naccount_id = \"111122223333\"\naccount_name = \"Shop\"\n\
        customer_id = \"c1\"\ncustomer_name = \"One\"\nsystems_account = \"444455556666\"\n\
        role_arn = \"arn:aws:iam::444455556666:role/muster\"\nexternal_id = \"x-1\"\nregions = [\"us-east-1\"]\n";
    const CSV: &str = "provider,account_id,account_name,customer_id,customer_name,systems_account,role_arn,external_id,regions\n\
        gcp,shop-prod,Shop,c1,One,444455556666,arn:aws:iam::444455556666:role/muster,x-1,us-east-1 eu-west-1\n";
    let folder = tempfile::tempdir().expect("a folder");
    for (name, valid) in [("roster.toml", TOML), ("roster.csv", CSV)] {
        let path = folder.path().join(name);
        fuzz(&[valid], |text| {
            std::fs::write(&path, text).expect("written");
            match roster::read(&path) {
                Ok(accounts) => {
                    for account in accounts {
                        assert!(!account.customer_id.is_empty() && !account.customer_id.contains(char::is_control));
                        assert!(account.external_id.len() >= 2 && account.customer_id.trim() == account.customer_id);
                        assert_eq!(account.systems_account.len(), 12);
                        assert_eq!(account.role_arn.split(':').nth(4), Some(account.systems_account.as_str()));
                        assert!(!account.regions.is_empty());
                    }
                    true
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    false
                }
            }
        });
    }
}

const TEXTS: [&str; 10] =
    ["web-01", "=cmd|'/c calc'!A1", "-2+3", "@SUM(A1)", "\t=1", " =\"", "＝1", "O'Brien", "''=1", "a,\"b\"\r\nc"];

/// Whether a spreadsheet would run a cell, by the first character that it reads. Independent of the rule in the portal.
fn would_run(cell: &str) -> bool {
    let seen = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\u{200b}']);
    seen.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠'])
}

#[test]
fn csv_text_can_be_restored_and_no_cell_is_a_formula() {
    #[derive(Columns, Serialize)]
    struct Line {
        text: String,
        number: i64,
    }
    let mut unchanged = 0;
    fuzz(&TEXTS, |text| {
        let file = |options| {
            let mut writer = FileWriter::new(options).expect("a writer");
            let mut bytes = writer.add(&Line { text: text.to_owned(), number: -5 }).expect("added").unwrap_or_default();
            bytes.extend(writer.take().expect("the rest"));
            bytes
        };
        // Files contain no control characters but tabs and line feeds.
        let kept = text.replace(|c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n'), "");
        let record = |bytes: &[u8]| {
            let mut reader = csv::Reader::from_reader(bytes);
            let mut records = reader.records();
            let record = records.next().expect("a record").expect("a valid record");
            assert!(records.next().is_none(), "one row became several: {text:?}");
            (record[0].to_owned(), record[1].to_owned())
        };
        let (cell, number) = record(&file(FileOptions::default()));
        assert_eq!(number, "-5", "numbers are unchanged");
        assert!(!would_run(&cell), "{cell:?} of {text:?}");
        // Restored as docs/integrating.md describes.
        let restored = match cell.strip_prefix('\'') {
            Some(rest) if would_run(rest) || rest.starts_with('\'') => rest,
            _ => &cell,
        };
        assert_eq!(restored, kept, "{cell:?}");
        assert_eq!(record(&file(FileOptions { raw: true, ..FileOptions::default() })).0, kept);
        unchanged += usize::from(cell == kept);
        cell != kept || TEXTS.contains(&text)
    });
    assert!(unchanged > 0, "harmless text is unchanged");
}

#[test]
fn return_paths_never_lead_to_another_host() {
    let valid = ["/", "/instances?q=a%20b", "/accounts/a.b:c", "//evil.test", "/\\evil.test", "https://evil.test/"];
    fuzz(&valid, |wanted| {
        let path = safe_return_to(Some(wanted));
        assert!(path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\"), "{path:?} of {wanted:?}");
        assert!(!path.contains(char::is_control));
        path == wanted || valid.contains(&wanted)
    });
}

#[test]
fn an_origin_has_only_a_scheme_a_host_and_a_port() {
    let valid = ["https://vmm.example", "https://vmm.example:8443/", "http://localhost:8080", "http://127.0.0.1"];
    fuzz(&valid, |text| match public_url::normalize_origin(text) {
        Ok(origin) => {
            assert_eq!(public_url::normalize_origin(&origin).as_deref(), Ok(origin.as_str()), "{text:?}");
            let host = origin.split_once("://").expect("a scheme").1;
            assert!(host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte)), "{origin:?}");
            true
        }
        Err(_) => false,
    });
}
