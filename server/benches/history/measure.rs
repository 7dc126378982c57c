//! Runs a query repeatedly and measures its time.

use crate::{fixture::Fixture, process::cpu_milliseconds, queries::Query};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const SAMPLES_MAX: usize = 60;
/// A slow query is run for at most this time, but at least `SAMPLES_MIN` times.
const TIME_MAX: Duration = Duration::from_secs(15);
const SAMPLES_MIN: usize = 10;
/// Runs before the measured ones, each about another instance.
const WARM_UP_RUNS: usize = 3;

/// Measured times in milliseconds, sorted.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    pub fn add(&mut self, milliseconds: f64) {
        let index = self.0.partition_point(|other| *other < milliseconds);
        self.0.insert(index, milliseconds);
    }

    pub fn p50(&self) -> f64 {
        self.percentile(50)
    }

    pub fn p95(&self) -> f64 {
        self.percentile(95)
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    fn percentile(&self, percent: usize) -> f64 {
        self.0.get(self.0.len() * percent / 100).copied().unwrap_or(f64::NAN)
    }
}

/// Numbers of runs until there are enough samples or the time is over, and whether a run counts.
pub fn turns() -> impl Iterator<Item = (usize, bool)> {
    turns_within(TIME_MAX)
}

/// The same with another time for slow queries.
pub fn turns_within(time_max: Duration) -> impl Iterator<Item = (usize, bool)> {
    let started = Instant::now();
    (0..WARM_UP_RUNS + SAMPLES_MAX)
        .take_while(move |turn| *turn < WARM_UP_RUNS + SAMPLES_MIN || started.elapsed() < time_max)
        .map(|turn| (turn, turn >= WARM_UP_RUNS))
}

/// Runs a query through the portal's reports. Returns the milliseconds.
pub async fn run_query(fixture: &Arc<Fixture>, query: &Query, turn: usize) -> anyhow::Result<f64> {
    let subject = fixture.subject(turn).clone();
    let started = Instant::now();
    (query.run)(fixture.clone(), subject).await?;
    Ok(started.elapsed().as_secs_f64() * 1_000.0)
}

/// The portal's wall time and CPU time for a query, and the wall time of its bare statements.
#[derive(Default)]
pub struct Compared {
    pub portal: Times,
    pub cpu: Times,
    pub bare: Times,
}

/// Runs the query and its bare statements alternately.
pub async fn with_statements(fixture: &Arc<Fixture>, query: &Query) -> anyhow::Result<Compared> {
    let mut compared = Compared::default();
    for (turn, counts) in turns() {
        let before = cpu_milliseconds()?;
        let page = run_query(fixture, query, turn).await?;
        let used = cpu_milliseconds()? - before;
        let statements = fixture.run((query.statements)(fixture.subject(turn))).await?;
        if counts {
            compared.portal.add(page);
            compared.cpu.add(used);
            compared.bare.add(statements);
        }
    }
    Ok(compared)
}

/// Runs the query without its bare statements.
pub async fn without_statements(fixture: &Arc<Fixture>, query: &Query) -> anyhow::Result<Times> {
    let mut portal = Times::default();
    for (turn, counts) in turns() {
        let page = run_query(fixture, query, turn).await?;
        if counts {
            portal.add(page);
        }
    }
    Ok(portal)
}
