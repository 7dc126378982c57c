//! Updates the tables `account` and `account_region` from the roster.

use super::{
    connection::Writer,
    error::StoreError,
    listed_regions, temporal,
    value::{day, day_of, read_time_option, time, whole_second},
};
use duckdb::{Connection, params};
use jiff::{Timestamp, civil::Date};
use muster_core::roster::Account;
use muster_model::{ids::AccountId, provider::Provider};
use std::collections::{BTreeSet, HashSet};

/// The provider until the first harvest has detected one.
const UNKNOWN_PROVIDER: &str = "unknown";

/// Records the customer of an account whose customer changes, with the time to the second as in the history: what is
/// harvested in that second belongs to the new customer. An account that was off the roster belonged to its last
/// customer meanwhile.
const RECORD_FORMER_OWNER: &str = "
    INSERT INTO former_owner BY NAME SELECT account_id, customer_id, $3 AS until_at FROM account WHERE account_id = $1 AND customer_id <> $2";

/// Writes the roster, if it changed. Accounts and Regions that left it are marked, never deleted.
pub fn sync(writer: &mut Writer, accounts: &[Account], now: Timestamp) -> Result<(), StoreError> {
    if stored(&writer.connection).map_err(StoreError::read("the roster"))? == rows_of(accounts) {
        return Ok(());
    }
    let today = day_of(now);
    writer.transaction("store the roster", |transaction| {
        for table in ["account", "account_region"] {
            temporal::archive(transaction, table, "true", [], today)?;
            let sql =
                format!("UPDATE {table} SET removed_at = coalesce(removed_at, $1), from_day = greatest(from_day, $2)");
            transaction.execute(&sql, params![time(now), day(today)])?;
        }
        for account in accounts {
            transaction.execute(
                RECORD_FORMER_OWNER,
                params![account.account_id.as_str(), account.customer_id, time(whole_second(now))],
            )?;
            write_account(transaction, account, today)?;
        }
        listed_regions::replace(transaction)
    })
}

/// Returns all Regions in the order in which they were last tried, those never tried first.
pub fn by_last_try(connection: &Connection) -> Result<Vec<(AccountId, String)>, StoreError> {
    let read = || -> duckdb::Result<Vec<(String, String)>> {
        let sql = "SELECT account_id, region FROM account_region WHERE removed_at IS NULL
                   ORDER BY last_tried_at NULLS FIRST, account_id, region";
        connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let rows = read().map_err(StoreError::read("when accounts were last tried"))?;
    Ok(rows.into_iter().filter_map(|(account, region)| Some((account.parse().ok()?, region))).collect())
}

/// Returns the systems account and Region of everything that is harvested.
pub fn known_targets(connection: &Connection) -> Result<HashSet<(String, String)>, StoreError> {
    let read = || -> duckdb::Result<_> {
        let sql = "SELECT a.systems_account, r.region FROM account a JOIN account_region r USING (account_id)
                   WHERE a.removed_at IS NULL AND r.removed_at IS NULL";
        connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    read().map_err(StoreError::read("the accounts of events"))
}

/// Returns when the newest harvest began, if the store is empty or holds these accounts. It may hold others beside them, such as
/// those that have enrolled. The outer option is none if it lacks one of them.
pub fn harvested_until(connection: &Connection, accounts: &[Account]) -> Result<Option<Option<Timestamp>>, StoreError> {
    let read = || -> duckdb::Result<_> {
        let newest = connection.query_row("SELECT max(started_at) FROM harvest", [], |row| read_time_option(row, 0))?;
        Ok((newest.is_none() || stored(connection)?.is_superset(&rows_of(accounts))).then_some(newest))
    };
    read().map_err(StoreError::read("the roster"))
}

/// The roster in the tables, without providers that were detected.
fn stored(connection: &Connection) -> duckdb::Result<BTreeSet<[String; 8]>> {
    connection
        .prepare(
            "SELECT a.account_id, CASE WHEN a.provider_given THEN a.provider ELSE '' END, a.account_name, a.customer_id,
                a.customer_name, a.systems_account, a.role_arn, coalesce(r.region, '')
             FROM account a LEFT JOIN account_region r ON r.account_id = a.account_id AND r.removed_at IS NULL
             WHERE a.removed_at IS NULL",
        )?
        .query_map([], |row| {
            let text = |column| row.get::<_, String>(column);
            Ok([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?, text(7)?])
        })?
        .collect()
}

/// Accounts as [`stored`] has them.
fn rows_of(accounts: &[Account]) -> BTreeSet<[String; 8]> {
    accounts
        .iter()
        .flat_map(|account| account.regions.iter().map(move |region| (account, region)))
        .map(|(account, region)| {
            [
                account.account_id.as_str(),
                account.provider.as_ref().map_or("", Provider::code),
                &account.account_name,
                &account.customer_id,
                &account.customer_name,
                &account.systems_account,
                &account.role_arn,
                region,
            ]
            .map(str::to_owned)
        })
        .collect()
}

fn write_account(connection: &Connection, account: &Account, today: Date) -> duckdb::Result<()> {
    let id = account.account_id.as_str();
    let provider = match &account.provider {
        Some(provider) => provider.clone(),
        None => detected_provider(connection, id)?,
    };
    connection.execute("DELETE FROM account WHERE account_id = $1", [id])?;
    connection.execute(
        "INSERT INTO account (account_id, provider, provider_rank, account_name, customer_id, customer_name, systems_account,
            role_arn, provider_given, from_day)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            id,
            provider.code(),
            provider.rank(),
            account.account_name,
            account.customer_id,
            account.customer_name,
            account.systems_account,
            account.role_arn,
            account.provider.is_some(),
            day(today)
        ],
    )?;
    for region in &account.regions {
        let known = connection.execute(
            "UPDATE account_region SET removed_at = NULL WHERE account_id = $1 AND region = $2",
            params![id, region],
        )?;
        if known == 0 {
            // A new Region ignores recovered log losses; an unrecovered loss may affect it.
            connection.execute(
                "INSERT INTO account_region (account_id, region, lost_log_seen, from_day)
                 SELECT $1, $2, count(*), $3 FROM lost_log WHERE made_good_at IS NOT NULL",
                params![id, region, day(today)],
            )?;
        }
    }
    Ok(())
}

/// Returns the provider that earlier harvests detected, or else that it is unknown.
fn detected_provider(connection: &Connection, account_id: &str) -> duckdb::Result<Provider> {
    let sql = "SELECT provider FROM account WHERE account_id = $1 AND NOT provider_given";
    match connection.query_row(sql, [account_id], |row| row.get::<_, String>(0)) {
        Ok(code) => Ok(Provider::new(code)),
        Err(duckdb::Error::QueryReturnedNoRows) => Ok(Provider::new(UNKNOWN_PROVIDER)),
        Err(error) => Err(error),
    }
}
