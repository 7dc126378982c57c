//! What the person asking may see, as queries take it.

/// Cannot be built outside `access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The one customer whose accounts may be seen; none means all.
    customer_id: Option<String>,
}

impl Scope {
    pub(super) fn everything() -> Self {
        Self { customer_id: None }
    }

    pub(super) fn customer(customer_id: String) -> Self {
        Self { customer_id: Some(customer_id) }
    }

    /// The first parameter of every query.
    pub fn customer_id(&self) -> Option<&str> {
        self.customer_id.as_deref()
    }
}
