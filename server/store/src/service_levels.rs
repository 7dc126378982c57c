//! Updates the table `service_level` from the configuration.

use super::{connection::Writer, error::StoreError, temporal, value::day};
use duckdb::{Connection, params};
use jiff::civil::Date;
use muster_core::service_levels::ServiceLevels;
use std::collections::BTreeSet;

/// Writes the service levels, if they changed.
pub fn sync(writer: &mut Writer, levels: &ServiceLevels, today: Date) -> Result<(), StoreError> {
    let wanted = levels.rows();
    if stored(&writer.connection).map_err(StoreError::read("the service levels"))? == wanted {
        return Ok(());
    }
    writer.transaction("store the service levels", |transaction| {
        temporal::remove(transaction, "service_level", "true", [], today)?;
        for (customer, band, days) in &wanted {
            let sql = "INSERT INTO service_level (customer_id, band, days, from_day) VALUES ($1, $2, $3, $4)";
            transaction.execute(sql, params![customer, band, days, day(today)])?;
        }
        Ok(())
    })
}

fn stored(connection: &Connection) -> duckdb::Result<BTreeSet<(String, String, u32)>> {
    connection
        .prepare("SELECT customer_id, band, days FROM service_level")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::migrate::tests::migrated;
    use super::*;

    #[test]
    fn a_new_store_has_the_default_service_levels() {
        assert_eq!(stored(&migrated()).expect("levels"), ServiceLevels::default().rows());
    }
}
