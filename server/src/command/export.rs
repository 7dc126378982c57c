//! `muster export`: the portal's CSV files without the portal. The store must not be in use.

use super::{
    cli::{ExportArguments, ExportList},
    setup,
};
use muster_access::principal::Principal;
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use muster_core::schedule::Schedule;
use muster_model::{
    past,
    ports::{ReportError, Reports},
};
use muster_reports::ScopedReports;
use muster_store::connection::Store;
use muster_web::export::{
    csv,
    lists::{self, List, ListRow},
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
    match arguments.list {
        ExportList::Accounts => file.write(lists::ACCOUNTS).await,
        ExportList::Instances => file.write(lists::INSTANCES).await,
        ExportList::Updates => file.write(lists::UPDATES).await,
        ExportList::History => file.write(lists::HISTORY).await,
        ExportList::Runs => file.write(lists::RUNS).await,
        ExportList::Changes => file.write(lists::CHANGES).await,
        ExportList::Trend => file.write(lists::TREND).await,
        ExportList::ServiceLevel => file.write(lists::SERVICE_LEVEL).await,
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
