//! Table `latest_agent`: updated from the instances that were just written.

use duckdb::Connection;
use muster_metrics::latest_agents;

const MERGE: &str = "
    MERGE INTO latest_agent l USING ({latest}) n ON l.region = n.region
    WHEN MATCHED AND l.agent_version <> n.agent_version THEN UPDATE BY NAME
    WHEN NOT MATCHED THEN INSERT BY NAME
    WHEN NOT MATCHED BY SOURCE THEN DELETE";

/// Returns whether any changed.
pub fn write(connection: &Connection) -> duckdb::Result<bool> {
    // Planned each time: see `is_cacheable`.
    connection.execute(&MERGE.replace("{latest}", &latest_agents()), []).map(|changed| changed > 0)
}
