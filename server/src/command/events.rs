//! `muster events template`: prints the CloudFormation templates that fill the queue of events.

use super::cli::{EventsTemplate, TemplateArguments};
use std::io::Write;

const HUB: &str = include_str!("events/hub.json");
const ACCOUNT: &str = include_str!("events/account.json");

pub fn run(arguments: &TemplateArguments) -> anyhow::Result<()> {
    let template = match arguments.template {
        EventsTemplate::Hub => HUB,
        EventsTemplate::Account => ACCOUNT,
    };
    Ok(write!(std::io::stdout(), "{template}")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_collect::events::DETAIL_TYPES;
    use serde_json::{Value, json};

    fn parsed() -> [Value; 2] {
        [HUB, ACCOUNT].map(|template| serde_json::from_str(template).expect("JSON"))
    }

    /// Every value of a template, with its key.
    fn walk<'a>(key: &'a str, value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
        found.push((key, value));
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| walk(key, value, found)),
            Value::Array(items) => items.iter().for_each(|value| walk(key, value, found)),
            _ => {}
        }
    }

    fn all(template: &Value) -> Vec<(&str, &Value)> {
        let mut found = Vec::new();
        walk("", template, &mut found);
        found
    }

    #[test]
    fn the_rules_select_the_events_that_are_used() {
        for template in parsed() {
            let pattern = &template["Resources"]["Rule"]["Properties"]["EventPattern"];
            assert_eq!(*pattern, json!({ "source": ["aws.ssm"], "detail-type": DETAIL_TYPES }));
        }
    }

    #[test]
    fn every_name_that_a_template_uses_is_declared_in_it() {
        for template in parsed() {
            let declared = |name: &str| {
                ["Parameters", "Resources", "Conditions"].iter().any(|section| template[*section].get(name).is_some())
            };
            for (key, value) in all(&template) {
                let name = match key {
                    "Ref" => value.as_str(),
                    "Fn::GetAtt" | "Fn::If" => value.as_array().and_then(|parts| parts[0].as_str()),
                    _ => None,
                };
                assert!(name.is_none_or(declared), "{name:?}");
            }
        }
    }

    #[test]
    fn nobody_is_allowed_everything_and_no_arn_has_a_partition() {
        for template in parsed() {
            let mut statements = 0;
            for (_, value) in all(&template).into_iter().filter(|(_, value)| value.get("Effect").is_some()) {
                statements += 1;
                let is_everybody = value["Principal"] == "*" || value["Principal"]["AWS"] == "*";
                assert!(!is_everybody || value["Condition"]["StringEquals"].is_object(), "{value}");
                assert!(!value["Action"].to_string().contains('*') && value["Resource"] != "*", "{value}");
            }
            assert!(statements >= 2);
            let is_literal = |(key, value): &(&str, &Value)| {
                *key != "AllowedPattern" && value.as_str().is_some_and(|text| text.starts_with("arn:"))
            };
            assert!(!all(&template).iter().any(is_literal));
        }
    }
}
