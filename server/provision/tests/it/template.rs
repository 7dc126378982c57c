//! The template has what the provisioner creates, property by property.

use crate::{
    existing::{self, ACCOUNT},
    support::{REGION, creation},
};
use muster_provision::{Settings, template::template};
use muster_simulator::created::Resource;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, env, fs};

/// Where `scripts/cfn-lint.sh` wants the template.
const FILE: &str = "MUSTER_TEMPLATE_FILE";

/// Settings with every operating system, a group with characters that ids do not have, and no offset.
const OTHER: &str = "operating_systems = [\"centos\", \"debian\", \"amazon-linux-2023\", \"alma\", \"rocky\", \"suse\"]\n\
     default_group = \"a.b_c\"\n\
     [[groups]]\nname = \"a.b_c\"\napprove_after_days = 3\nwindow_schedule = \"rate(7 days)\"\n\
     [[groups]]\nname = \"ab_c\"\napprove_after_days = 0\nwindow_schedule = \"rate(7 days)\"\n\
     [windows]\nschedule_offset_days = 0\n";

/// Resources of one type by their names, and the ids of all resources.
struct Resources {
    by_type: BTreeMap<String, BTreeMap<String, Value>>,
    names: BTreeMap<String, String>,
}

impl Resources {
    fn of(template: &Value) -> Self {
        let mut found = Self { by_type: BTreeMap::new(), names: BTreeMap::new() };
        for (id, resource) in template["Resources"].as_object().expect("resources") {
            let properties = &resource["Properties"];
            let names = ["AssociationName", "RoleName", "SettingId", "Name"].map(|key| properties[key].as_str());
            let name = names.into_iter().flatten().next().expect("a name");
            // A target's name is its group's, and each window has a task of the same name.
            let name =
                properties["WindowId"]["Ref"].as_str().map_or_else(|| name.to_owned(), |id| format!("{id} {name}"));
            let kind = resource["Type"].as_str().expect("a type").to_owned();
            found.names.insert(id.clone(), name.clone());
            let earlier = found.by_type.entry(kind).or_default().insert(name, resource.clone());
            assert!(earlier.is_none(), "{id} is there twice");
        }
        found
    }

    fn of_type(&self, kind: &str) -> Vec<Value> {
        self.by_type.get(kind).map(|resources| resources.values().cloned().collect()).unwrap_or_default()
    }

    fn properties(&self, kind: &str) -> Vec<Value> {
        self.of_type(kind).into_iter().map(|resource| resource["Properties"].clone()).collect()
    }
}

/// The bodies of the requests that made resources, without the tokens of the client.
fn bodies(resources: &[Resource]) -> Vec<Value> {
    let body = |resource: &Resource| {
        let mut body = resource.body.clone();
        body.as_object_mut().expect("an object").remove("ClientToken");
        body
    };
    resources.iter().map(body).collect()
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values
}

fn without(mut value: Value, keys: &[&str]) -> Value {
    let members: &mut Map<String, Value> = value.as_object_mut().expect("an object");
    keys.iter().for_each(|key| drop(members.remove(*key)));
    value
}

/// Fills in what CloudFormation does.
fn filled(value: Value, external_id: &str) -> Value {
    match value {
        Value::Object(members) if members.contains_key("Fn::Sub") => {
            let text = members["Fn::Sub"].as_str().expect("a text");
            let text = text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Partition}", "aws");
            json!(text.replace("${ExternalId}", external_id))
        }
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, filled(value, external_id))).collect(),
        Value::Array(values) => values.into_iter().map(|value| filled(value, external_id)).collect(),
        other => other,
    }
}

async fn assert_same(settings: Settings) {
    let template = template(&settings, &creation());
    let found = Resources::of(&template);
    let (world, mut request) = (existing::world_with(settings).await, existing::existing());
    request.existing.as_mut().expect("an account").sets_default_baselines = true;
    let ready = world.provisioner.provision(&request, "test").await.expect("ready");
    let account = world.account();
    let site = &account.regions[REGION];

    // Roles, in one Region.
    let roles = found.of_type("AWS::IAM::Role");
    assert_eq!(roles.len(), account.roles.len());
    for resource in roles {
        let properties = filled(resource["Properties"].clone(), &ready.external_id);
        let name = properties["RoleName"].as_str().expect("a name");
        let role = &account.roles[name];
        assert_eq!(properties["AssumeRolePolicyDocument"], role.trust, "{name}");
        let policy = json!([{ "PolicyName": "muster", "PolicyDocument": role.policies["muster"] }]);
        assert_eq!(properties["Policies"], policy, "{name}");
        let tags: Vec<_> = role.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        assert_eq!(properties["Tags"], json!(tags), "{name}");
        let condition = if name == "MusterHostManagement" { "HasHostManagementRole" } else { "IsRolesRegion" };
        assert_eq!(resource["Condition"], condition, "{name}");
    }

    // Baselines, with their groups and defaults.
    let baselines = found.properties("AWS::SSM::PatchBaseline");
    let plain: Vec<_> = baselines.iter().map(|one| without(one.clone(), &["PatchGroups", "DefaultBaseline"])).collect();
    assert_eq!(sorted(plain), sorted(bodies(&site.baselines)));
    assert_eq!(baselines.len(), site.groups.len());
    for baseline in &baselines {
        let id = &site.baselines.iter().find(|one| one.body["Name"] == baseline["Name"]).expect("a baseline").id;
        let groups: Vec<_> = site.groups.iter().filter(|(_, _, baseline)| baseline == id).map(|one| &one.0).collect();
        assert_eq!(baseline["PatchGroups"], json!(groups), "{baseline}");
        let is_default = site.defaults.values().any(|default| default == id);
        let wanted = is_default.then(|| json!({ "Fn::If": ["SetsDefaultBaselines", true, false] }));
        assert_eq!(baseline["DefaultBaseline"], json!(wanted), "{baseline}");
    }

    // Windows, and what they refer to.
    assert_eq!(sorted(found.properties("AWS::SSM::MaintenanceWindow")), sorted(bodies(&site.windows)));
    let resolved = |mut resource: Value| {
        let window = resource["WindowId"]["Ref"].as_str().expect("a window");
        resource["WindowId"] = json!(found.names[window]);
        resource
    };
    let name = |id: &Value| {
        let window = site.windows.iter().find(|window| *id == *window.id).expect("a window");
        window.body["Name"].clone()
    };
    let with_names = |resources: &[Resource]| {
        let named = bodies(resources).into_iter().map(|mut body| {
            body["WindowId"] = name(&body["WindowId"]);
            body
        });
        named.collect::<Vec<_>>()
    };
    let targets = found.properties("AWS::SSM::MaintenanceWindowTarget").into_iter().map(resolved).collect();
    assert_eq!(sorted(targets), sorted(with_names(&site.window_targets)));
    let tasks = found.properties("AWS::SSM::MaintenanceWindowTask").into_iter().map(|task| {
        let mut task = resolved(task);
        let target = task["Targets"][0]["Values"][0]["Ref"].as_str().expect("a target");
        let group = found.names[target].split_once(' ').expect("a window and a name").1;
        let id = site.window_targets.iter().find(|one| one.body["Name"] == group).expect("a target").id.clone();
        task["Targets"][0]["Values"][0] = json!(id);
        let run = task["TaskInvocationParameters"]["MaintenanceWindowRunCommandParameters"].take();
        task["TaskInvocationParameters"] = json!({ "RunCommand": run });
        task
    });
    assert_eq!(sorted(tasks.collect()), sorted(with_names(&site.window_tasks)));

    assert_eq!(sorted(found.properties("AWS::SSM::Association")), sorted(bodies(&site.associations)));
    let [setting] = found.properties("AWS::SSM::ServiceSetting").try_into().expect("one setting");
    let value = &site.settings[setting["SettingId"].as_str().expect("an id")];
    let choice = setting["SettingValue"]["Fn::If"].as_array().expect("a choice");
    assert_eq!((&choice[0], &choice[2]), (&json!("HasHostManagementRole"), &json!(value)));
    assert_eq!(found.names[choice[1]["Ref"].as_str().expect("a role")], *value);
    assert_eq!(found.by_type.len(), 7, "{:?}", found.by_type.keys());
}

#[tokio::test]
async fn the_template_has_what_is_provisioned() {
    assert_same(Settings::default()).await;
    assert_same(Settings::parse(OTHER).expect("settings")).await;
}

#[test]
fn the_template_fits_into_a_stack_set() {
    let template = template(&Settings::default(), &creation());
    let description = template["Description"].as_str().expect("a text");
    assert!(description.len() <= 1_024, "{}", description.len());
    assert!(template.to_string().len() <= 51_200, "{}", template.to_string().len());
    let ids = template["Resources"].as_object().expect("resources").keys();
    assert!(ids.clone().all(|id| id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    assert!(ids.len() <= 500);
}

#[test]
#[ignore = "scripts/cfn-lint.sh runs it"]
fn writes_the_template_to_a_file() {
    let path = env::var(FILE).unwrap_or_else(|_| panic!("{FILE} is not set"));
    let template = template(&Settings::default(), &creation());
    fs::write(path, serde_json::to_string_pretty(&template).expect("JSON")).expect("written");
}
