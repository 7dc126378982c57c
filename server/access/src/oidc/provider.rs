//! One login at an identity provider: the code flow with PKCE, from the address that somebody is sent to until the ID
//! token that says who they are.

use super::{OidcSettings, metadata::Metadata};
use crate::{
    fetch::{FetchError, Fetcher},
    jwt::{
        Refused, Unverified,
        claims::Claims,
        id_token::{self, Expected},
        keys::{Key, KeySet},
    },
    principal::{Identity, shown_name},
    public_url::PublicUrl,
    remote::{Remote, RemoteError},
    role_map::customers,
    secret::{Secret, SecretError},
    token::{NoRandomness, Token},
};
use futures::future::BoxFuture;
use muster_core::clock::SharedClock;
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
    url,
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// The path of this portal that the provider sends people back to.
pub const CALLBACK: &str = "/sign-in/oidc/callback";

/// What was begun, to be held against what comes back. Nobody but this process knows it.
#[derive(Clone)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
}

impl Begun {
    /// Whether an answer is to this login.
    pub fn is_for(&self, state: &str) -> bool {
        self.state == state
    }
}

/// Why nobody was signed in. Its words are for the log.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("the identity provider cannot be used: {0}")]
    Unavailable(String),
    #[error("the identity provider did not redeem the code: {0}")]
    Code(String),
    #[error("an ID token was refused: {0}")]
    Token(#[from] Refused),
    #[error("the provider's answer is for another issuer")]
    OtherIssuer,
    #[error("somebody signed in whose claim `{0}` has no role here")]
    NoRole(String),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("[oidc.roles] is empty: nobody would have a role")]
    NoRoles,
    #[error("{0} of [oidc] is empty")]
    Empty(&'static str),
    #[error("this machine has no certificates to know the identity provider by: install ca-certificates")]
    Certificates(#[source] std::io::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the portal's own address cannot be returned to: {0}")]
    Address(#[from] url::ParseError),
}

/// The one thing that OpenID Connect adds to a token's answer.
#[derive(Debug, Deserialize, Serialize)]
struct WithIdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

type Tokens = StandardTokenResponse<WithIdToken, BasicTokenType>;
type ProviderClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

pub struct Provider {
    settings: OidcSettings,
    secret: Option<Secret>,
    redirect_url: RedirectUrl,
    fetcher: Arc<Fetcher>,
    clock: SharedClock,
    metadata: Remote<Metadata>,
    /// Of the address that the metadata names at the moment.
    keys: Mutex<Option<Arc<Remote<KeySet>>>>,
}

impl Provider {
    pub fn new(settings: OidcSettings, public_url: &PublicUrl, clock: SharedClock) -> Result<Self, OidcError> {
        for (name, text) in [("client_id", &settings.client_id), ("role_claim", &settings.role_claim)] {
            if text.is_empty() {
                return Err(OidcError::Empty(name));
            }
        }
        if settings.roles.is_empty() {
            return Err(OidcError::NoRoles);
        }
        let secret = settings.client_secret_file.as_deref().map(|path| Secret::read(path, 1)).transpose()?;
        let fetcher = Arc::new(Fetcher::new(settings.issuer.is_plain()).map_err(OidcError::Certificates)?);
        let metadata = Remote::new(settings.issuer.discovery(), Metadata::read, fetcher.clone(), clock.clone());
        let redirect_url = RedirectUrl::new(format!("{}{CALLBACK}", public_url.origin()))?;
        Ok(Self { settings, secret, redirect_url, fetcher, clock, metadata, keys: Mutex::default() })
    }

    /// Where to send somebody's browser, and what to remember of it.
    pub async fn begin(&self) -> Result<(String, Begun), LoginError> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata)?;
        let secret = || Token::random().map(|token| token.reveal().to_owned());
        let begun = Begun { state: secret()?, nonce: secret()?, verifier: secret()? };
        let verifier = PkceCodeVerifier::new(begun.verifier.clone());
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let (url, _) = client
            .authorize_url(|| CsrfToken::new(begun.state.clone()))
            .add_scope(Scope::new("openid".to_owned()))
            .add_scopes(scopes)
            .add_extra_param("nonce", begun.nonce.clone())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok((url.into(), begun))
    }

    /// Who came back with this code. `issuer` is who the answer says that it is from, where the provider says so.
    pub async fn finish(&self, begun: Begun, code: String, issuer: Option<&str>) -> Result<Identity, LoginError> {
        if issuer.is_some_and(|issuer| issuer != self.settings.issuer.name()) {
            return Err(LoginError::OtherIssuer);
        }
        let metadata = self.metadata().await?;
        let tokens = self.redeem(&metadata, code, begun.verifier).await?;
        let id_token = tokens.extra_fields().id_token.as_deref().ok_or(Refused::Shape)?;
        let claims = self.verified(&metadata, id_token, &begun.nonce, tokens.access_token()).await?;
        self.identity(&claims)
    }

    /// Boxed: through the lifetimes of the crate's client the compiler does not see that threads may share it.
    fn redeem<'a>(
        &'a self,
        metadata: &'a Metadata,
        code: String,
        verifier: String,
    ) -> BoxFuture<'a, Result<Tokens, LoginError>> {
        Box::pin(async move {
            let client = self.client(metadata)?;
            let request = client.exchange_code(AuthorizationCode::new(code));
            let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
            request.request_async(&*self.fetcher).await.map_err(not_redeemed)
        })
    }

    async fn verified(
        &self,
        metadata: &Metadata,
        id_token: &str,
        nonce: &str,
        access_token: &AccessToken,
    ) -> Result<Claims, LoginError> {
        let token = Unverified::read(id_token)?;
        let claims = token.verify(&self.key(metadata, &token).await?)?;
        let expected = Expected {
            issuer: self.settings.issuer.name(),
            client_id: &self.settings.client_id,
            nonce,
            access_token: access_token.secret(),
            now: self.clock.now(),
        };
        id_token::check(&token, &claims, &expected)?;
        Ok(claims)
    }

    fn identity(&self, claims: &Claims) -> Result<Identity, LoginError> {
        let settings = &self.settings;
        let values = claims.texts(&settings.role_claim).unwrap_or_default();
        let ids = settings.customers_claim.as_deref().and_then(|name| claims.texts(name));
        let role = settings.roles.role(values, ids.and_then(customers));
        let role = role.ok_or_else(|| LoginError::NoRole(settings.role_claim.clone()))?;
        let subject = claims.text("sub")?;
        let called = ["name", "preferred_username", "email"].into_iter().find_map(|name| claims.text(name).ok());
        Ok(Identity {
            issuer: settings.issuer.name().to_owned(),
            subject: subject.to_owned(),
            name: shown_name(called.filter(|name| !name.is_empty()).unwrap_or(subject)),
            role,
        })
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, LoginError> {
        let metadata = self.metadata.get().await?;
        if metadata.issuer != self.settings.issuer.name() {
            let message = format!("`{}` is of another issuer", self.metadata.url());
            return Err(LoginError::Unavailable(message));
        }
        for address in [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri] {
            if !self.fetcher.allows(address) {
                return Err(FetchError::Address(address.clone()).into());
            }
        }
        Ok(metadata)
    }

    fn client(&self, metadata: &Metadata) -> Result<ProviderClient, LoginError> {
        let wrong = |error: url::ParseError| LoginError::Unavailable(error.to_string());
        let auth_type = if metadata.takes_basic() { AuthType::BasicAuth } else { AuthType::RequestBody };
        let client = Client::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::new(metadata.authorization_endpoint.clone()).map_err(wrong)?)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone()).map_err(wrong)?)
            .set_redirect_uri(self.redirect_url.clone())
            .set_auth_type(auth_type);
        Ok(match &self.secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.reveal().to_owned())),
            None => client,
        })
    }

    /// The key that a token names. The provider may have got a new one since we last looked.
    async fn key(&self, metadata: &Metadata, token: &Unverified<'_>) -> Result<Key, LoginError> {
        let keys = self.keys_at(&metadata.jwks_uri);
        let found = |set: &KeySet| set.find(&token.key_id, token.scheme).cloned();
        if let Some(key) = found(&*keys.get().await?) {
            return Ok(key);
        }
        let newer = keys.newer().await?;
        newer.and_then(|set| found(&set)).ok_or(LoginError::Token(Refused::UnknownKey))
    }

    fn keys_at(&self, url: &str) -> Arc<Remote<KeySet>> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match keys.as_ref().filter(|keys| keys.url() == url) {
            Some(keys) => keys.clone(),
            None => {
                let remote = Remote::new(url.to_owned(), KeySet::read, self.fetcher.clone(), self.clock.clone());
                keys.insert(Arc::new(remote)).clone()
            }
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Fetcher {
    type Error = FetchError;
    type Future = BoxFuture<'c, Result<HttpResponse, FetchError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl From<RemoteError> for LoginError {
    fn from(error: RemoteError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<FetchError> for LoginError {
    fn from(error: FetchError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// A code that was not redeemed, or a provider that did not say so. Of an answer that was not understood nothing is
/// told: there may be tokens in it.
fn not_redeemed(error: RequestTokenError<FetchError, BasicErrorResponse>) -> LoginError {
    match error {
        RequestTokenError::Request(error) => error.into(),
        RequestTokenError::ServerResponse(response) => match response.error() {
            // It is we who are not known, which no second try by the person will change.
            BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
                LoginError::Unavailable("it does not know our client_id and secret".to_owned())
            }
            BasicErrorResponseType::Extension(_) => LoginError::Code("it refused".to_owned()),
            known => LoginError::Code(known.as_ref().to_owned()),
        },
        RequestTokenError::Parse(..) => LoginError::Unavailable("its answer is not understood".to_owned()),
        RequestTokenError::Other(message) => LoginError::Unavailable(message),
    }
}
