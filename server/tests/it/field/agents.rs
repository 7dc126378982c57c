//! Versions of agents are compared only with the newest of the same kind and Region. What cannot be compared is neither
//! the latest nor outdated, in no figure, filter, file or page.

use crate::field::case::Case;
use muster_verify::{Extent, verify};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_another_kind_is_not_called_the_latest() {
    let case = Case::harvested("ec2config-agent").await;
    let row = case.row("/api/v1/instances").await;
    assert_eq!(row["agent_is_latest"], Value::Null);
    for (filter, count) in [("latest", 0), ("outdated", 0), ("unknown", 1)] {
        assert_eq!(case.rows(&format!("/api/v1/instances?agent={filter}")).await.len(), count, "{filter}");
    }
    assert_eq!(case.row("/api/v1/accounts").await["pending_agent_updates"], 0);
    let page = case.page("/instances/i-0f1e1d05010000000").await;
    assert!(!page.contains("latest version<") && page.contains("not known whether it is the latest"), "{page}");
    let list = case.page("/instances").await;
    assert!(list.contains("latest version unknown"), "{list}");
    let file = case.page("/export/instances.csv").await;
    assert!(file.contains("3.19.1153,,true"), "{file}");
}

struct Agent {
    region: &'static str,
    platform: &'static str,
    source: &'static str,
    version: &'static str,
    says_latest: Option<bool>,
}

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
const PLATFORMS: [&str; 3] = ["Linux", "Windows", "MacOS"];
const SOURCES: [&str; 3] = ["AWS::EC2::Instance", "AWS::SSM::ManagedInstance", "AWS::IoT::Thing"];
/// Of SSM Agents in three lines, of EC2Config, and what an instance may write.
const VERSIONS: [&str; 11] = [
    "2.3.1319.0",
    "3.2.2303.0",
    "3.3.987.0",
    "3.3.4624.0",
    "4.0.1.0",
    "3.19.1153",
    "4.9.5777",
    "2.2.12",
    "",
    "3.3.4624.0 x",
    "3.3.4624.latest",
];

fn all() -> Vec<Agent> {
    let mut agents = Vec::new();
    for region in REGIONS {
        for platform in PLATFORMS {
            for source in SOURCES {
                for version in VERSIONS {
                    for says_latest in [None, Some(true), Some(false)] {
                        // In Europe nothing newer than this is said to be the latest.
                        let is_later = region == REGIONS[1] && ["3.3.4624.0", "4.0.1.0"].contains(&version);
                        // Of the line 4 nobody says so, but for Greengrass.
                        let is_line_4 = version == "4.0.1.0" && source != SOURCES[2];
                        if says_latest != Some(true) || !(is_later || is_line_4) {
                            agents.push(Agent { region, platform, source, version, says_latest });
                        }
                    }
                }
            }
        }
    }
    agents
}

impl Agent {
    fn node(&self, number: usize) -> Value {
        let mut node = json!({
            "InstanceId": format!("i-0f1e1d{number:011}"), "PingStatus": "Online", "AgentVersion": self.version,
            "PlatformType": self.platform, "PlatformName": self.platform, "PlatformVersion": "1",
            "ResourceType": "EC2Instance", "ComputerName": format!("n{number}"), "SourceType": self.source,
        });
        if let Some(says_latest) = self.says_latest {
            node["IsLatestVersion"] = says_latest.into();
        }
        node
    }

    fn expected(&self) -> Option<bool> {
        let newest = if self.region == REGIONS[0] { "3.3.4624.0" } else { "3.3.987.0" };
        match (self.platform, self.says_latest) {
            ("Linux", Some(says_latest)) => Some(says_latest),
            _ => match (self.version, newest) {
                ("2.3.1319.0" | "3.2.2303.0", _) | ("3.3.987.0", "3.3.4624.0") => Some(false),
                ("3.3.987.0" | "3.3.4624.0", _) => Some(true),
                _ => None,
            },
        }
    }
}

/// Every kind of agent on every platform in two Regions, with every word of its own.
#[tokio::test(flavor = "multi_thread")]
async fn every_agent_is_compared_with_its_own_kind_only() {
    let agents = all();
    let mut account = json!({ "ssm": {} });
    for region in REGIONS {
        let of_region = agents.iter().enumerate().filter(|(_, agent)| agent.region == region);
        let nodes: Vec<_> = of_region.map(|(number, agent)| agent.node(number)).collect();
        account[format!("ssm@{region}")] = json!({ "DescribeInstanceInformation": nodes });
    }
    let case = json!({ "roster": { "regions": REGIONS }, "accounts": { "100000000005": account } });
    let case = Case::of(case).await;
    assert_eq!(case.harvest().await.failed, 0);
    let mut rows = Vec::new();
    let mut page = case.json("/api/v1/instances?per_page=500").await;
    loop {
        rows.extend(page["rows"].as_array().expect("rows").clone());
        let Some(next) = page["next"].as_str().map(str::to_owned) else { break };
        page = case.json(&format!("/api/v1/instances?per_page=500&cursor={next}")).await;
    }
    assert_eq!(rows.len(), agents.len());
    for row in &rows {
        let number: usize = row["instance_id"].as_str().expect("an id")[8..].parse().expect("a number");
        let expected = agents[number].expected().map_or(Value::Null, Value::from);
        assert_eq!(row["agent_is_latest"], expected, "{row:#}");
    }
    let count = |value: Option<bool>| agents.iter().filter(|agent| agent.expected() == value).count() as u64;
    for (filter, value) in [("latest", Some(true)), ("outdated", Some(false)), ("unknown", None)] {
        let page = case.json(&format!("/api/v1/instances?agent={filter}")).await;
        assert_eq!(page["total"], count(value), "{filter}");
    }
    assert_eq!(case.row("/api/v1/accounts").await["pending_agent_updates"], count(Some(false)));
    let extent = Extent { today: false, pages_max: 40 };
    assert_eq!(verify(&case.source(), extent).await.expect("verified").first, []);
}
