//! What kind of answer a path has: headers, errors and limits go by it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pages inside somebody else's page; they have headers and errors of their own.
    Embedded,
    /// Asked by machines that know no host name.
    Health,
    /// The browser's half of the portal: the same for everybody.
    Asset,
    /// Asked by programs: JSON and CSV.
    Data,
    /// Everything else is seen by people.
    Page,
}

impl Kind {
    pub fn of(path: &str) -> Self {
        let below = |start: &str| path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match path {
            "/healthz" | "/readyz" => Self::Health,
            _ if below("/embed") => Self::Embedded,
            _ if below("/pkg") => Self::Asset,
            _ if ["/api", "/export", "/rpc"].into_iter().any(below) => Self::Data,
            _ => Self::Page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn only_whole_segments_count() {
        for (path, kind) in [
            ("/embed", Kind::Embedded),
            ("/embed/v1/session", Kind::Embedded),
            ("/embedded", Kind::Page),
            ("/readyz", Kind::Health),
            ("/readyz/x", Kind::Page),
            ("/pkg/app.js", Kind::Asset),
            ("/api", Kind::Data),
            ("/api/nothing", Kind::Data),
            ("/export/instances.csv", Kind::Data),
            ("/rpc/trend", Kind::Data),
            ("/rpcs", Kind::Page),
            ("/", Kind::Page),
            ("//api/v1", Kind::Page),
        ] {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }
}
