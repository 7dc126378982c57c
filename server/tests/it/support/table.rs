//! Rows of the store as text, for comparison with the estate.

use crate::support::world::World;
use jiff::Timestamp;
use muster_store::error::StoreError;

/// The rows of a statement, sorted. Each column is DuckDB's text of its value, or `-` for null.
pub async fn rows<const COLUMNS: usize>(world: &World, sql: &'static str) -> Vec<[String; COLUMNS]> {
    let read = world.harvester.store.read("a table", move |connection| {
        let read = || -> duckdb::Result<Vec<[String; COLUMNS]>> {
            let mut statement = connection.prepare(&format!("SELECT COLUMNS(*)::VARCHAR FROM ({sql})"))?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let mut texts = std::array::from_fn(|_| "-".to_owned());
                for (column, text) in texts.iter_mut().enumerate() {
                    if let Some(value) = row.get::<_, Option<String>>(column)? {
                        *text = value;
                    }
                }
                all.push(texts);
            }
            all.sort();
            Ok(all)
        };
        read().map_err(StoreError::read("a table"))
    });
    read.await.unwrap_or_else(|error| panic!("{sql}: {error} ({:?})", std::error::Error::source(&error)))
}

/// A time as DuckDB writes it.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()
}
