//! Verifies the runs of the listed days: how their results ended, and why they failed.

use super::{Check, VerifyError, each_page, meaning::contradiction, rows::Instance};
use duckdb::Connection;
use jiff::{Span, Timestamp, civil::Date};
use muster_model::{
    column::Columns, filter::RunsFilter, ids::AccountId, page::PAGE_ROWS_MAX, ports::Reports, run::RunResults,
};
use muster_store::{
    error::StoreError,
    named_row::each,
    value::{day, day_of},
};
use std::collections::{BTreeMap, BTreeSet};

/// A result of a run, with what its failed steps printed.
#[derive(Columns)]
struct RawResult {
    instance_key: i64,
    command_id: String,
    requested_at: Timestamp,
    status: String,
    status_details: String,
    response_code: Option<i64>,
    is_install: bool,
    output: String,
}

/// The failed updates that are listed.
const FAILED_PATCHES_MAX: usize = 50;

const RESULTS: &str = "
    SELECT i.instance_key, v.command_id, v.requested_at, v.status, v.status_details, v.response_code,
        EXISTS (
            FROM run r WHERE r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
                AND r.operation = 'Install'
        ) AS is_install,
        coalesce((
            SELECT string_agg(o.standard_output || chr(10) || o.standard_error, chr(10) ORDER BY o.step)
            FROM invocation_output o
            WHERE o.account_id = v.account_id AND o.region = v.region AND o.command_id = v.command_id
                AND o.instance_id = v.instance_id
        ), '') AS output
    FROM invocation v
    JOIN instance i ON i.account_id = v.account_id AND i.region = v.region AND i.instance_id = v.instance_id
    WHERE v.account_id = $1 AND v.requested_at >= $2::DATE";

/// An update that is failed on an instance.
#[derive(Columns)]
struct FailedUpdate {
    instance_key: i64,
    name: String,
    title: String,
}

const FAILED_UPDATES: &str = "
    SELECT u.instance_key, p.kb_id AS name, p.title
    FROM instance_update u
    JOIN instance i ON i.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
    WHERE i.account_id = $1 AND u.state = 'Failed'";

/// Words in the output of each cause, in the order in which they decide.
const WORDS: [(&str, &[&str]); 6] = [
    (
        "disk_full",
        &[
            "no space left on device",
            "more space needed",
            "not enough space",
            "not enough free space",
            "not enough disk space",
            "0x80070070",
        ],
    ),
    (
        "name_resolution",
        &[
            "could not resolve host",
            "name or service not known",
            "temporary failure in name resolv",
            "temporary failure resolv",
            "0x8024402c",
        ],
    ),
    (
        "repository",
        &[
            "could not retrieve mirrorlist",
            "failed to download",
            "failed to fetch",
            "failed to synchronize",
            "cannot download",
            "cannot retrieve",
            "connection timed out",
            "connection refused",
            "404 not found",
            "404  not found",
            "0x80072ee2",
            "0x80072ee7",
            "0x80072eef",
            "0x80240438",
        ],
    ),
    (
        "package_manager_busy",
        &[
            "could not get lock",
            "holding the yum lock",
            "holding the dnf lock",
            "dpkg was interrupted",
            "another process is using",
            "0x80240016",
        ],
    ),
    (
        "dependencies",
        &["unmet dependencies", "nothing provides", "depsolve", "conflicting requests", "dependency problem"],
    ),
    ("signature", &["gpg check failed", "no_pubkey", "public key for", "public key is not", "0x800b0109"]),
];

impl Check {
    pub(super) async fn runs(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, transaction, .. } = self;
        let first: Date = day_of(recomputed.moment.now).saturating_sub(Span::new().days(6));
        let (mut runs, mut all): (BTreeMap<String, RunResults>, _) = (BTreeMap::new(), RunResults::default());
        let mut causes: BTreeMap<String, u64> = BTreeMap::new();
        let mut failed_patches: BTreeMap<(String, String), u64> = BTreeMap::new();
        for id in recomputed.accounts.keys() {
            let of: AccountId = id.clone();
            let read = move |connection: &Connection| {
                let mut rows: Vec<RawResult> = Vec::new();
                let mut updates: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
                let parameters = duckdb::params![of.as_str(), day(first)];
                each(connection, RESULTS, parameters, |row| rows.push(row)).map_err(StoreError::read("results"))?;
                each(connection, FAILED_UPDATES, [of.as_str()], |FailedUpdate { instance_key, name, title }| {
                    updates.entry(instance_key).or_default().push((name, title));
                })
                .map_err(StoreError::read("failed updates"))?;
                Ok((rows, updates))
            };
            let (results, updates) = transaction.read("the results of runs", read).await?;
            for result in results {
                let instance = recomputed.rows.instances.get(&result.instance_key);
                let is_shown = recomputed.figures.contains_key(&result.instance_key);
                let Some(instance) = instance.filter(|_| is_shown) else { continue };
                for results in [runs.entry(result.command_id.clone()).or_default(), &mut all] {
                    result.count(results, instance);
                }
                if result.is_install && result.has_failed() && instance.is_current() {
                    for update in updates.get(&result.instance_key).into_iter().flatten() {
                        *failed_patches.entry(update.clone()).or_default() += 1;
                    }
                }
                if let Some(cause) = result.cause() {
                    *causes.entry(cause).or_default() += 1;
                }
            }
        }
        let published = reports.run_list(RunsFilter::default()).await?;
        tally.fields("totals", "the runs", &published.totals, &all);
        let (contradictions, listed) = (published.contradictions, published.failed_patches);
        let published: BTreeMap<String, u64> =
            published.causes.into_iter().map(|row| (row.cause, row.results)).collect();
        tally.equal("causes", "the runs", &published, &causes);
        let contradicted = recomputed.rows.instances.values().flat_map(|instance| {
            let latest = instance.latest_results.iter().filter(|result| day_of(result.requested_at) >= first);
            latest.filter_map(|result| contradiction(instance, result))
        });
        let contradicted: BTreeMap<&str, u64> = contradicted.fold(BTreeMap::new(), |mut counts, contradiction| {
            *counts.entry(contradiction.code()).or_default() += 1;
            counts
        });
        let counts = contradictions.into_iter().map(|count| (count.contradiction.code(), count.results));
        tally.equal("contradictions", "the runs", &counts.collect(), &contradicted);
        let listed: BTreeMap<(String, String), u64> =
            listed.into_iter().map(|row| ((row.name, row.title), row.results)).collect();
        tally.equal("failed updates", "the runs", &listed.len(), &failed_patches.len().min(FAILED_PATCHES_MAX));
        for (patch, results) in &listed {
            let recomputed = failed_patches.get(patch).copied().unwrap_or_default();
            tally.equal("results", &format!("the failed update {} {}", patch.0, patch.1), results, &recomputed);
        }
        let mut seen = BTreeSet::new();
        let reports = &*reports;
        let read =
            |window| async move { Ok(reports.run_list(RunsFilter { window, ..RunsFilter::default() }).await?.rows) };
        each_page(PAGE_ROWS_MAX, read, |page| {
            for row in page.rows {
                let results = runs.get(&row.command_id).copied().unwrap_or_default();
                tally.fields("results", &format!("run {}", row.command_id), &row.results, &results);
                seen.insert(row.command_id);
            }
        })
        .await?;
        let unlisted = runs.keys().filter(|run| !seen.contains(*run)).count();
        tally.equal("runs that are not listed", "the runs", &0, &unlisted);
        Ok(())
    }
}

impl RawResult {
    fn is_delivered(&self) -> bool {
        let details = self.status_details.replace(' ', "").to_lowercase();
        !["deliverytimedout", "undeliverable", "terminated"].contains(&details.as_str())
    }

    fn has_failed(&self) -> bool {
        ["Failed", "TimedOut", "Cancelled"].contains(&self.status.as_str()) && self.is_delivered()
    }

    fn count(&self, results: &mut RunResults, instance: &Instance) {
        results.planned += 1;
        match self.status.as_str() {
            "Success" => {
                results.succeeded += 1;
                let latest = instance.latest_install.as_ref().map(|install| install.requested_at);
                let is_latest = self.is_install && latest.is_none_or(|latest| self.requested_at >= latest);
                let waits = instance.is_current() && instance.updates.in_state("InstalledPendingReboot") > 0;
                results.awaiting_reboot += u64::from(is_latest && waits);
            }
            _ if self.has_failed() => results.failed += 1,
            "Failed" | "TimedOut" | "Cancelled" => results.not_reached += 1,
            _ => results.unfinished += 1,
        }
    }

    fn cause(&self) -> Option<String> {
        let output = self.output.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| output.contains(word));
        let by_status = match self.status.as_str() {
            "Failed" | "TimedOut" | "Cancelled" if !self.is_delivered() => Some("not_delivered"),
            "TimedOut" => Some("timed_out"),
            "Cancelled" => Some("cancelled"),
            "Failed" => None,
            _ => return None,
        };
        let unsupported = self.response_code == Some(146) || self.output.contains("UnsupportedOperatingSystem");
        let by_words = || WORDS.iter().find(|(_, words)| has(words)).map(|(cause, _)| *cause);
        let named = by_status.or(unsupported.then_some("unsupported_system")).or_else(by_words);
        if let Some(named) = named.or_else(|| fails_in_hook(&output).then_some("hook")) {
            return Some(named.to_owned());
        }
        if let Some(hresult) = hresult(&output) {
            return Some(format!("hresult_{hresult}"));
        }
        if fails_in_updates(&output) {
            return Some("updates_failed".to_owned());
        }
        Some(self.response_code.map_or("exit_code_unknown".to_owned(), |code| format!("exit_code_{code}")))
    }
}

fn fails_in_hook(output: &str) -> bool {
    let fails = |rest: &str| ["returned", "failed", "exited"].iter().any(|end| rest.starts_with(end));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    output.match_indices("hook ").any(|(at, word)| {
        let rest = &output[at + word.len()..];
        let is_path = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
        let after_path = rest.trim_start_matches(is_path).strip_prefix(' ');
        !output[..at].ends_with(is_word) && (fails(rest) || rest.starts_with(is_path) && after_path.is_some_and(fails))
    })
}

fn hresult(output: &str) -> Option<String> {
    let mut places = output.match_indices("0x8").map(|(at, _)| &output[at..]);
    let digits = |text: &&str| text.get(..10).is_some_and(|code| code[2..].chars().all(|c| c.is_ascii_hexdigit()));
    places.find(digits).map(|text| text[..10].to_owned())
}

fn fails_in_updates(output: &str) -> bool {
    let counted = |at: &str| {
        let rest = at.trim_start().strip_prefix("count").map(str::trim_start)?;
        rest.strip_prefix(':').map(|rest| rest.trim_start().starts_with(|c: char| ('1'..='9').contains(&c)))
    };
    output.match_indices("failed").any(|(at, word)| counted(&output[at + word.len()..]) == Some(true))
        || output.contains("update failed to install")
        || output.contains("updates failed to install")
}
