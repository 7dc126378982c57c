//! Links for auditors and addresses of calendars: created, found by the hash of their token, and revoked.

use super::{
    connection::Store,
    error::StoreError,
    value::{read_day_option, read_time, read_time_option, time},
    write::{append::Tables, row::row},
};
use duckdb::params;
use jiff::{SignedDuration, Timestamp, civil::Date};
use muster_core::{record::Record, records};

/// How long expired links are kept.
const EXPIRED_LINK_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 400);

/// The limit of valid links of one customer. More can only come from a script.
pub const LINKS_MAX: i64 = 100;

records! {
    pub struct AuditorLink {
        pub link_id: String,
        pub customer_id: String,
        pub customer_name: String,
        /// None if it is the address of a calendar.
        pub day: Option<Date>,
        pub made_by: String,
        pub made_by_name: String,
        pub made_at: Timestamp,
        pub expires_at: Timestamp,
        pub revoked_at: Option<Timestamp>,
    }
}

impl AuditorLink {
    /// Whether the link is valid.
    pub fn opens(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Stores a new link, unless its customer has too many. Returns whether it did.
pub async fn add(store: &Store, token_hash: String, link: AuditorLink) -> Result<bool, StoreError> {
    let work = move |connection: &mut duckdb::Connection| -> duckdb::Result<bool> {
        let transaction = connection.transaction()?;
        let old = link.made_at.checked_sub(EXPIRED_LINK_RETENTION).unwrap_or(Timestamp::MIN);
        transaction.execute("DELETE FROM auditor_link WHERE expires_at < $1", params![time(old)])?;
        let open: i64 = transaction.query_row(
            "SELECT count(*) FROM auditor_link WHERE customer_id = $1 AND revoked_at IS NULL AND expires_at > $2",
            params![link.customer_id, time(link.made_at)],
            |row| row.get(0),
        )?;
        if open >= LINKS_MAX {
            return Ok(false);
        }
        let mut tables = Tables::new(&transaction);
        tables.append("auditor_link", [row! { token_hash: &token_hash }.into_iter().chain(link.fields())])?;
        tables.flush()?;
        transaction.commit()?;
        Ok(true)
    };
    store
        .write("a link for an auditor", move |writer| {
            work(&mut writer.connection).map_err(StoreError::write("store a link for an auditor"))
        })
        .await
}

/// Finds the link of a token, whether it is still valid or not.
pub async fn find(store: &Store, token_hash: String) -> Result<Option<AuditorLink>, StoreError> {
    const WHAT: &str = "a link for an auditor";
    const LINK: &str = "
        SELECT link_id, customer_id, customer_name, day, made_by, made_by_name, made_at, expires_at, revoked_at
        FROM auditor_link WHERE token_hash = $1";
    store
        .read(WHAT, move |connection| {
            let read = || -> duckdb::Result<Option<AuditorLink>> {
                let mut statement = connection.prepare(LINK)?;
                let mut links = statement.query_map([&token_hash], |row| {
                    Ok(AuditorLink {
                        link_id: row.get(0)?,
                        customer_id: row.get(1)?,
                        customer_name: row.get(2)?,
                        day: read_day_option(row, 3)?,
                        made_by: row.get(4)?,
                        made_by_name: row.get(5)?,
                        made_at: read_time(row, 6)?,
                        expires_at: read_time(row, 7)?,
                        revoked_at: read_time_option(row, 8)?,
                    })
                })?;
                links.next().transpose()
            };
            read().map_err(StoreError::read(WHAT))
        })
        .await
}

/// Revokes a link. A link that is already revoked keeps its time.
pub async fn revoke(store: &Store, link_id: String, now: Timestamp) -> Result<(), StoreError> {
    const REVOKE: &str = "UPDATE auditor_link SET revoked_at = $2 WHERE link_id = $1 AND revoked_at IS NULL";
    store
        .write("a link for an auditor", move |writer| {
            let revoked = writer.connection.execute(REVOKE, params![link_id, time(now)]);
            revoked.map(drop).map_err(StoreError::write("revoke a link for an auditor"))
        })
        .await
}
