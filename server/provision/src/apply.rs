//! Carries out single steps. The SDK retries requests with a client token. Requests without one are sent once: what became
//! of a request without a reply is found by the next look-up.

mod region;
mod roles;

pub use region::RegionWriter;
pub use roles::apply_to_roles;
