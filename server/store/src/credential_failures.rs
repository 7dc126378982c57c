//! The accounts and Regions whose last harvest failed because of its credentials.

use super::error::StoreError;
use duckdb::Connection;
use muster_model::harvest::ErrorClass;

pub fn credential_failures(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let read = || -> duckdb::Result<Vec<(String, String)>> {
        let sql = "SELECT r.account_id, r.region FROM account_region r
                   JOIN harvest_error e ON e.harvest_id = r.last_harvest_id AND e.class = $1";
        let rows = |row: &duckdb::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        connection.prepare(sql)?.query_map([ErrorClass::Credentials.code()], rows)?.collect()
    };
    read().map_err(StoreError::read("the accounts with credential failures"))
}
