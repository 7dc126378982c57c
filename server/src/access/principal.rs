//! Who is asking.

use super::scope::Scope;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Runs the portal, and sees every account.
    Operator,
    /// Sees the accounts of one customer.
    Customer { customer_id: String },
}

impl Principal {
    /// The only way to a scope.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Operator => Scope::everything(),
            Self::Customer { customer_id } => Scope::customer(customer_id.clone()),
        }
    }
}
