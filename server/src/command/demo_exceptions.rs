//! The demo's exceptions: one in each state, made by its people.

use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_access::principal::Principal;
use muster_model::{
    exception::ExceptionKind::{self, Accept, Defer},
    filter::{ExceptionFilter, UpdateFilter},
    ports::Reports,
    update::UpdateRow,
};
use muster_reports::ReportSource;
use muster_store::{
    exceptions::{self, Exception},
    value::day_of,
};

struct Sample {
    kind: ExceptionKind,
    /// Finds the update; the first one counts.
    query: &'static str,
    on_instance_only: bool,
    /// What is excepted instead of the update, unless it is empty.
    cve: &'static str,
    made_days_ago: i64,
    days: i64,
    revoked_days_ago: Option<i64>,
    reason: &'static str,
}

const SAMPLES: [Sample; 5] = [
    Sample {
        kind: Accept,
        query: "due=overdue&sort=due_at&dir=asc",
        on_instance_only: false,
        cve: "",
        made_days_ago: 9,
        days: 40,
        revoked_days_ago: None,
        reason: "The application on these instances is replaced in December; they are not reachable from outside.",
    },
    Sample {
        kind: Defer,
        query: "q=kernel&state=Missing&due=overdue",
        on_instance_only: true,
        cve: "",
        made_days_ago: 3,
        days: 17,
        revoked_days_ago: None,
        reason: "Needs a reboot, which the owner of the database wants to attend.",
    },
    // Made before the catalogue of exploited vulnerabilities listed one of its CVEs.
    Sample {
        kind: Accept,
        query: "q=CVE-2025-62215&state=Missing",
        on_instance_only: false,
        cve: "CVE-2025-62215",
        made_days_ago: 12,
        days: 60,
        revoked_days_ago: None,
        reason: "No interactive users on these servers.",
    },
    Sample {
        kind: Defer,
        query: "q=.net&state=Missing",
        on_instance_only: false,
        cve: "",
        made_days_ago: 45,
        days: 30,
        revoked_days_ago: None,
        reason: "Freeze at the end of the quarter.",
    },
    Sample {
        kind: Defer,
        query: "severity=critical&state=Missing",
        on_instance_only: true,
        cve: "",
        made_days_ago: 20,
        days: 40,
        revoked_days_ago: Some(6),
        reason: "Vendor has not released a compatible version yet.",
    },
];

/// Makes the samples in a store that has no exceptions.
pub async fn make(source: &ReportSource) -> anyhow::Result<()> {
    let reports = source.for_scope(Principal::local().scope());
    if reports.exceptions(ExceptionFilter::default()).await?.total > 0 {
        return Ok(());
    }
    let now = source.clock.now();
    for (sample, number) in SAMPLES.iter().zip(1..) {
        let updates = reports.updates(UpdateFilter::from_query(sample.query)?).await?;
        if let Some(update) = updates.rows.into_iter().next() {
            exceptions::add(&source.store, sample.exception(number, update, now)?).await?;
        }
    }
    Ok(())
}

impl Sample {
    fn exception(&self, number: u32, update: UpdateRow, now: Timestamp) -> anyhow::Result<Exception> {
        let made_at = now.checked_sub(days(self.made_days_ago))?;
        let of_patch = |text: String| if self.cve.is_empty() { text } else { String::new() };
        let revoked_at = self.revoked_days_ago.map(|ago| now.checked_sub(days(ago))).transpose()?;
        let by = |name: &str| revoked_at.is_some().then(|| name.to_owned());
        let until_day: Date = day_of(made_at.checked_add(days(self.days))?);
        Ok(Exception {
            exception_id: format!("demo-{number}"),
            kind: self.kind.code().to_owned(),
            cve: self.cve.to_owned(),
            kb_id: of_patch(update.name),
            title: of_patch(update.description),
            account_id: update.account_id.into(),
            patch_group: String::new(),
            instance_id: if self.on_instance_only { update.instance_id.into() } else { String::new() },
            until_day,
            reason: self.reason.to_owned(),
            made_by: "demo noor.haddad".to_owned(),
            made_by_name: "Noor Haddad".to_owned(),
            made_at,
            revoked_by: by("demo noor.haddad"),
            revoked_by_name: by("Noor Haddad"),
            revoked_at,
        })
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}
