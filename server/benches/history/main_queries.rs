//! The five main queries: as the portal runs them, and written by hand in SQL that both DuckDB and PostgreSQL accept.

use crate::{
    fixture::Fixture,
    queries::{ACCOUNTS, HISTORY, PENDING, Query, UPDATES, queries, query},
};
use muster_model::{filter::PatchFilter, ports::Reports};

pub struct MainQuery {
    pub name: &'static str,
    pub by_hand: &'static str,
    pub portal: Query,
}

pub fn main_queries(fixture: &Fixture) -> anyhow::Result<Vec<MainQuery>> {
    let mut known = queries(fixture.literals);
    let mut take = |name: &str| {
        let at = known.iter().position(|query| query.name == name);
        at.map(|at| known.swap_remove(at)).ok_or_else(|| anyhow::anyhow!("no query `{name}`"))
    };
    Ok(vec![
        MainQuery {
            name: "overview by account",
            by_hand: include_str!("main_queries/overview_by_account.sql"),
            portal: take(ACCOUNTS)?,
        },
        MainQuery {
            name: "a page of pending instances",
            by_hand: include_str!("main_queries/instance_page.sql"),
            portal: take(PENDING)?,
        },
        MainQuery {
            name: "one instance's updates",
            by_hand: include_str!("main_queries/instance_updates.sql"),
            portal: take(UPDATES)?,
        },
        MainQuery {
            name: "one instance's history",
            by_hand: include_str!("main_queries/instance_history.sql"),
            portal: take(HISTORY)?,
        },
        MainQuery {
            name: "missing updates by patch",
            by_hand: include_str!("main_queries/missing_by_patch.sql"),
            portal: query(
                "/updates?state=Missing",
                |fixture, _| async move {
                    let filter = PatchFilter::from_query("state=Missing&per_page=8")?;
                    Ok(fixture.reports.patches(filter).await.map(drop)?)
                },
                |_| Vec::new(),
            ),
        },
    ])
}
