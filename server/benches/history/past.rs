//! Questions about a past day, about what changed since one, and about how long updates take: each is asked for its rows
//! only, without statements to hold it against.

use crate::{
    place::{Place, Subject},
    questions::{Question, question},
};
use jiff::{Span, civil::Date};
use muster_access::principal::Principal;
use muster_model::{
    filter::{AccountFilter, ChangesFilter, InstanceFilter, ServiceLevelFilter, UpdateFilter},
    ports::Reports,
};
use muster_reports::ScopedReports;
use std::{future::Future, sync::Arc};

/// How many days before the last one the past day is, where there are twice as many.
const DAYS_BACK: i64 = 90;

pub fn past_questions(last_day: Date, days: i64) -> Vec<Question> {
    let back = DAYS_BACK.min(days / 2);
    let day = last_day.saturating_sub(Span::new().days(back));
    let week = last_day.saturating_sub(Span::new().days(7));
    vec![
        of_past(
            "/?as_of=…",
            day,
            |past, _| async move { Ok(past.overview(AccountFilter::default()).await.map(drop)?) },
        ),
        of_past("/instances?status=pending&as_of=…", day, |past, _| async move {
            let filter = InstanceFilter::from_query("status=pending")?;
            Ok(past.instances(filter).await.map(drop)?)
        }),
        of_past("/instances/{instance}?as_of=…", day, |past, subject| async move {
            Ok(past.instance(subject.instance).await.map(drop)?)
        }),
        of_past("/instances/{instance}?as_of=…: updates", day, |past, subject| async move {
            let filter = UpdateFilter { instance: Some(subject.instance), ..UpdateFilter::default() };
            Ok(past.updates(filter).await.map(drop)?)
        }),
        of_past("/updates?state=Missing%2CFailed&as_of=…", day, |past, _| async move {
            let filter = UpdateFilter::from_query("state=Missing%2CFailed")?;
            Ok(past.updates(filter).await.map(drop)?)
        }),
        changes("/changes?since={a week ago}", week),
        changes(&format!("/changes?since={{{back} days ago}}"), day),
        question(
            "/service-level",
            |place, _| async move { Ok(place.reports.service_level(ServiceLevelFilter::default()).await.map(drop)?) },
            |_| Vec::new(),
        ),
    ]
}

fn of_past<Reply>(
    name: &str,
    day: Date,
    ask: impl Fn(ScopedReports, Subject) -> Reply + Clone + Send + Sync + 'static,
) -> Question
where
    Reply: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let ask = move |place: Arc<Place>, subject| {
        let (reports, ask) = (place.source.for_scope(Principal::local().scope()).as_of(Some(day)), ask.clone());
        async move { ask(reports?, subject).await }
    };
    question(name, ask, |_| Vec::new())
}

fn changes(name: &str, since: Date) -> Question {
    let ask = move |place: Arc<Place>, _| async move {
        let filter = ChangesFilter { since: Some(since), ..ChangesFilter::default() };
        Ok(place.reports.changes(filter).await.map(drop)?)
    };
    question(name, ask, |_| Vec::new())
}
