//! Demo users.

use muster_access::principal::Identity;
use muster_model::viewer::{SamplePerson, ViewerRole};

/// A user of the demo, who signs in with one click.
pub struct Person {
    /// The value that the form sends.
    pub code: &'static str,
    /// A description of what they see.
    pub sees: String,
    pub identity: Identity,
}

impl Person {
    /// The user as the sign-in page lists it.
    pub fn sample(&self) -> SamplePerson {
        SamplePerson {
            code: self.code.to_owned(),
            name: self.identity.name.clone(),
            role: ViewerRole::from(&self.identity.role),
            sees: self.sees.clone(),
        }
    }
}
