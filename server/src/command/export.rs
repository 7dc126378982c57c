//! `muster export`: the portal's CSV files without the portal. The store must not be in use.

use super::{cli::ExportArguments, setup};
use anyhow::Context;
use futures::future::BoxFuture;
use muster_access::principal::Principal;
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use muster_core::schedule::Schedule;
use muster_model::{
    filter::Filter,
    past,
    ports::{ReportError, Reports},
};
use muster_reports::ScopedReports;
use muster_store::connection::Store;
use muster_web::export::{
    csv,
    lists::{self, ForEachList, List, ListRow, for_each_list},
    options::FileOptions,
};
use std::{
    io::{self, Write},
    ops::ControlFlow,
    sync::Arc,
    time::Duration,
};

/// No other reader waits for the store.
const TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

pub async fn run(arguments: &ExportArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let store = Store::open(&config.store)?;
    let audit = Audit::open(&config.audit_dir(), setup::system_clock())?;
    // A user who can read the file may see everything in it.
    let source = setup::reports(&config, store, Arc::new(Schedule::default()));
    let (options, query) = FileOptions::split(&arguments.query);
    let reports = source.for_scope(Principal::local().scope()).as_of(past::as_of(&query)?)?;
    let file = File { reports: reports.compared_with(past::since(&query))?, audit, query, options };
    let mut chosen = Chosen { name: arguments.list.clone(), file: Some(file), writing: None };
    chosen.find();
    chosen.writing.context("the list is gone")?.await
}

/// Reads the name of a list. Names on the command line may have hyphens.
pub fn list_name(text: &str) -> Result<String, String> {
    let (name, names) = (text.replace('-', "_"), list_names());
    match names.contains(&name.as_str()) {
        true => Ok(name),
        false => Err(format!("there are {}", names.join(", "))),
    }
}

/// The names of all lists.
pub fn list_names() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl ForEachList for Names {
        fn list<F: Filter + Send + 'static, Row: ListRow>(&mut self, list: List<F, Row>) {
            self.0.push(list.name);
        }
    }
    let mut names = Names(vec![lists::HISTORY.name, lists::RUNS.name]);
    for_each_list(&mut names);
    names.0.sort_unstable();
    names.0
}

/// The list of a name, which is written once it is found.
struct Chosen {
    name: String,
    file: Option<File>,
    writing: Option<BoxFuture<'static, anyhow::Result<()>>>,
}

impl Chosen {
    fn find(&mut self) {
        self.write(lists::HISTORY);
        self.write(lists::RUNS);
        for_each_list(self);
    }

    fn write<F: Send + 'static, Row: ListRow>(&mut self, list: List<F, Row>) {
        if list.name == self.name {
            self.writing = self.file.take().map(|file| -> BoxFuture<'static, _> { Box::pin(file.write(list)) });
        }
    }
}

impl ForEachList for Chosen {
    fn list<F: Filter + Send + 'static, Row: ListRow>(&mut self, list: List<F, Row>) {
        self.write(list);
    }
}

struct File {
    reports: ScopedReports,
    audit: Audit,
    query: String,
    options: FileOptions,
}

impl File {
    async fn write<F: Send + 'static, Row: ListRow>(self, list: List<F, Row>) -> anyhow::Result<()> {
        let filter = (list.filter)(&self.query)?;
        if let Some(instance) = (list.instance)(&filter) {
            self.reports.instance(instance).await.map_err(describe)?;
        }
        let event = Event::new(Action::Export, Outcome::Ok).by(&Principal::local()).object(list.name);
        self.audit.record(event.detail(&self.query)).await?;
        let options = self.options;
        let reading = self.reports.start(list.name, TIMEOUT, move |context| {
            let listing = (list.listing)(context, &filter)?;
            let (mut output, mut failure) = (io::stdout().lock(), None);
            let put = |piece: Vec<u8>| match output.write_all(&piece).and_then(|()| output.flush()) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            };
            let written = csv::write(list.name, options, put, |take| listing.each(take))?;
            Ok(failure.map_or(written.map(drop), Err))
        });
        Ok(self.reports.answer(list.name, reading).await.map_err(describe)??)
    }
}

fn describe(error: ReportError) -> anyhow::Error {
    match error {
        ReportError::NotFound => anyhow::anyhow!("the store has no such instance"),
        ReportError::Unavailable { .. } | ReportError::Busy { .. } => {
            anyhow::anyhow!("the store could not be read; the log line above has the cause")
        }
    }
}
