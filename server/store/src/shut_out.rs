//! The accounts and Regions whose last harvest was not let in.

use super::error::StoreError;
use duckdb::Connection;
use muster_model::harvest::ErrorClass;

pub fn shut_out(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let read = || -> duckdb::Result<Vec<(String, String)>> {
        let sql = "SELECT r.account_id, r.region FROM account_region r
                   JOIN harvest_error e ON e.harvest_id = r.last_harvest_id AND e.class = $1";
        let rows = |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        connection.prepare(sql)?.query_map([ErrorClass::Credentials.code()], rows)?.collect()
    };
    read().map_err(StoreError::read("which accounts let nobody in"))
}
