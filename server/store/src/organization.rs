//! Tables `organization_*`: the members of the organization at the last successful listing.
//!
//! With them a restart need not read the tags of a thousand accounts again, and keeps the accounts when AWS does not
//! answer.

use super::{
    connection::Writer,
    error::StoreError,
    value::{read_time_option, time, time_option},
    write::{append::Tables, row::row},
};
use duckdb::{Connection, params};
use jiff::Timestamp;
use muster_core::{roster::Member, snapshot::OperationError};
use muster_model::harvest::ErrorClass;
use std::collections::HashMap;

const STORE: &str = "store the organization's accounts";

/// The last successful listing.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub last_good_at: Option<Timestamp>,
    pub tags_read_at: Option<Timestamp>,
    pub members: Vec<Member>,
}

pub fn load(connection: &Connection) -> Result<Listing, StoreError> {
    let read = || -> duckdb::Result<Listing> {
        let times = "SELECT max(last_good_at), max(tags_read_at) FROM organization_listing";
        let (last_good_at, tags_read_at) =
            connection.query_row(times, [], |row| Ok((read_time_option(row, 0)?, read_time_option(row, 1)?)))?;
        let mut tags: HashMap<String, HashMap<String, String>> = HashMap::new();
        let mut statement = connection.prepare("SELECT systems_account, key, value FROM organization_tag")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            tags.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
        }
        let members = connection
            .prepare(
                "SELECT systems_account, name, active, partition FROM organization_member ORDER BY systems_account",
            )?
            .query_map([], |row| {
                let systems_account: String = row.get(0)?;
                let tags = tags.remove(&systems_account).unwrap_or_default();
                let (name, active, partition) = (row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(Member { systems_account, name, active, partition, tags })
            })?
            .collect::<duckdb::Result<_>>()?;
        Ok(Listing { last_good_at, tags_read_at, members })
    };
    read().map_err(StoreError::read("the organization's accounts"))
}

/// Returns the error of the last listing, and what to do about it, if it failed.
pub fn failure(connection: &Connection) -> Result<Option<String>, StoreError> {
    let sql = "SELECT error_operation, error_class, error_code, error_message FROM organization_listing
               WHERE error_operation <> ''";
    let read = || -> duckdb::Result<Option<String>> {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let (operation, class): (String, String) = (row.get(0)?, row.get(1)?);
        let (code, message): (String, String) = (row.get(2)?, row.get(3)?);
        let advice = ErrorClass::from_code(&class).map_or("", |class| class.advice(&code));
        Ok(Some(format!("{operation}: {message} ({code}). {advice}")))
    };
    read().map_err(StoreError::read("the organization's last failure"))
}

/// Replaces the last successful listing.
pub fn record(writer: &mut Writer, listing: &Listing, unassigned: u64) -> Result<(), StoreError> {
    writer.transaction_apart(STORE, |connection| {
        connection.execute_batch(
            "DELETE FROM organization_listing; DELETE FROM organization_member; DELETE FROM organization_tag;",
        )?;
        connection.execute(
            "INSERT INTO organization_listing (tried_at, last_good_at, tags_read_at, unassigned, error_operation, error_class,
                error_code, error_message)
             VALUES ($1, $1, $2, $3, '', '', '', '')",
            params![time_option(listing.last_good_at), time_option(listing.tags_read_at), unassigned],
        )?;
        let mut tables = Tables::new(connection);
        let members = listing.members.iter().map(|member| {
            row! {
                systems_account: &member.systems_account,
                name: &member.name,
                active: member.active,
                partition: &member.partition,
            }
        });
        tables.append("organization_member", members)?;
        let tags = listing.members.iter().flat_map(|member| {
            member
                .tags
                .iter()
                .map(|(key, value)| row! { systems_account: &member.systems_account, key: key, value: value })
        });
        tables.append("organization_tag", tags)?;
        tables.flush().map(drop)
    })
}

/// Records that a listing failed. The last successful one is kept.
pub fn record_failure(writer: &mut Writer, error: &OperationError, now: Timestamp) -> Result<(), StoreError> {
    writer.transaction_apart(STORE, |connection| {
        let values = params![time(now), error.operation, error.class.code(), error.code, error.message];
        let changed = connection.execute(
            "UPDATE organization_listing SET tried_at = $1, error_operation = $2, error_class = $3, error_code = $4,
                error_message = $5",
            values,
        )?;
        if changed == 0 {
            let first = "INSERT INTO organization_listing
                (tried_at, unassigned, error_operation, error_class, error_code, error_message)
                VALUES ($1, 0, $2, $3, $4, $5)";
            connection.execute(first, values)?;
        }
        Ok(())
    })
}
