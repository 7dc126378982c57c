//! A value is the same on the instance, in the link and in the query.

use super::case::{Case, read, roster};
use crate::support::world::{api_of, get};
use axum::http::StatusCode;
use muster_core::roster::{Entry, check, read as read_roster};
use muster_model::{Exact, InstanceFilter, UpdateFilter, visible::is_blank};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNT: &str = "100000000001";

/// The text of an attribute, as a browser reads it.
fn unescaped(html: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&nbsp;", "\u{a0}"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(html.to_owned(), |text, (entity, c)| text.replace(entity, c))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(unescaped(&tag[start..start + tag[start..].find('"')?]))
}

/// Every figure of a page: the address that it leads to, and its number.
fn figures(page: &str) -> Vec<(String, u64)> {
    let links = page.split("<a ").skip(1).filter_map(|part| {
        let (tag, rest) = part.split_once('>')?;
        let text = rest.split('<').next()?;
        let number = text.replace(',', "").parse().ok()?;
        let href = attribute(&format!(" {tag}"), "href")?;
        (href.starts_with("/instances?") || href.starts_with("/updates/list?")).then_some((href, number))
    });
    links.collect()
}

/// The values of a form's list, with the number of instances in each label.
fn options(page: &str, name: &str) -> Vec<(String, u64)> {
    let list = page.split("<select ").find(|part| attribute(&format!(" {part}"), "name").as_deref() == Some(name));
    let list = list.and_then(|part| part.split("</select>").next()).unwrap_or_default();
    let option = |part: &str| {
        let (tag, rest) = part.split_once('>')?;
        let label = rest.split("</option>").next()?;
        let count = label.rsplit_once('(')?.1.trim_end_matches(')').replace(',', "").parse().ok()?;
        Some((attribute(&format!(" {tag}"), "value").unwrap_or_default(), count))
    };
    list.split("<option").skip(1).filter_map(option).collect()
}

/// The values of a form's list that are chosen.
fn chosen(page: &str, name: &str) -> Vec<String> {
    let list = page.split("<select ").find(|part| attribute(&format!(" {part}"), "name").as_deref() == Some(name));
    let list = list.and_then(|part| part.split("</select>").next()).unwrap_or_default();
    let tags = list.split("<option").skip(1).filter_map(|part| part.split_once('>')).map(|(tag, _)| format!(" {tag}"));
    let chosen = tags.filter(|tag| tag.contains(" selected"));
    chosen.filter_map(|tag| attribute(&tag, "value")).filter(|value| !value.is_empty()).collect()
}

fn total(answer: &Value) -> u64 {
    answer["total"].as_u64().expect("a total")
}

/// The case's instances by computer name, with another column.
async fn by_name(case: &Case, column: &str) -> BTreeMap<String, String> {
    let rows = case.rows("/api/v1/instances").await;
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    rows.iter().map(|row| (text(row, "name"), text(row, column))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_patch_group_leads_to_its_own_instance() {
    let case = Case::harvested("blank-at-the-end").await;
    let page = case.page("/accounts/100000000024").await;
    let links: BTreeSet<_> = figures(&page).into_iter().filter(|(href, _)| href.contains("patch_group=")).collect();
    let mut found = BTreeSet::new();
    for (href, number) in links {
        let answer = case.json(&api_of(&href)).await;
        assert_eq!(total(&answer), number, "{href}");
        found.extend(answer["rows"].as_array().expect("rows").iter().map(|row| row["patch_group"].to_string()));
    }
    assert_eq!(found, ["\"early\"", "\"early \"", "\"none\""].map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_blanks_gives_way_to_the_computer_name() {
    let case = Case::harvested("blank-name-tag").await;
    let row = case.row("/api/v1/instances").await;
    assert_eq!(row["name"], "ip-10-1-2-3.ec2.internal");
    assert!(case.page("/instances").await.contains("ip-10-1-2-3.ec2.internal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_keep_their_joiners() {
    let case = Case::harvested("joiners-in-names").await;
    let names: BTreeSet<_> = by_name(&case, "instance_id").await.into_keys().collect();
    assert_eq!(names, ["پایگاه\u{200c}داده", "dev 👨\u{200d}💻", "サーバー01"].map(str::to_owned).into());
}

#[test]
fn refuses_a_zone_and_joined_regions_with_the_account_and_the_word() {
    let entries = roster(&read("availability-zone-as-region"));
    let [entry] = entries.as_slice() else { panic!("one account") };
    for region in &entry.regions {
        let one = Entry { regions: vec![region.clone()], ..entry.clone() };
        let message = check(vec![one]).expect_err(region).to_string();
        assert!(message.contains(&entry.account_id) && message.contains(&format!("`{region}`")), "{message}");
    }
}

const HEADER: &str =
    "provider,account_id,account_name,customer_id,customer_name,systems_account,role_arn,external_id,regions";
const ROW: &str =
    "aws,012345678901,Shop,c-1,One,012345678901,arn:aws:iam::012345678901:role/muster,ext-1,us-east-1 eu-west-1";

/// What the roster gives, or its error.
fn roster_of(name: &str, bytes: &[u8]) -> Result<Vec<muster_core::roster::Account>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    read_roster(&path).map_err(|error| error.to_string())
}

#[test]
fn reads_a_roster_as_a_spreadsheet_saves_it() {
    let plain = roster_of("roster.csv", format!("{HEADER}\n{ROW}\n").as_bytes()).expect("valid");
    let blanks = ROW.replace(',', " , ").replace("us-east-1 ", "  us-east-1   ");
    let upper = ROW.replacen("aws", "AWS", 1).replace("us-east-1", "US-East-1");
    for text in [
        format!("\u{feff}{HEADER}\r\n{ROW}\r\n"),
        format!("{HEADER}\r\n{ROW}\r\n,,,,,,,,\r\n"),
        format!("{}\n\u{a0}{blanks}\u{3000}\n", HEADER.replace(',', " ,")),
        format!("{HEADER}\n{upper}\n"),
    ] {
        assert_eq!(roster_of("roster.csv", text.as_bytes()).expect("valid"), plain, "{text}");
    }
    let toml = "\u{feff}[[account]]\r\nprovider = \"aws \"\r\naccount_id = \" 012345678901\"\r\naccount_name = \"Shop\"\r\n\
        customer_id = \"c-1 \"\r\ncustomer_name = \"One\"\r\nsystems_account = \"012345678901\"\r\n\
        role_arn = \"arn:aws:iam::012345678901:role/muster\"\r\nexternal_id = \"ext-1\"\r\nregions = [\"us-east-1\", \" eu-west-1\"]\r\n";
    assert_eq!(roster_of("roster.toml", toml.as_bytes()).expect("valid"), plain);
}

#[test]
fn refuses_what_a_spreadsheet_destroys_and_says_what_is_wrong() {
    for (from, to, words) in [
        (",", ";", "separated by semicolons"),
        (",", "\t", "separated by tabs"),
        ("012345678901", "12345678901", "has 11 digits, an AWS account id has twelve"),
        ("aws,012345678901", "aws,1.23457E+10", "rounded by a spreadsheet"),
        ("c-1", "c\u{200b}-1", "U+200B"),
        ("c-1", " ", "customer_id is empty"),
        ("ext-1", "", "external_id is empty"),
        ("us-east-1 eu-west-1", "us-east-1;eu-west-1", "two Regions in one word"),
        ("us-east-1 eu-west-1", "moon-1", "`moon-1` is not a Region"),
        ("aws,0", "awss,0", "did you mean `aws`?"),
        ("aws,0", "Amazon Web Services,0", "aws, azure, gcp"),
    ] {
        let text = format!("{HEADER}\n{ROW}\n").replace(from, to);
        let message = roster_of("roster.csv", text.as_bytes()).expect_err(to);
        assert!(message.contains(words), "{message}");
    }
    let message = roster_of("roster.csv", b"provider\n\xe9\n").expect_err("Latin 1");
    assert!(message.contains("UTF-8"), "{message}");
}

#[test]
fn refuses_accounts_that_contradict_each_other() {
    let other = ROW.replace("012345678901", "210987654321").replace("ext-1", "ext-2");
    for (from, to, words) in [
        ("", "", ""),
        ("ext-2", "ext-1", "external_id is also that of account 012345678901"),
        ("One", "Two", "names customer `c-1` `Two`, but account 012345678901 names it `One`"),
    ] {
        let text = format!("{HEADER}\n{ROW}\n{}\n", other.replace(from, to));
        match roster_of("roster.csv", text.as_bytes()) {
            Ok(accounts) => assert_eq!((accounts.len(), words), (2, "")),
            Err(message) => assert!(!words.is_empty() && message.contains(words), "{message}"),
        }
    }
}

/// Texts that an instance could report: words of the portal, of query strings, of HTML, SQL and spreadsheets, and blanks.
const PARTS: [&str; 34] = [
    "",
    "none",
    "None",
    "\\none",
    "\\",
    "early",
    "early ",
    " early",
    "  ",
    "\u{a0}",
    "\u{3000}",
    "&",
    "=",
    "+",
    "%20",
    "%",
    "#",
    "?",
    "/",
    ";",
    ",",
    "\"",
    "'",
    "<b>",
    "&amp;",
    "--",
    "=1+1",
    "é",
    "e\u{301}",
    "پایگاه\u{200c}داده",
    "👨\u{200d}💻",
    "\u{202e}",
    "\u{200b}",
    "null",
];

fn any_text(random: &mut fastrand::Rng) -> String {
    (0..random.usize(0..4)).map(|_| PARTS[random.usize(..PARTS.len())]).collect()
}

fn hostile_case(seed: u64, instances: usize) -> Value {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut nodes, mut states, mut tags, mut patches) = (Vec::new(), Vec::new(), json!({}), json!({}));
    for number in 0..instances {
        let id = format!("i-0f1e1d{number:011}");
        // A few texts each, so that several instances have the same one.
        let mut text = || any_text(&mut random);
        nodes.push(json!({
            "InstanceId": id, "PingStatus": "Online", "LastPingDateTime": "@-3m", "AgentVersion": text(),
            "IsLatestVersion": true, "PlatformType": "Linux", "PlatformName": text(), "PlatformVersion": text(),
            "ResourceType": "EC2Instance", "IPAddress": "10.0.0.10", "ComputerName": text(),
        }));
        let updates: Vec<Value> = (0..4)
            .map(|_| {
                let (title, kb_id) = (text(), text());
                json!({
                    "Title": title, "KBId": kb_id, "Classification": text(), "Severity": text(), "State": "Missing",
                    "InstalledTime": "@-40d",
                })
            })
            .collect();
        states.push(json!({
            "InstanceId": id, "PatchGroup": text(), "BaselineId": "pb-0aaaaaaaaaaaaaaaa", "InstalledCount": 0,
            "MissingCount": updates.len(), "FailedCount": 0, "OperationStartTime": "@-3h", "OperationEndTime": "@-2h",
            "Operation": "Scan",
        }));
        tags[&id] = json!([{ "Key": "Name", "Value": text() }, { "Key": text() + "key", "Value": text() }]);
        patches[&id] = json!(updates);
    }
    json!({
        "roster": { "regions": ["us-east-1"] },
        "accounts": { ACCOUNT: { "ssm": {
            "DescribeInstanceInformation": nodes, "DescribeInstancePatchStates": states,
            "DescribeInstancePatches": patches, "GetInventory": { "AWS:Tag": tags },
        } } },
    })
}

/// Any text that an instance reports leads from its figure to its own rows, on pages, in the API and in files.
#[tokio::test(flavor = "multi_thread")]
async fn any_text_leads_from_its_figure_to_its_own_rows() {
    let case = Case::of(hostile_case(7, 40)).await;
    let round = case.harvest().await;
    assert_eq!((round.failed, round.partial), (0, 0));
    let mut checked = BTreeSet::new();
    for path in ["/".to_owned(), format!("/accounts/{ACCOUNT}")] {
        for (href, number) in figures(&case.page(&path).await) {
            if checked.insert(href.clone()) {
                let answer = case.json(&api_of(&href)).await;
                assert_eq!(total(&answer), number, "{path}: {href}");
                assert_eq!(get(case.router(), &href).await.0, StatusCode::OK, "{href}");
            }
        }
    }
    assert!(checked.iter().any(|href| href.contains("patch_group=")), "{checked:#?}");
    assert!(checked.iter().any(|href| href.contains("title=")), "{checked:#?}");
    let form = case.page("/instances").await;
    let all = case.rows("/api/v1/instances?per_page=500").await;
    for (name, column) in [("platform", "platform_name"), ("patch_group", "patch_group")] {
        let texts: BTreeSet<_> = all.iter().map(|row| row[column].as_str().expect("text").to_owned()).collect();
        let offered = options(&form, name);
        assert_eq!(offered.len(), texts.len(), "{name}: {offered:#?}");
        for (value, number) in offered {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish();
            let answer = case.json(&format!("/api/v1/instances?{query}")).await;
            assert_eq!(total(&answer), number, "{name}={value:?}");
            let rows = answer["rows"].as_array().expect("rows").iter();
            let found: BTreeSet<_> = rows.map(|row| row[column].as_str().expect("text")).collect();
            assert_eq!(found.len(), 1, "{name}={value:?}: {found:?}");
            // The page of the list shows the value as the one that is chosen.
            let page = case.page(&format!("/instances?{query}")).await;
            assert_eq!(chosen(&page, name), [value]);
        }
    }
    // No instance is without a name that can be seen.
    assert!(all.iter().all(|row| !is_blank(row["name"].as_str().expect("text"))));
    assert!(all.iter().any(|row| row["platform_name"] == ""), "no empty text was generated");
}

/// Each row of a list is found by each of its texts, and by no other text.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_found_by_each_of_its_texts() {
    let case = Case::of(hostile_case(8, 12)).await;
    case.harvest().await;
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    let exact = |row: &Value, key: &str| Some(Exact::new(text(row, key)));
    for row in case.rows("/api/v1/instances?per_page=500").await {
        let (platform, patch_group) = (exact(&row, "platform_name"), exact(&row, "patch_group"));
        let filter = InstanceFilter { platform, patch_group, ..InstanceFilter::default() };
        assert!(case.rows(&format!("/api/v1/instances?{}", filter.to_query())).await.contains(&row), "{filter:?}");
    }
    for row in case.rows("/api/v1/updates?per_page=500").await {
        let filter = UpdateFilter {
            name: exact(&row, "name"),
            // The description of an update without a title is its name.
            title: exact(&row, "description").filter(|title| *title != Exact::new(text(&row, "name"))),
            classification: exact(&row, "classification"),
            ..UpdateFilter::default()
        };
        let found = case.rows(&format!("/api/v1/updates?{}", filter.to_query())).await;
        assert!(found.contains(&row), "{filter:?}");
        let is_same = |other: &Value| text(other, "description") == text(&row, "description");
        assert!(filter.title.is_none() || found.iter().all(is_same), "{filter:?}");
    }
}

/// Files hold the texts of the API, apart from what keeps spreadsheets from running them.
#[tokio::test(flavor = "multi_thread")]
async fn files_hold_the_same_texts() {
    let case = Case::of(hostile_case(9, 30)).await;
    case.harvest().await;
    for list in ["instances", "updates"] {
        let rows = case.rows(&format!("/api/v1/{list}?per_page=500")).await;
        let file = case.page(&format!("/export/{list}.csv?raw=1")).await;
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
        assert_eq!(records.len(), rows.len());
        for (record, row) in records.iter().zip(&rows) {
            for (column, cell) in header.iter().zip(record) {
                if let Some(text) = row[column].as_str().filter(|_| !column.ends_with("_at")) {
                    assert_eq!(cell, text, "{list}: {column}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_parameter_is_honoured_or_refused() {
    let case = Case::of(hostile_case(10, 4)).await;
    case.harvest().await;
    let states = case.json("/api/v1/updates?state=Missing&state=Failed").await;
    assert_eq!(total(&states), total(&case.json("/api/v1/updates?state=Missing,Failed").await));
    assert!(total(&states) > 0);
    for path in [
        "/api/v1/instances?status=pending&status=failed",
        "/api/v1/instances?q=a&q=b",
        "/api/v1/instances?page=2&cursor=50",
        "/api/v1/instances?as_of=2026-11-19&as_of=2026-11-20",
        "/api/v1/updates?state=Missing&state=Broken",
        "/export/instances.csv?account=100000000001&account=100000000002",
        "/instances?sort=name&sort=worst",
        "/instances/i-0f1e1d00000000000?instance=i-0f1e1d00000000001",
        "/instances/i-0f1e1d00000000000?tab=runs&tab=history",
    ] {
        let (status, body) = get(case.router(), path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {body}");
    }
}
