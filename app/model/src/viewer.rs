//! Whoever looks at a page, as the page shows them, and the ways there are to sign in.

/// What somebody is to the portal.
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

    /// Whether the harvest's pages are there for them.
    pub fn sees_harvest(self) -> bool {
        self == Self::Operator
    }

    /// Whether they hand out links to auditors.
    pub fn lets_auditors_in(self) -> bool {
        matches!(self, Self::Operator | Self::AccountManager)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub name: String,
    pub role: ViewerRole,
}

/// What the sign-in page offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInWays {
    /// The demo's people; none in a real portal.
    pub people: Vec<SamplePerson>,
    /// Whether the portal has an operator of its own.
    pub break_glass: bool,
    /// Whether there is an identity provider.
    pub oidc: bool,
    /// Whether a proxy in front of the portal signs people in, who then never see the page.
    pub proxy: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplePerson {
    pub code: String,
    pub name: String,
    pub role: ViewerRole,
    pub sees: String,
}
