//! What is already stored of one account and Region, for the next pull.

use super::{error::StoreError, value::read_time_option};
use crate::collect::known::{ChangeKey, Known};
use app::model::ids::{AccountId, InstanceId};
use duckdb::{Connection, Row, params};

const CHANGE_KEYS: &str = "SELECT i.instance_id, i.gone_at IS NULL, s.instance_key IS NOT NULL, s.operation_end_at,
    s.operation, s.snapshot_id, s.baseline_id, c.content_hash
    FROM instance i LEFT JOIN patch_state s USING (instance_key) LEFT JOIN software_capture c USING (instance_key)
    WHERE i.account_id = $1 AND i.region = $2";
const REGION: &str = "SELECT
        (SELECT max(requested_at) FROM invocation WHERE account_id = $1 AND region = $2),
        (SELECT max(slow_cycle_at) FROM account_region WHERE account_id = $1 AND region = $2),
        (
            SELECT string_agg(DISTINCT command_id, chr(10)) FROM invocation
            WHERE account_id = $1 AND region = $2 AND status NOT IN ('Success', 'Failed', 'TimedOut', 'Cancelled')
        )";

pub fn known(connection: &Connection, account: &AccountId, region: &str) -> Result<Known, StoreError> {
    read(connection, account, region).map_err(StoreError::read("what is known of an account"))
}

fn read(connection: &Connection, account: &AccountId, region: &str) -> duckdb::Result<Known> {
    let mut known = Known::default();
    let mut statement = connection.prepare(CHANGE_KEYS)?;
    let mut rows = statement.query(params![account.as_str(), region])?;
    while let Some(row) = rows.next()? {
        read_instance(row, &mut known)?;
    }
    connection.query_row(REGION, params![account.as_str(), region], |row| {
        known.newest_invocation_at = read_time_option(row, 0)?;
        known.slow_cycle_at = read_time_option(row, 1)?;
        let open: Option<String> = row.get(2)?;
        known.open_commands = open.iter().flat_map(|ids| ids.lines()).map(str::to_owned).collect();
        Ok(())
    })?;
    Ok(known)
}

fn read_instance(row: &Row<'_>, known: &mut Known) -> duckdb::Result<()> {
    let Ok(instance) = row.get::<_, String>(0)?.parse::<InstanceId>() else { return Ok(()) };
    let (current, scanned): (bool, bool) = (row.get(1)?, row.get(2)?);
    if current {
        known.instances.insert(instance.clone());
    }
    if scanned {
        let key = ChangeKey {
            operation_end_at: read_time_option(row, 3)?,
            operation: row.get(4)?,
            snapshot_id: row.get(5)?,
            baseline_id: row.get(6)?,
        };
        known.change_keys.insert(instance.clone(), key);
    }
    if let Some(hash) = row.get::<_, Option<String>>(7)? {
        known.software_hashes.insert(instance, hash);
    }
    Ok(())
}
