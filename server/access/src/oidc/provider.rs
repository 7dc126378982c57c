//! Signing in at an identity provider: the authorization code flow with PKCE, from the authorization URL to a verified
//! ID token.

use super::{Metadata, OidcSettings};
use crate::{
    cached_document::{CachedDocument, DocumentError},
    error::AccessError,
    fetch::{Bounds, FetchError, Fetcher},
    jwt::{
        UnverifiedJwt,
        claims::Claims,
        error::JwtError,
        id_token::{self, Expected},
        keys::{Key, KeySet},
    },
    principal::{Identity, display_name},
    public_url::PublicUrl,
    role_map::customer_ids,
    secret::read_secret,
    token::{RandomError, Token},
};
use futures::future::BoxFuture;
use muster_core::clock::SharedClock;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
    url,
};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The path that the provider redirects back to.
pub const CALLBACK: &str = "/sign-in/oidc/callback";

/// The secrets of a sign-in that is in progress. They never leave this process, except for what the flow sends.
#[derive(Clone)]
pub struct PendingLogin {
    state: String,
    nonce: String,
    verifier: String,
}

impl PendingLogin {
    /// Whether a callback's `state` belongs to this sign-in.
    pub fn matches(&self, state: &str) -> bool {
        self.state == state
    }
}

/// Why a sign-in failed. For logs only.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error("the identity provider is not usable: {0}")]
    Unavailable(String),
    #[error("the identity provider rejected the code: {0}")]
    CodeRejected(String),
    #[error("the ID token was refused: {0}")]
    Token(#[from] JwtError),
    #[error("the callback names another issuer")]
    OtherIssuer,
    #[error("no value of the claim `{0}` is mapped to a role")]
    NoRole(String),
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The token response's field that OpenID Connect adds.
#[derive(Debug, Deserialize, Serialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type Tokens = StandardTokenResponse<IdTokenField, BasicTokenType>;
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
    secret: Option<SecretString>,
    redirect_url: RedirectUrl,
    fetcher: Arc<Fetcher>,
    clock: SharedClock,
    metadata: CachedDocument<Metadata>,
    /// The key set at the URL that the metadata names.
    keys: Mutex<Option<Arc<CachedDocument<KeySet>>>>,
}

impl Provider {
    pub fn new(settings: OidcSettings, public_url: &PublicUrl, clock: SharedClock) -> Result<Self, AccessError> {
        for (name, text) in [("client_id", &settings.client_id), ("role_claim", &settings.role_claim)] {
            if text.is_empty() {
                return Err(AccessError::EmptyOidc(name));
            }
        }
        if settings.roles.is_empty() {
            return Err(AccessError::NoRoles("oidc"));
        }
        let secret = settings.client_secret_file.as_deref().map(|path| read_secret(path, 1)).transpose()?;
        let fetcher =
            Arc::new(Fetcher::new(settings.issuer.is_http(), Bounds::DOCUMENT).map_err(AccessError::Certificates)?);
        let url = settings.issuer.discovery_url();
        let metadata = CachedDocument::new(url, Metadata::read, fetcher.clone(), clock.clone());
        let redirect_url = RedirectUrl::new(format!("{}{CALLBACK}", public_url.origin()))?;
        Ok(Self { settings, secret, redirect_url, fetcher, clock, metadata, keys: Mutex::default() })
    }

    /// The authorization URL to redirect to, and the sign-in to remember.
    pub async fn begin(&self) -> Result<(String, PendingLogin), LoginError> {
        let metadata = self.metadata().await?;
        let client = self.client(&metadata)?;
        let secret = || Token::random().map(|token| token.reveal().to_owned());
        let login = PendingLogin { state: secret()?, nonce: secret()?, verifier: secret()? };
        let verifier = PkceCodeVerifier::new(login.verifier.clone());
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let (url, _) = client
            .authorize_url(|| CsrfToken::new(login.state.clone()))
            .add_scope(Scope::new("openid".to_owned()))
            .add_scopes(scopes)
            .add_extra_param("nonce", login.nonce.clone())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok((url.into(), login))
    }

    /// The issuer of its users' identities.
    pub fn issuer(&self) -> &str {
        self.settings.issuer.name()
    }

    /// Redeems a code for a verified identity. `issuer` is the callback's `iss` parameter, which not all providers send.
    pub async fn finish(
        &self,
        login: PendingLogin,
        code: String,
        issuer: Option<&str>,
    ) -> Result<Identity, LoginError> {
        if issuer.is_some_and(|issuer| issuer != self.settings.issuer.name()) {
            return Err(LoginError::OtherIssuer);
        }
        let metadata = self.metadata().await?;
        let tokens = self.redeem(&metadata, code, login.verifier).await?;
        let id_token = tokens.extra_fields().id_token.as_deref().ok_or(JwtError::Malformed)?;
        let token = UnverifiedJwt::read(id_token)?;
        let claims = token.verify(&self.key(&metadata, &token).await?)?;
        let expected = Expected {
            issuer: self.settings.issuer.name(),
            client_id: &self.settings.client_id,
            nonce: &login.nonce,
            access_token: tokens.access_token().secret(),
            now: self.clock.now(),
        };
        id_token::check(&token, &claims, &expected)?;
        self.identity(&claims)
    }

    /// Boxed, because the compiler cannot prove that the future is `Send` through the lifetimes of `oauth2`'s client.
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
            request.request_async(&*self.fetcher).await.map_err(redeem_error)
        })
    }

    fn identity(&self, claims: &Claims) -> Result<Identity, LoginError> {
        let settings = &self.settings;
        let values = claims.texts(&settings.role_claim).unwrap_or_default();
        let ids = settings.customers_claim.as_deref().and_then(|name| claims.texts(name));
        let role = settings.roles.role(values, ids.and_then(customer_ids));
        let role = role.ok_or_else(|| LoginError::NoRole(settings.role_claim.clone()))?;
        let subject = claims.text("sub")?;
        let name = ["name", "preferred_username", "email"].into_iter().find_map(|name| claims.text(name).ok());
        Ok(Identity {
            issuer: settings.issuer.name().to_owned(),
            subject: subject.to_owned(),
            name: display_name(name.filter(|name| !name.is_empty()).unwrap_or(subject)),
            role,
        })
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, LoginError> {
        let metadata = self.metadata.get().await?;
        if metadata.issuer != self.settings.issuer.name() {
            let message = format!("`{}` names another issuer", self.metadata.url());
            return Err(LoginError::Unavailable(message));
        }
        for url in [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri] {
            if !self.fetcher.allows(url) {
                return Err(DocumentError::from(FetchError::Address(url.clone())).into());
            }
        }
        Ok(metadata)
    }

    fn client(&self, metadata: &Metadata) -> Result<ProviderClient, LoginError> {
        let invalid = |error: url::ParseError| LoginError::Unavailable(error.to_string());
        let auth_type = if metadata.supports_basic_auth() { AuthType::BasicAuth } else { AuthType::RequestBody };
        let client = Client::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::new(metadata.authorization_endpoint.clone()).map_err(invalid)?)
            .set_token_uri(TokenUrl::new(metadata.token_endpoint.clone()).map_err(invalid)?)
            .set_redirect_uri(self.redirect_url.clone())
            .set_auth_type(auth_type);
        Ok(match &self.secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => client,
        })
    }

    /// The key that a token names. The keys are fetched again once if it is unknown.
    async fn key(&self, metadata: &Metadata, token: &UnverifiedJwt<'_>) -> Result<Key, LoginError> {
        let keys = self.keys_at(&metadata.jwks_uri);
        let found = |set: &KeySet| set.find(&token.key_id, token.algorithm).cloned();
        if let Some(key) = found(&*keys.get().await?) {
            return Ok(key);
        }
        keys.refresh().await?.and_then(|set| found(&set)).ok_or(LoginError::Token(JwtError::UnknownKey))
    }

    fn keys_at(&self, url: &str) -> Arc<CachedDocument<KeySet>> {
        let mut keys = self.keys.lock();
        match keys.as_ref().filter(|keys| keys.url() == url) {
            Some(keys) => keys.clone(),
            None => {
                let (fetcher, clock) = (self.fetcher.clone(), self.clock.clone());
                keys.insert(Arc::new(CachedDocument::new(url.to_owned(), KeySet::read, fetcher, clock))).clone()
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

impl From<DocumentError> for LoginError {
    fn from(error: DocumentError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Responses that cannot be parsed are not logged: they may contain tokens.
fn redeem_error(error: RequestTokenError<FetchError, BasicErrorResponse>) -> LoginError {
    match error {
        RequestTokenError::Request(error) => DocumentError::from(error).into(),
        RequestTokenError::ServerResponse(response) => match response.error() {
            // A configuration error, so the user's next attempt would fail too.
            BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
                LoginError::Unavailable("it rejects our client_id or client secret".to_owned())
            }
            BasicErrorResponseType::Extension(_) => LoginError::CodeRejected("with an extension error".to_owned()),
            known => LoginError::CodeRejected(known.as_ref().to_owned()),
        },
        RequestTokenError::Parse(..) => LoginError::Unavailable("its token response is malformed".to_owned()),
        RequestTokenError::Other(message) => LoginError::Unavailable(message),
    }
}
