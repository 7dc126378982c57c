//! The signed-in person, as a page shows them, and the ways to sign in.

/// A role in the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewerRole {
    Customer,
    AccountManager,
    Operator,
    Auditor,
}

impl ViewerRole {
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "Customer",
            Self::AccountManager => "Account manager",
            Self::Operator => "Operator",
            Self::Auditor => "Auditor",
        }
    }

    /// Whether they may see the harvest pages.
    pub fn sees_harvest(self) -> bool {
        self == Self::Operator
    }

    /// Whether they see more than one customer.
    pub fn sees_customers(self) -> bool {
        matches!(self, Self::Operator | Self::AccountManager)
    }

    /// Whether they may make and withdraw exceptions.
    pub fn makes_exceptions(self) -> bool {
        self != Self::Auditor
    }

    /// Whether they may make links for auditors.
    pub fn lets_auditors_in(self) -> bool {
        matches!(self, Self::Operator | Self::AccountManager)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub name: String,
    pub role: ViewerRole,
}

/// The ways to sign in that the sign-in page offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInWays {
    /// The demo's sample people; none in a real portal.
    pub people: Vec<SamplePerson>,
    /// Whether a break-glass operator is configured.
    pub break_glass: bool,
    /// Whether an OpenID Connect provider is configured.
    pub oidc: bool,
    /// Whether a proxy in front of the portal signs people in; they never see this page.
    pub proxy: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplePerson {
    pub code: String,
    pub name: String,
    pub role: ViewerRole,
    pub sees: String,
}
