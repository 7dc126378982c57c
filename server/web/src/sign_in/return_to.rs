//! The page that somebody wanted before they had to sign in: a path of this portal, and nothing that leads elsewhere.

use axum::http::{HeaderValue, StatusCode, header::LOCATION};
use axum::response::{IntoResponse, Response};

const LENGTH_MAX: usize = 2_000;

/// The path with its query string, or the overview.
pub fn return_to(wanted: Option<&str>) -> &str {
    wanted.filter(|path| is_ours(path)).unwrap_or("/")
}

/// `//host` and `/\host` are other hosts to a browser, which also drops tabs and line ends.
fn is_ours(path: &str) -> bool {
    let mut characters = path.chars();
    path.len() <= LENGTH_MAX
        && characters.next() == Some('/')
        && !matches!(characters.next(), Some('/' | '\\'))
        && !path.contains(|c: char| c.is_control() || c == '\\')
        && !path.starts_with("/sign-in")
}

/// 303, so that what follows is a GET.
pub fn see_other(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response(),
        Err(_) => (StatusCode::SEE_OTHER, [(LOCATION, HeaderValue::from_static("/"))]).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::return_to;

    #[test]
    fn only_paths_of_this_portal_are_returned_to() {
        for path in ["/", "/instances?q=a%20b&state=Missing", "/accounts/a.b:c"] {
            assert_eq!(return_to(Some(path)), path);
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
            assert_eq!(return_to(Some(path)), "/", "{path:?}");
        }
        assert_eq!(return_to(Some(&format!("/{}", "a".repeat(3_000)))), "/");
        assert_eq!(return_to(None), "/");
    }
}
