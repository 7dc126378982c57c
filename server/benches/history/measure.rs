//! Asks a question again and again, and says how long it takes.

use crate::{place::Place, process::processor, questions::Question};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const SAMPLES_MAX: usize = 60;
/// A slow question is asked no longer than this, but often enough for a median.
const TIME_MAX: Duration = Duration::from_secs(15);
const SAMPLES_MIN: usize = 10;
/// Asked first and not counted, each about another instance.
const WARM: usize = 3;

/// Milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    pub fn add(&mut self, milliseconds: f64) {
        let place = self.0.partition_point(|other| *other < milliseconds);
        self.0.insert(place, milliseconds);
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

/// Turns until there are samples enough or time is up; the first ones are to be left out of what is counted.
pub fn turns() -> impl Iterator<Item = (usize, bool)> {
    let started = Instant::now();
    (0..WARM + SAMPLES_MAX)
        .take_while(move |turn| *turn < WARM + SAMPLES_MIN || started.elapsed() < TIME_MAX)
        .map(|turn| (turn, turn >= WARM))
}

/// One answer through the portal's reports, in milliseconds.
pub async fn ask(place: &Arc<Place>, question: &Question, turn: usize) -> anyhow::Result<f64> {
    let subject = place.subject(turn).clone();
    let started = Instant::now();
    (question.ask)(place.clone(), subject).await?;
    Ok(started.elapsed().as_secs_f64() * 1_000.0)
}

/// What the portal's answers take on the clock and of the processors, and the bare statements of the same answers.
#[derive(Default)]
pub struct Compared {
    pub asked: Times,
    pub processor: Times,
    pub bare: Times,
}

/// Asks the portal and, in turn with it, runs the bare statements.
pub async fn with_statements(place: &Arc<Place>, question: &Question) -> anyhow::Result<Compared> {
    let mut compared = Compared::default();
    for (turn, counts) in turns() {
        let before = processor()?;
        let page = ask(place, question, turn).await?;
        let used = processor()? - before;
        let statements = place.run((question.statements)(place.subject(turn))).await?;
        if counts {
            compared.asked.add(page);
            compared.processor.add(used);
            compared.bare.add(statements);
        }
    }
    Ok(compared)
}

/// The portal's answers alone.
pub async fn alone(place: &Arc<Place>, question: &Question) -> anyhow::Result<Times> {
    let mut asked = Times::default();
    for (turn, counts) in turns() {
        let page = ask(place, question, turn).await?;
        if counts {
            asked.add(page);
        }
    }
    Ok(asked)
}
