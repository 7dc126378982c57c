//! `/api/openapi.json`: the description of the JSON and CSV routes, generated from the types of rows and filters.

use crate::export::lists::{CHANGES, ForEachList, HISTORY, List, ListRow, RUN_LIST, RUNS, TREND, for_each_list};
use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use muster_model::{
    change::ChangeRow,
    enrollment::{Enrollment, EnrollmentAccount},
    filter::{
        CalendarFilter, ChangesFilter, EnrollmentFilter, EnrollmentQueueFilter, Filter, HarvestFilter, HistoryFilter,
        Input, InstanceRunsFilter, Parameter, PatchPageFilter, RunsFilter, ServiceLevelFilter, SoftwareFilter,
        TrendFilter, UpdateFilter,
    },
    harvest::HarvestRow,
    instance::InstancePage,
    past::AS_OF,
    patch::PatchPage,
    run::{InvocationRow, RunPage, RunRow},
    service_level::ServiceLevelPage,
    software::SoftwareRow,
    transition::TransitionRow,
    trend::TrendDay,
    update::UpdateRow,
};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::ToSchema;

pub static OPENAPI: LazyLock<String> = LazyLock::new(|| format!("{:#}", document()));

/// The keys that say which part of a list an answer holds; a file has the whole list.
const WINDOW: [&str; 3] = ["page", "per_page", "cursor"];

pub async fn show_openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI.as_str()).into_response()
}

fn document() -> Value {
    let mut api = Api::default();
    for_each_list(&mut api);
    api.page::<ChangeRow>("changes", "list_changes", CHANGES.summary, ChangesFilter::parameters());
    let (accounts, parameters) = ("The accounts that may enroll instances", EnrollmentFilter::parameters());
    api.page::<EnrollmentAccount>("enrollment/accounts", "list_enrollment_accounts", accounts, parameters);
    let (enrollments, parameters) = ("The enrollments of instances", EnrollmentQueueFilter::parameters());
    api.page::<Enrollment>("enrollments", "list_enrollments", enrollments, parameters);
    let harvests = "The state of the last harvest of each account and Region";
    api.page::<HarvestRow>("harvest", "list_harvests", harvests, HarvestFilter::parameters());
    api.object::<InstancePage>("instances/{id}", "find_instance", "One instance", Vec::new());
    api.page::<TransitionRow>(
        "instances/{id}/history",
        "list_instance_history",
        HISTORY.summary,
        HistoryFilter::parameters(),
    );
    let parameters = InstanceRunsFilter::parameters();
    api.page::<InvocationRow>("instances/{id}/runs", "list_instance_runs", RUNS.summary, parameters);
    let (software, parameters) = ("An instance's software", SoftwareFilter::parameters());
    api.page::<SoftwareRow>("instances/{id}/software", "list_instance_software", software, parameters);
    let (updates, parameters) = ("An instance's updates", UpdateFilter::parameters());
    api.page::<UpdateRow>("instances/{id}/updates", "list_instance_updates", updates, parameters);
    let (patch, parameters) =
        ("The patches of a name: who has them, and who lacks them", PatchPageFilter::parameters());
    api.object::<PatchPage>("patches/{name}", "find_patch", patch, parameters);
    api.page::<RunRow>("runs", "list_runs", RUN_LIST.summary, RunsFilter::parameters());
    api.object::<RunPage>("runs/{id}", "find_run", "One run: how it ended, and why results failed", Vec::new());
    let (due, parameters) = ("What is due when, and how long updates took", ServiceLevelFilter::parameters());
    api.object::<ServiceLevelPage>("service-level", "show_service_level", due, parameters);
    api.page::<TrendDay>("trend", "show_trend", TREND.summary, TrendFilter::parameters());
    let (path, file) = ("/export/calendar.ics".to_owned(), json!({ "text/calendar": text() }));
    let parameters = whole(&CalendarFilter::parameters());
    api.download(
        path,
        "export_calendar_events",
        "When windows and patch policies start, as iCalendar",
        parameters,
        &file,
    );
    let of_instance = |mut parameters: Vec<Parameter>| {
        parameters.insert(0, Parameter::plain("instance", "An instance's id."));
        parameters
    };
    api.file(HISTORY.name, HISTORY.summary, of_instance(HistoryFilter::parameters()));
    api.file(RUNS.name, RUNS.summary, of_instance(InstanceRunsFilter::parameters()));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": "1",
            "description": "The rows of the VM Management portal. The filters are those of the pages; times are RFC 3339 \
                in UTC. Nothing outside the caller's scope exists here.",
        },
        "security": [{ "session": [] }],
        "paths": api.paths,
        "components": { "schemas": api.schemas(), "securitySchemes": { "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-muster",
            "description": "Of a session that began at /sign-in; the cookie is named `muster` where the portal is not \
                behind HTTPS",
        } } },
    })
}

/// The parameters of a whole list.
fn whole(parameters: &[Parameter]) -> Vec<Value> {
    parameters.iter().filter(|parameter| !WINDOW.contains(&parameter.key)).map(described).collect()
}

fn text() -> Value {
    json!({ "schema": { "type": "string" } })
}

#[derive(Default)]
struct Api {
    paths: Map<String, Value>,
    types: Vec<(String, Value)>,
}

impl ForEachList for Api {
    fn list<F: Filter + Send + 'static, Row: ListRow>(&mut self, list: List<F, Row>) {
        self.file(list.name, list.summary, F::parameters());
        if list.has_json {
            self.page::<Row>(list.name, &format!("list_{}", list.name), list.summary, F::parameters());
        }
    }
}

impl Api {
    /// A page of rows.
    fn page<R: ToSchema>(&mut self, path: &str, id: &str, summary: &str, parameters: Vec<Parameter>) {
        let row = self.reference::<R>();
        let answer = json!({
            "type": "object",
            "required": ["as_of", "total", "rows", "next"],
            "properties": {
                "as_of": {
                    "type": ["string", "null"], "format": "date-time", "description": "No row is older than this",
                },
                "total": { "type": "integer" },
                "rows": { "type": "array", "items": row },
                "next": { "type": ["string", "null"], "description": "The cursor of the following rows" },
            },
        });
        self.answer(path, id, summary, &parameters, &answer);
    }

    fn object<T: ToSchema>(&mut self, path: &str, id: &str, summary: &str, parameters: Vec<Parameter>) {
        let answer = self.reference::<T>();
        self.answer(path, id, summary, &parameters, &answer);
    }

    /// An operation under `/api/v1`.
    fn answer(&mut self, path: &str, id: &str, summary: &str, parameters: &[Parameter], answer: &Value) {
        let (in_path, not_found) = match path {
            "harvest" => (None, Some("The caller is not an operator")),
            "enrollments" => (None, Some("The caller is not an operator, or no enrollment server is configured")),
            "enrollment/accounts" => (None, Some("No enrollment server is configured")),
            _ => match path.split_once('{').and_then(|(_, rest)| rest.split_once('}')) {
                Some((name, _)) => {
                    let id = json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
                    (Some(id), Some("Not there, or not in scope"))
                }
                None => (None, None),
            },
        };
        let parameters: Vec<Value> =
            in_path.into_iter().chain(parameters.iter().map(described)).chain([as_of()]).collect();
        let mut responses = errors(
            "The store did not answer, or too many requests wait; then Retry-After says when to try again",
            not_found,
        );
        let content = json!({ "application/json": { "schema": answer } });
        responses.insert("200".to_owned(), json!({ "description": "OK", "content": content }));
        self.add(format!("/api/v1/{path}"), id, summary, parameters, responses);
    }

    fn add(&mut self, path: String, id: &str, summary: &str, parameters: Vec<Value>, responses: Map<String, Value>) {
        let operation =
            json!({ "operationId": id, "summary": summary, "parameters": parameters, "responses": responses });
        self.paths.insert(path, json!({ "get": operation }));
    }

    /// A list as a file.
    fn file(&mut self, name: &str, what: &str, parameters: Vec<Parameter>) {
        let mut all = whole(&parameters);
        for (key, value, help) in [
            ("raw", "1", "1: text as it came, not made safe for spreadsheets"),
            ("excel", "1", "1: with a byte-order mark"),
            ("format", "jsonl", "jsonl: the rows of the JSON answers as JSON lines, without any loss"),
        ] {
            all.push(json!({
                "name": key, "in": "query", "description": help, "schema": { "type": "string", "enum": [value] },
            }));
        }
        let file = json!({ "text/csv": text(), "application/jsonl": text() });
        let (id, summary) = (format!("export_{name}"), format!("{what}, as CSV or JSON lines"));
        self.download(format!("/export/{name}.csv"), &id, &summary, all, &file);
    }

    /// A file with these contents by their types.
    fn download(&mut self, path: String, id: &str, summary: &str, mut parameters: Vec<Value>, file: &Value) {
        parameters.push(as_of());
        let mut responses = errors(
            "The store did not answer, the audit log cannot be written, or too many requests wait; then Retry-After says when to try again",
            None,
        );
        responses.insert("413".to_owned(), error("More rows than a file can have; the message has their number"));
        responses.insert("429".to_owned(), error("Too many exports are running; Retry-After says when to try again"));
        responses.insert("200".to_owned(), json!({ "description": "The whole list", "content": file }));
        self.add(path, id, summary, parameters, responses);
    }

    fn reference<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        let mut types = vec![(name.clone(), T::schema())];
        T::schemas(&mut types);
        let types = types.into_iter().filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)));
        self.types.extend(types);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    /// The schemas of all types. Every member is in every answer, and what is flattened in the JSON is so here too.
    fn schemas(self) -> Map<String, Value> {
        let types: Map<String, Value> = self.types.into_iter().collect();
        let named = |name: &Value| types.get(name.as_str()?.rsplit('/').next()?);
        let mut schemas = types.clone();
        for schema in schemas.values_mut() {
            if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
                let parts = parts.iter().map(|part| part.get("$ref").and_then(named).unwrap_or(part));
                let properties = parts.filter_map(|part| part.get("properties")?.as_object()).flatten();
                let properties: Map<String, Value> = properties.map(|(name, of)| (name.clone(), of.clone())).collect();
                *schema = json!({ "type": "object", "properties": properties });
            }
            if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
                let required: Vec<Value> = properties.keys().cloned().map(Value::from).collect();
                schema["required"] = required.into();
            }
        }
        schemas.insert("Error".to_owned(), error_schema());
        schemas
    }
}

fn as_of() -> Value {
    json!({
        "name": AS_OF, "in": "query", "schema": { "type": "string", "format": "date" },
        "description": "The day at whose end everything is shown; the present unless given",
    })
}

fn described(parameter: &Parameter) -> Value {
    let codes: Vec<&str> = parameter.options.iter().map(|(code, _)| *code).collect();
    let mut schema = match parameter.input {
        Input::Text | Input::Choices => json!({ "type": "string" }),
        Input::Day => json!({ "type": "string", "format": "date" }),
        Input::Choice => json!({ "type": "string", "enum": codes }),
        Input::Flag => json!({ "type": "boolean" }),
        Input::Number { min, max, default } => {
            json!({ "type": "integer", "minimum": min, "maximum": max, "default": default })
        }
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|_, limit| !limit.is_null());
    }
    let help = parameter.help.trim_end_matches('.');
    json!({ "name": parameter.key, "in": "query", "description": help, "schema": schema })
}

fn errors(unavailable: &str, not_found: Option<&str>) -> Map<String, Value> {
    let mut errors = Map::new();
    errors.insert("400".to_owned(), error("An unknown parameter, or a value that it does not take"));
    errors.insert("401".to_owned(), error("Nobody is signed in, or the session has ended"));
    errors.extend(not_found.map(|why| ("404".to_owned(), error(why))));
    errors.insert("503".to_owned(), error(unavailable));
    errors
}

fn error(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Error" });
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["error", "request_id"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
            },
            "request_id": {
                "type": "string",
                "description": "The request in the portal's log; also in the header x-request-id of the answer",
            },
        },
    })
}
