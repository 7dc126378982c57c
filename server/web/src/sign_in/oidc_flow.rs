//! The sign-ins at the identity provider that are in progress, kept for ten minutes. A cookie binds each one to the
//! browser that started it, so that a callback from another browser's sign-in is refused.

use jiff::SignedDuration;
use muster_access::{
    error::AccessError,
    oidc::{
        OidcSettings,
        provider::{LoginError, PendingLogin, Provider},
    },
    principal::Identity,
    public_url::PublicUrl,
    sessions::{Lifetimes, Sessions},
    token::TokenHash,
};
use muster_core::clock::SharedClock;
use serde::Deserialize;
use std::sync::Arc;

pub const LOGIN_MINUTES: i64 = 10;
/// Each sign-in in progress takes a few hundred bytes and a URL.
const LOGINS_MAX: usize = 10_000;
const CODE_BYTES_MAX: usize = 4_096;

pub struct OidcFlow {
    pub provider: Provider,
    pub pending: Arc<Sessions<Pending>>,
}

#[derive(Clone)]
pub struct Pending {
    pub login: PendingLogin,
    pub return_to: String,
}

/// The parameters of the provider's callback. Others are ignored.
#[derive(Deserialize)]
pub struct Callback {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Why a sign-in failed: a code for the sign-in page, and the reason for the log.
pub struct LoginFailure {
    pub code: &'static str,
    pub reason: String,
}

impl OidcFlow {
    pub fn new(settings: OidcSettings, public_url: &PublicUrl, clock: SharedClock) -> Result<Self, AccessError> {
        let provider = Provider::new(settings, public_url, clock.clone())?;
        let lifetimes = Lifetimes::fixed(SignedDuration::from_mins(LOGIN_MINUTES));
        Ok(Self { provider, pending: Arc::new(Sessions::new(clock, lifetimes).with_limit(LOGINS_MAX)) })
    }

    /// Continues where `earlier` was. Sign-ins in progress at another provider are dropped.
    pub fn continuing(self, earlier: &Self) -> Self {
        match self.provider.issuer() == earlier.provider.issuer() {
            true => Self { pending: earlier.pending.clone(), ..self },
            false => self,
        }
    }

    /// Ends the sign-in of a browser's cookie and returns its identity, with the page to return to. The sign-in is removed
    /// first, so that it accepts one callback only.
    pub async fn finish(&self, token: Option<&str>, callback: Callback) -> Result<(Identity, String), LoginFailure> {
        let pending = token.and_then(|token| self.pending.take(TokenHash::of(token)));
        let Some(Pending { login, return_to }) = pending else {
            return Err(LoginFailure::unexpected("the browser has no sign-in in progress"));
        };
        if !callback.state.is_some_and(|state| login.matches(&state)) {
            return Err(LoginFailure::unexpected("the callback belongs to another sign-in than the browser's"));
        }
        match callback.error.as_deref() {
            None => {}
            Some("temporarily_unavailable" | "server_error") => {
                return Err(LoginError::Unavailable("it reported an error of its own".to_owned()).into());
            }
            Some(_) => return Err(LoginFailure::unexpected("the user or the identity provider cancelled it")),
        }
        let Some(code) = callback.code.filter(|code| code.len() <= CODE_BYTES_MAX) else {
            return Err(LoginFailure::unexpected("the callback has no valid code"));
        };
        Ok((self.provider.finish(login, code, callback.iss.as_deref()).await?, return_to))
    }
}

impl LoginFailure {
    pub fn unexpected(reason: &str) -> Self {
        Self { code: "login_failed", reason: reason.to_owned() }
    }
}

impl From<LoginError> for LoginFailure {
    fn from(error: LoginError) -> Self {
        let code = match error {
            LoginError::Unavailable(_) | LoginError::Random(_) => "unavailable",
            LoginError::CodeRejected(_) | LoginError::Token(_) | LoginError::OtherIssuer => "login_failed",
            LoginError::NoRole(_) => "no_access",
        };
        Self { code, reason: error.to_string() }
    }
}
