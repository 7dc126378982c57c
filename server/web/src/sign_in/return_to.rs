//! Redirects after sign-in: to paths of this portal only.

use axum::{
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};

const PATH_BYTES_MAX: usize = 2_000;

/// The requested path with its query string, or the overview if the path is not one of ours.
pub fn safe_return_to(requested: Option<&str>) -> &str {
    requested.filter(|path| is_own(path)).unwrap_or("/")
}

/// Browsers read `//host` and `/\host` as another host, and drop tabs and line ends.
fn is_own(path: &str) -> bool {
    let mut characters = path.chars();
    path.len() <= PATH_BYTES_MAX
        && characters.next() == Some('/')
        && !matches!(characters.next(), Some('/' | '\\'))
        && !path.contains(|c: char| c.is_control() || c == '\\')
        && !path.starts_with("/sign-in")
}

/// A redirect with status 303, so that the browser follows it with GET.
pub fn see_other(url: &str) -> Response {
    let location = HeaderValue::try_from(url).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::safe_return_to;

    #[test]
    fn accepts_only_paths_of_this_portal() {
        for path in ["/", "/instances?q=a%20b&state=Missing", "/accounts/a.b:c"] {
            assert_eq!(safe_return_to(Some(path)), path);
        }
        for path in [
            "",
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "/\t/evil.test",
            "/a\\b",
            "/sign-in?return_to=/sign-in",
            "evil",
        ] {
            assert_eq!(safe_return_to(Some(path)), "/", "{path:?}");
        }
        assert_eq!(safe_return_to(Some(&format!("/{}", "a".repeat(3_000)))), "/");
        assert_eq!(safe_return_to(None), "/");
    }
}
