//! `muster export`: the portal's CSV files without the portal. The store must not be in use.

use super::{
    cli::{ExportArguments, ExportList},
    setup,
};
use crate::{
    access::principal::Principal,
    harvest::schedule::Schedule,
    query::reports::ScopedReports,
    serve::{
        error::HttpError,
        export::{
            accounts, changes,
            csv::{CsvFile, CsvOptions},
            history, instances, runs, service_level, trend, updates,
        },
    },
    store::connection::Store,
};
use app::model::past;
use std::{io::Write, sync::Arc};

pub async fn run(arguments: &ExportArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    setup::log(config.log_format);
    let store = Store::open(&config.store)?;
    // Whoever can read the file may see everything in it.
    let source = setup::reports(&config, store, Arc::new(Schedule::default()));
    let (options, query) = CsvOptions::split(&arguments.query);
    let reports = source.for_scope(Principal::local().scope()).as_of(past::as_of(&query)?)?;
    let reports = reports.compared_with(past::since(&query))?;
    write(&reports, arguments.list, &query, options).await
}

async fn write(reports: &ScopedReports, list: ExportList, query: &str, options: CsvOptions) -> anyhow::Result<()> {
    match list {
        ExportList::Accounts => print(accounts::FILE, accounts::rows(reports, query).await, options),
        ExportList::Instances => print(instances::FILE, instances::rows(reports, query).await, options),
        ExportList::Updates => print(updates::FILE, updates::rows(reports, query).await, options),
        ExportList::History => print(history::FILE, history::rows(reports, query).await, options),
        ExportList::Runs => print(runs::FILE, runs::rows(reports, query).await, options),
        ExportList::Changes => print(changes::FILE, changes::rows(reports, query).await, options),
        ExportList::Trend => print(trend::FILE, trend::rows(reports, query).await, options),
        ExportList::ServiceLevel => print(service_level::FILE, service_level::rows(reports, query).await, options),
    }
}

fn print<Row: Send + 'static>(
    file: CsvFile<Row>,
    rows: Result<Vec<Row>, HttpError>,
    options: CsvOptions,
) -> anyhow::Result<()> {
    let rows = rows.map_err(|error| match error {
        HttpError::BadRequest(message) => anyhow::anyhow!("{message}"),
        HttpError::NotFound => anyhow::anyhow!("there is no such instance in the store"),
        // Everything else that requests are refused with does not happen on the command line.
        _ => anyhow::anyhow!("the store could not be read; the line above says why"),
    })?;
    let mut output = std::io::stdout().lock();
    for chunk in file.chunks(rows, options) {
        output.write_all(&chunk)?;
    }
    Ok(output.flush()?)
}
