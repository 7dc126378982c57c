//! The addresses of a route: for an id, with the query strings that its parameters allow.

use super::routes::{
    About::{Account, Enrollment, Everything, Instance, Patch, Run},
    Route,
    Takes::{Parameter, Path, ServerFunction},
};
use muster_model::{change::ChangeKind, trend::TrendFigure};

impl Route {
    /// The address for an id and a query string.
    pub fn address(&self, id: &str, query: &str) -> String {
        let (start, end) = (self.path.find('{'), self.path.find('}'));
        let path = match (start, end) {
            (Some(start), Some(end)) => format!("{}{}{}", &self.path[..start], encoded(id), &self.path[end + 1..]),
            _ => self.path.to_owned(),
        };
        let mut parameters = Vec::new();
        match self.takes {
            Parameter(name) => parameters.push(format!("{name}={}", encoded(id))),
            ServerFunction => {
                match self.about {
                    Instance => parameters.push(format!("instance={}", encoded(id))),
                    Patch => parameters.push(format!("name={}", encoded(id))),
                    Everything | Account | Run | Enrollment => {}
                }
                parameters.push(format!("query={}", encoded(query)));
            }
            Path => {}
        }
        // Server functions take `as_of` beside their query string.
        if self.takes != ServerFunction || query.starts_with("as_of=") {
            parameters.extend((!query.is_empty()).then(|| query.to_owned()));
        }
        if parameters.is_empty() { path } else { format!("{path}?{}", parameters.join("&")) }
    }

    /// Query strings with every code, and with every sort key in both directions.
    pub fn query_strings(&self) -> Vec<String> {
        let mut queries: Vec<String> = vec![String::new()];
        for (key, codes) in self.codes {
            queries.extend(codes.iter().map(|code| format!("{key}={}", encoded(code))));
        }
        for order in (self.orders)() {
            queries.extend(["asc", "desc"].map(|direction| format!("sort={order}&dir={direction}")));
        }
        match self.path {
            path if path.contains("trend") => {
                queries.extend(TrendFigure::ALL.iter().map(|(code, ..)| format!("figure={code}")));
            }
            path if path.contains("exposure") => queries.push(format!("q={ASKED_PACKAGE}+%3C+99&answer=not_affected")),
            path if path.contains("changes") => {
                queries.extend(ChangeKind::ALL.iter().map(|kind| format!("kind={}", kind.code())));
            }
            "/instances/{instance}" => {
                queries.extend(["updates", "history", "runs", "software"].map(|tab| format!("tab={tab}")));
            }
            _ => {}
        }
        queries
    }
}

/// The package of the questions about exposure.
pub const ASKED_PACKAGE: &str = "kernel";

/// Of many addresses with parameters, one of so many is requested.
const CRAWL_STEP: usize = 7;

/// The step between requested addresses; 1 requests all.
pub fn crawl_step() -> usize {
    std::env::var("MUSTER_CRAWL_STEP").map_or(CRAWL_STEP, |step| step.parse().expect("a number of addresses"))
}

pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A text as answers repeat it: as it is, in an address, and in an address within an address.
pub fn spellings(text: &str) -> [String; 3] {
    [encoded(&encoded(text)), encoded(text), text.to_owned()]
}
