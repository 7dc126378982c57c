//! The five main questions: as the portal asks them, and by hand in the SQL that DuckDB and PostgreSQL share.

use crate::{
    place::Place,
    questions::{ACCOUNTS, Asked, HISTORY, PENDING, Question, UPDATES, question, questions},
};
use muster_access::principal::Principal;
use muster_query::{
    builder::{AccountSelection, Context},
    updates::counts::missing_patches,
};
use std::sync::Arc;

pub struct Five {
    pub name: &'static str,
    pub by_hand: &'static str,
    pub portal: Question,
}

pub fn five(place: &Place) -> anyhow::Result<Vec<Five>> {
    let mut known = questions(place.literals);
    let mut take = |name: &str| {
        let at = known.iter().position(|question| question.name == name);
        at.map(|at| known.swap_remove(at)).ok_or_else(|| anyhow::anyhow!("no question `{name}`"))
    };
    Ok(vec![
        Five {
            name: "overview by account",
            by_hand: include_str!("five/overview_by_account.sql"),
            portal: take(ACCOUNTS)?,
        },
        Five {
            name: "a page of pending instances",
            by_hand: include_str!("five/instance_page.sql"),
            portal: take(PENDING)?,
        },
        Five {
            name: "one instance's updates",
            by_hand: include_str!("five/instance_updates.sql"),
            portal: take(UPDATES)?,
        },
        Five {
            name: "one instance's history",
            by_hand: include_str!("five/instance_history.sql"),
            portal: take(HISTORY)?,
        },
        Five {
            name: "missing updates by patch",
            by_hand: include_str!("five/missing_by_patch.sql"),
            portal: question("", |place, _| missing(place), |_| Vec::new()),
        },
    ])
}

/// A part of the overview, which no page asks alone.
fn missing(place: Arc<Place>) -> Asked {
    Box::pin(async move {
        let source = place.source.clone();
        let read = move |connection: &duckdb::Connection| {
            let (scope, now) = (Principal::local().scope(), source.clock.now());
            let limits = &source.limits;
            let context = Context { connection, scope: &scope, limits, now, day: None, kept_since: None };
            missing_patches(context, AccountSelection::default())
        };
        place.store.read("missing updates", read).await?;
        Ok(())
    })
}
