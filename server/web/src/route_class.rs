//! The class of a route, which determines its headers, error format and limits.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteClass {
    /// Inside an embedding page, with its own headers and errors.
    Embedded,
    /// Health checks, which use no host name.
    Health,
    /// Scripts and styles, the same for all callers.
    Asset,
    /// JSON and CSV for programs.
    Data,
    /// Everything else: HTML for people.
    Page,
}

impl RouteClass {
    pub fn of(path: &str) -> Self {
        let is_below =
            |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match path {
            "/healthz" | "/readyz" => Self::Health,
            _ if is_below("/embed") => Self::Embedded,
            _ if is_below("/pkg") => Self::Asset,
            _ if ["/api", "/calendar-feed", "/export", "/rpc"].into_iter().any(is_below) => Self::Data,
            _ => Self::Page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RouteClass;

    #[test]
    fn compares_whole_path_segments() {
        for (path, class) in [
            ("/embed", RouteClass::Embedded),
            ("/embed/v1/session", RouteClass::Embedded),
            ("/embedded", RouteClass::Page),
            ("/readyz", RouteClass::Health),
            ("/readyz/x", RouteClass::Page),
            ("/pkg/app.js", RouteClass::Asset),
            ("/api", RouteClass::Data),
            ("/api/nothing", RouteClass::Data),
            ("/export/instances.csv", RouteClass::Data),
            ("/rpc/trend", RouteClass::Data),
            ("/rpcs", RouteClass::Page),
            ("/calendar-feed/x.ics", RouteClass::Data),
            ("/", RouteClass::Page),
            ("//api/v1", RouteClass::Page),
        ] {
            assert_eq!(RouteClass::of(path), class, "{path}");
        }
    }
}
