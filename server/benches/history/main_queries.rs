//! The five main queries: as the portal runs them, and written by hand in SQL that both DuckDB and PostgreSQL accept.

use crate::{
    fixture::Fixture,
    queries::{ACCOUNTS, HISTORY, PENDING, Query, QueryFuture, UPDATES, queries, query},
};
use muster_access::principal::Principal;
use muster_query::{
    builder::{AccountSelection, Context},
    updates::counts::missing_patches,
};
use std::sync::Arc;

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
            portal: query("", |fixture, _| missing(fixture), |_| Vec::new()),
        },
    ])
}

/// A part of the overview, which no page queries separately.
fn missing(fixture: Arc<Fixture>) -> QueryFuture {
    Box::pin(async move {
        let source = fixture.source.clone();
        let read = move |connection: &duckdb::Connection| {
            let (scope, now) = (Principal::local().scope(), source.clock.now());
            let limits = &source.limits;
            let context = Context {
                connection,
                second: None,
                scope: &scope,
                limits,
                now,
                day: None,
                kept_since: None,
                is_cached: false,
            };
            missing_patches(context, AccountSelection::default())
        };
        fixture.store.read("missing updates", read).await?;
        Ok(())
    })
}
