//! The lists of an instance: each filter keeps exactly the rows that fulfil it, on the page, in JSON and in the file.

use crate::support::world::{get, get_json, harvested};
use muster_access::principal::Principal;
use muster_model::{
    filter::{Filter, HistoryFilter, InstanceFilter, OfInstance, SoftwareFilter, Window},
    ids::InstanceId,
    ports::Reports,
    transition::{TransitionKind, TransitionRow},
};
use std::collections::BTreeSet;

const WHOLE: Window = Window { offset: 0, limit: 500 };

/// The instance with the most kinds of changes, and its whole history.
async fn eventful() -> (InstanceId, Vec<TransitionRow>) {
    let reports = harvested().reports(&Principal::local());
    let instances = reports.instances(InstanceFilter { window: WHOLE, ..InstanceFilter::default() }).await;
    let mut found: Vec<(InstanceId, Vec<TransitionRow>)> = Vec::new();
    for row in instances.expect("instances").rows {
        let rows = HistoryFilter { window: WHOLE, ..HistoryFilter::default() };
        let list = OfInstance { instance: row.instance_id.clone(), rows };
        found.push((row.instance_id, reports.history(list).await.expect("a history").rows));
    }
    let kinds = |rows: &[TransitionRow]| rows.iter().map(|row| row.kind.code()).collect::<BTreeSet<_>>().len();
    found.into_iter().max_by_key(|(_, rows)| kinds(rows)).expect("an instance")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_filtered_by_update_change_and_day() {
    let reports = harvested().reports(&Principal::local());
    let (instance, all) = eventful().await;
    let middle = &all[all.len() / 2];
    let day = middle.happened_at.strftime("%Y-%m-%d").to_string();
    let word = middle.name.split(['.', ' ']).next().expect("a word").to_uppercase();
    let mut queries = vec![
        format!("from={day}"),
        format!("to={day}"),
        format!("from={day}&to={day}"),
        format!("q={word}"),
        format!("q={word}&kind={}", middle.kind.code()),
        "q=no-such-update".to_owned(),
    ];
    queries.extend(TransitionKind::ALL.map(|kind| format!("kind={}", kind.code())));
    let mut kept = 0;
    for query in queries {
        let filter = HistoryFilter { window: WHOLE, ..HistoryFilter::from_query(&query).expect("a filter") };
        let expected: Vec<&TransitionRow> = all
            .iter()
            .filter(|row| {
                let on = row.happened_at.strftime("%Y-%m-%d").to_string();
                let of = |key: &str| filter.value(key).map(|value| value.text().into_owned());
                of("from").is_none_or(|from| on >= from)
                    && of("to").is_none_or(|to| on <= to)
                    && of("kind").is_none_or(|kind| row.kind.code() == kind)
                    && of("q").is_none_or(|q| {
                        [&row.description, &row.name].iter().any(|text| text.to_lowercase().contains(&q.to_lowercase()))
                    })
            })
            .collect();
        let list = OfInstance { instance: instance.clone(), rows: filter };
        let page = reports.history(list).await.expect("a history");
        assert_eq!(page.rows.iter().collect::<Vec<_>>(), expected, "{query}");
        assert_eq!(page.total, expected.len() as u64, "{query}");
        let file = format!("/export/history.csv?instance={instance}&{query}&format=jsonl");
        let (_, file) = get(harvested().router(), &file).await;
        assert_eq!(file.lines().filter(|line| line.contains("happened_at")).count(), expected.len(), "{query}: {file}");
        let (_, html) = get(harvested().router(), &format!("/instances/{instance}?tab=history&{query}")).await;
        assert_eq!(html.contains("No changes of this instance match"), expected.is_empty(), "{query}");
        kept += usize::from(!expected.is_empty() && expected.len() < all.len());
    }
    assert!(kept >= 8, "only {kept} filters kept some of the rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn software_is_searched_by_name_version_and_publisher() {
    let (instance, _) = eventful().await;
    let all = get_json(&format!("/api/v1/instances/{instance}/software?per_page=500")).await;
    let all = all["rows"].as_array().expect("rows");
    let text = |row: &serde_json::Value| {
        ["name", "version", "publisher"].map(|key| row[key].as_str().unwrap_or_default().to_lowercase()).join(" ")
    };
    for q in [all[0]["name"].as_str().expect("a name"), all[0]["version"].as_str().expect("a version"), "nothing such"]
    {
        let filter = SoftwareFilter { q: Some(q.to_owned()), window: WHOLE };
        let path = format!("/api/v1/instances/{instance}/software?{}", filter.to_query());
        let expected = all.iter().filter(|row| q.split(' ').all(|word| text(row).contains(&word.to_lowercase())));
        assert_eq!(get_json(&path).await["rows"].as_array().expect("rows").len(), expected.count(), "{q}");
    }
}
