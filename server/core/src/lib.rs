//! Plain types that the other crates share: the clock, the roster, service levels, and the snapshot of one pull; and who
//! may read our files.
//!
//! Nothing here knows AWS, SQL or HTTP.

pub mod clock;
pub mod external_id;
pub mod feed;
pub mod folder_lock;
pub mod known;
pub mod partition;
pub mod private;
pub mod queue_url;
pub mod record;
pub mod reference_data;
pub mod roster;
pub mod schedule;
pub mod service_levels;
pub mod snapshot;
pub mod spelling;
