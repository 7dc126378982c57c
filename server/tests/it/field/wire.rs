//! Systems Manager, Quick Setup, Organizations and STS as a case describes them, over HTTP. What a case does not hold is answered with
//! an empty list, and an operation that no case knows is refused.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::any,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Between the rounds of a case without absolute times.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// From the latest absolute time of a round to the round.
const AFTER_THE_LATEST: SignedDuration = SignedDuration::from_hours(1);

/// The member that holds the rows of each operation.
const LISTS: [(&str, &str); 17] = [
    ("DescribeInstanceInformation", "InstanceInformationList"),
    ("DescribeInstanceProperties", "InstanceProperties"),
    ("DescribeInstancePatchStates", "InstancePatchStates"),
    ("DescribeInstancePatches", "Patches"),
    ("ListCommands", "Commands"),
    ("ListCommandInvocations", "CommandInvocations"),
    ("GetInventory", "Entities"),
    ("ListTagsForResource", "TagList"),
    ("DescribePatchBaselines", "BaselineIdentities"),
    ("DescribePatchGroups", "Mappings"),
    ("DescribeMaintenanceWindows", "WindowIdentities"),
    ("DescribeMaintenanceWindowTargets", "Targets"),
    ("DescribeMaintenanceWindowTasks", "Tasks"),
    ("DescribeMaintenanceWindowExecutions", "WindowExecutions"),
    ("ListAssociations", "Associations"),
    ("ListAccounts", "Accounts"),
    ("ListNodesSummary", "Summary"),
];

/// Operations whose answers a case holds by the id of an instance, a baseline or a command.
const BY_ID: [(&str, &str); 2] = [("DescribeInstancePatches", "InstanceId"), ("GetPatchBaseline", "BaselineId")];

/// The paths of Quick Setup, which have the id of what is asked for at their end.
const PATHS: [(&str, &str); 2] =
    [("/listConfigurations", "ListConfigurations"), ("/getConfiguration/", "GetConfiguration")];

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Sent {
    pub region: String,
    pub service: String,
    pub operation: String,
    /// The body: JSON, or the form of STS as text.
    pub body: Value,
}

struct Played {
    case: Value,
    round: usize,
    now: Timestamp,
    requests: Vec<Sent>,
}

pub struct Wire {
    played: Arc<Mutex<Played>>,
    url: String,
}

impl Wire {
    /// Starts to answer as in the case's first round.
    pub async fn start(case: Value, first_round_at: Timestamp) -> Self {
        let now = latest_time(&case, 0).map_or(first_round_at, |latest| latest + AFTER_THE_LATEST);
        let played = Arc::new(Mutex::new(Played { case, round: 0, now, requests: Vec::new() }));
        let app = Router::new().fallback(any(answer)).with_state(played.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { played, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The time of the round.
    pub fn now(&self) -> Timestamp {
        self.played.lock().expect("a lock").now
    }

    /// Everything that was requested.
    pub fn requests(&self) -> Vec<Sent> {
        self.played.lock().expect("a lock").requests.clone()
    }

    /// The number of requests of an operation.
    pub fn calls(&self, operation: &str) -> usize {
        self.requests().iter().filter(|sent| sent.operation == operation).count()
    }

    /// Answers as in the next round from now on. Returns whether the case has one.
    pub fn next_round(&self) -> bool {
        let mut played = self.played.lock().expect("a lock");
        let next = format!("day{}", played.round + 1);
        let accounts = played.case["accounts"].as_object().expect("accounts");
        if !accounts.values().any(|account| account.get(&next).is_some()) {
            return false;
        }
        played.round += 1;
        let tomorrow = played.now + DAY;
        played.now = latest_time(&played.case, played.round)
            .map_or(tomorrow, |latest| (latest + AFTER_THE_LATEST).max(played.now + SignedDuration::from_hours(1)));
        true
    }
}

impl Played {
    /// What an account's operation answers in this round and Region.
    fn answer_of(&self, account: &str, region: &str, operation: &str) -> Option<Value> {
        let account = self.case["accounts"].get(account)?;
        let days = (1..=self.round).rev().map(|day| format!("day{day}"));
        let parts = days.chain([format!("ssm@{region}"), "ssm".to_owned()]);
        let found = parts.filter_map(|part| account.get(part)?.get(operation)).next()?;
        let mut found = found.clone();
        let is_text = operation == "GetInventory" || PATHS.iter().any(|(_, name)| *name == operation);
        resolve_times(&mut found, self.now, is_text);
        Some(found)
    }

    fn fault(&self, account: &str, kind: &str, region: &str) -> Option<(String, String)> {
        let fault = self.case["accounts"].get(account)?.get(kind)?.get(region)?;
        Some((text(fault, "code"), text(fault, "message")))
    }

    fn ssm(&self, sent: &Sent, account: &str) -> Result<Value, (String, String)> {
        if let Some(fault) = self.fault(account, "ssm_fault", &sent.region) {
            return Err(fault);
        }
        let (operation, body) = (sent.operation.as_str(), &sent.body);
        let found = self.answer_of(account, &sent.region, operation);
        if let Some((_, id)) = BY_ID.into_iter().find(|(by_id, _)| *by_id == operation) {
            let id = text(body, id);
            let of_id = found.and_then(|all| all.get(&id).cloned());
            return match operation {
                "GetPatchBaseline" => of_id.ok_or_else(|| error("DoesNotExistException", "no such baseline")),
                _ => Ok(listed(operation, of_id)),
            };
        }
        Ok(match operation {
            "DescribeInstancePatchStates" => {
                let ids = body["InstanceIds"].as_array().cloned().unwrap_or_default();
                let rows = found.and_then(|rows| rows.as_array().cloned()).unwrap_or_default();
                listed(operation, Some(rows.into_iter().filter(|row| ids.contains(&row["InstanceId"])).collect()))
            }
            "ListCommandInvocations" if body.get("CommandId").is_some_and(Value::is_string) => {
                let rows = found.and_then(|rows| rows.as_array().cloned()).unwrap_or_default();
                listed(operation, Some(rows.into_iter().filter(|row| row["CommandId"] == body["CommandId"]).collect()))
            }
            "ListCommands" | "ListCommandInvocations" => {
                let rows = found.and_then(|rows| rows.as_array().cloned()).unwrap_or_default();
                let documents: Vec<_> = body["Filters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|filter| filter["key"] == "DocumentName")
                    .map(|filter| filter["value"].clone())
                    .collect();
                let asked = |row: &Value| documents.is_empty() || documents.contains(&row["DocumentName"]);
                listed(operation, Some(rows.into_iter().filter(asked).collect()))
            }
            "GetInventory" => {
                let type_name = body["ResultAttributes"][0]["TypeName"].as_str().unwrap_or("AWS:InstanceInformation");
                listed(operation, Some(entities(found.as_ref(), type_name, self.now)))
            }
            "GetCommandInvocation" => {
                let results = self.answer_of(account, &sent.region, "ListCommandInvocations");
                printed(results.as_ref(), body).ok_or_else(|| error("InvocationDoesNotExist", ""))?
            }
            _ if found.is_some() || LISTS.iter().any(|(list, _)| *list == operation) => {
                // Not every case knows this newer operation.
                if operation == "DescribeInstanceProperties" && found.is_none() {
                    return Err(error("UnknownOperationException", ""));
                }
                listed(operation, found)
            }
            _ => return Err(error("UnknownOperationException", "")),
        })
    }

    /// What Quick Setup answers: `ListConfigurations` is a list, `GetConfiguration` has its answers by id.
    fn quick_setup(&self, sent: &Sent, account: &str, id: &str) -> Result<Value, (String, String)> {
        if let Some(fault) = self.fault(account, "quick_setup_fault", &sent.region) {
            return Err(fault);
        }
        let found = self.answer_of(account, &sent.region, &sent.operation);
        match sent.operation.as_str() {
            "ListConfigurations" => Ok(json!({ "ConfigurationsList": found.unwrap_or_else(|| json!([])) })),
            "GetConfiguration" => found
                .and_then(|all| all.get(id).cloned())
                .ok_or_else(|| error("ResourceNotFoundException", "no such id")),
            _ => Err(error("UnknownOperationException", "")),
        }
    }

    fn organizations(&self, sent: &Sent) -> Result<Value, (String, String)> {
        let organization = &self.case["organization"];
        if organization["region"] != sent.region.as_str() {
            return Err(error("UnrecognizedClientException", "The security token included in the request is invalid."));
        }
        match sent.operation.as_str() {
            "ListAccounts" => Ok(json!({ "Accounts": organization["accounts"] })),
            "ListTagsForResource" => {
                Ok(json!({ "Tags": organization["tags"].get(text(&sent.body, "ResourceId")).unwrap_or(&json!([])) }))
            }
            _ => Err(error("UnknownOperationException", "")),
        }
    }

    /// The answer of STS, and the status.
    fn sts(&self, sent: &Sent, account: &str) -> (StatusCode, String) {
        let form = sent.body.as_str().unwrap_or_default();
        let parameter = |name: &str| {
            form_urlencoded::parse(form.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let role = parameter("RoleArn").unwrap_or_default();
        let asked = if role.is_empty() { account.to_owned() } else { role.split(':').nth(4).unwrap_or("").to_owned() };
        if let Some((code, message)) = self.fault(&asked, "sts_fault", &sent.region) {
            let body = format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            );
            return (StatusCode::FORBIDDEN, body);
        }
        let own = self.case["accounts"][&asked]["Arn"].as_str().map(str::to_owned);
        let partition = own.unwrap_or_else(|| self.partition_of(&asked));
        if !role.is_empty() && !role.starts_with(&format!("arn:{partition}:")) {
            let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
            return (StatusCode::FORBIDDEN, body.to_owned());
        }
        let arn = format!("arn:{partition}:sts::{asked}:assumed-role/muster-harvest/muster");
        let expires = self.now + SignedDuration::from_hours(1);
        let body = match sent.operation.as_str() {
            "AssumeRole" => format!(
                "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROAFIELD:muster</AssumedRoleId>\
                 <Arn>{arn}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA{asked}</AccessKeyId>\
                 <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
                 <Expiration>{expires:.0}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            ),
            _ => format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AROAFIELD:muster</UserId>\
                 <Account>{asked}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        };
        (StatusCode::OK, body)
    }

    /// The partition of an account: what the organization's ARN says, or `aws`.
    fn partition_of(&self, account: &str) -> String {
        let accounts = self.case["organization"]["accounts"].as_array().into_iter().flatten();
        let arn = accounts.filter(|it| it["Id"] == account).filter_map(|it| it["Arn"].as_str()).next();
        arn.and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws").to_owned()
    }
}

async fn answer(State(played): State<Arc<Mutex<Played>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Credential=AKID/date/region/service/aws4_request
    let credential = header("authorization").split("Credential=").nth(1).and_then(|it| it.split(',').next());
    let parts: Vec<&str> = credential.unwrap_or_default().split('/').collect();
    let [key, _, region, service, _] = parts.as_slice() else {
        return (StatusCode::FORBIDDEN, "no signature").into_response();
    };
    let form_action = || form_urlencoded::parse(&body).find(|(key, _)| key == "Action").map(|(_, value)| value);
    let by_path = PATHS.iter().find_map(|(path, name)| Some((*name, uri.path().strip_prefix(path)?)));
    let (path_operation, id) = by_path.unwrap_or_default();
    let operation = match header("x-amz-target").split('.').next_back().filter(|it| !it.is_empty()) {
        Some(operation) => operation.to_owned(),
        None if !path_operation.is_empty() => path_operation.to_owned(),
        None => form_action().unwrap_or_default().into_owned(),
    };
    let json = serde_json::from_slice(&body);
    let body = json.unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body).into_owned()));
    let sent = Sent { region: (*region).to_owned(), service: (*service).to_owned(), operation, body };
    let account = key.strip_prefix("ASIA").unwrap_or_default();
    let mut played = played.lock().expect("a lock");
    played.requests.push(sent.clone());
    if sent.service == "sts" {
        let (status, body) = played.sts(&sent, account);
        return (status, [(CONTENT_TYPE, "text/xml")], body).into_response();
    }
    let answered = match sent.service.as_str() {
        "organizations" => played.organizations(&sent),
        "ssm-quicksetup" => played.quick_setup(&sent, account, id),
        _ => played.ssm(&sent, account),
    };
    let (status, body) = match answered {
        Ok(body) => (StatusCode::OK, body),
        Err((code, message)) => (StatusCode::BAD_REQUEST, json!({ "__type": code, "message": message })),
    };
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

fn error(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// What the step that a request names printed, if anything.
fn printed(results: Option<&Value>, request: &Value) -> Option<Value> {
    let is_result = |row: &&Value| ["CommandId", "InstanceId"].iter().all(|name| row[name] == request[name]);
    let result = results?.as_array()?.iter().find(is_result)?;
    let steps = result["CommandPlugins"].as_array()?;
    let step = steps.iter().find(|step| step["Name"] == request["PluginName"])?;
    let output = step["Output"].as_str().filter(|output| !output.is_empty())?;
    Some(json!({"CommandId": result["CommandId"], "InstanceId": result["InstanceId"], "Status": step["Status"],
        "ResponseCode": step["ResponseCode"], "StandardOutputContent": output}))
}

/// Rows as the answer of a list.
fn listed(operation: &str, rows: Option<Value>) -> Value {
    let member = LISTS.into_iter().find(|(list, _)| *list == operation).map_or("", |(_, member)| member);
    json!({ member: rows.unwrap_or_else(|| json!([])) })
}

/// The inventory of one type, by instance.
fn entities(found: Option<&Value>, type_name: &str, now: Timestamp) -> Value {
    let of_type = found.and_then(|types| types.get(type_name)).and_then(Value::as_object);
    let entity = |(id, content): (&String, &Value)| {
        let item = json!({
            "TypeName": type_name, "SchemaVersion": "1.0", "CaptureTime": format!("{now:.0}"), "Content": content
        });
        json!({ "Id": id, "Data": { type_name: item } })
    };
    of_type.into_iter().flatten().map(entity).collect()
}

/// The latest absolute time in the answers of a round.
fn latest_time(case: &Value, round: usize) -> Option<Timestamp> {
    let part = if round == 0 { "ssm".to_owned() } else { format!("day{round}") };
    let accounts = case["accounts"].as_object()?;
    accounts.values().filter_map(|account| latest(account.get(&part)?)).max()
}

fn latest(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.strip_prefix('@')?.parse().ok(),
        Value::Array(all) => all.iter().filter_map(latest).max(),
        Value::Object(all) => all.values().filter_map(latest).max(),
        _ => None,
    }
}

/// Replaces `@…` by times: numbers of seconds, or text in the inventory.
fn resolve_times(value: &mut Value, now: Timestamp, as_text: bool) {
    match value {
        Value::String(text) => {
            let Some(moment) = text.strip_prefix('@').and_then(|moment| resolve(moment, now)) else { return };
            *value = if as_text { json!(format!("{moment:.0}")) } else { json!(moment.as_second() as f64) };
        }
        Value::Array(all) => all.iter_mut().for_each(|one| resolve_times(one, now, as_text)),
        Value::Object(all) => all.values_mut().for_each(|one| resolve_times(one, now, as_text)),
        _ => {}
    }
}

/// A time as `2025-11-05T02:00:00Z`, or before now as `-2h`.
fn resolve(moment: &str, now: Timestamp) -> Option<Timestamp> {
    if let Some(before) = moment.strip_prefix('-') {
        let (number, unit) = before.split_at(before.len().checked_sub(1)?);
        let number: i64 = number.parse().ok()?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => return None,
        };
        return Some(now - SignedDuration::from_secs(number * seconds));
    }
    moment.parse().ok()
}
