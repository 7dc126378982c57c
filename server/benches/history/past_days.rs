//! Queries for past days, changes and service levels, measured without their bare statements.

use crate::{
    fixture::{Fixture, Subject},
    queries::{Query, query},
};
use jiff::{Span, civil::Date};
use muster_access::principal::Principal;
use muster_model::{
    filter::{AccountFilter, ChangesFilter, InstanceFilter, ServiceLevelFilter, UpdateFilter},
    ports::Reports,
};
use muster_reports::ScopedReports;
use std::{future::Future, sync::Arc};

/// Days from the past day to the last day; at most half of all days.
const DAYS_BACK: i64 = 90;

pub fn past_day_queries(last_day: Date, days: i64) -> Vec<Query> {
    let back = DAYS_BACK.min(days / 2);
    let day = last_day.saturating_sub(Span::new().days(back));
    let week = last_day.saturating_sub(Span::new().days(7));
    vec![
        as_of_query("/?as_of=…", day, |reports, _| async move {
            Ok(reports.overview(AccountFilter::default()).await.map(drop)?)
        }),
        as_of_query("/instances?status=pending&as_of=…", day, |reports, _| async move {
            let filter = InstanceFilter::from_query("status=pending")?;
            Ok(reports.instances(filter).await.map(drop)?)
        }),
        as_of_query("/instances/{instance}?as_of=…", day, |reports, subject| async move {
            Ok(reports.instance(subject.instance).await.map(drop)?)
        }),
        as_of_query("/instances/{instance}?as_of=…: updates", day, |reports, subject| async move {
            let filter = UpdateFilter { instance: Some(subject.instance), ..UpdateFilter::default() };
            Ok(reports.updates(filter).await.map(drop)?)
        }),
        as_of_query("/updates/list?state=Missing%2CFailed&as_of=…", day, |reports, _| async move {
            let filter = UpdateFilter::from_query("state=Missing%2CFailed")?;
            Ok(reports.updates(filter).await.map(drop)?)
        }),
        changes("/changes?since={a week ago}", week),
        changes(&format!("/changes?since={{{back} days ago}}"), day),
        query(
            "/service-level",
            |fixture, _| async move { Ok(fixture.reports.service_level(ServiceLevelFilter::default()).await.map(drop)?) },
            |_| Vec::new(),
        ),
    ]
}

fn as_of_query<Reply>(
    name: &str,
    day: Date,
    run: impl Fn(ScopedReports, Subject) -> Reply + Clone + Send + Sync + 'static,
) -> Query
where
    Reply: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let run = move |fixture: Arc<Fixture>, subject| {
        let (reports, run) = (fixture.source.for_scope(Principal::local().scope()).as_of(Some(day)), run.clone());
        async move { run(reports?, subject).await }
    };
    query(name, run, |_| Vec::new())
}

fn changes(name: &str, since: Date) -> Query {
    let run = move |fixture: Arc<Fixture>, _| async move {
        let filter = ChangesFilter { since: Some(since), ..ChangesFilter::default() };
        Ok(fixture.reports.changes(filter).await.map(drop)?)
    };
    query(name, run, |_| Vec::new())
}
