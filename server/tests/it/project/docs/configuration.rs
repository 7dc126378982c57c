//! Examples of configuration are read by the real readers, and the table of keys has every key with its default.

use super::{Document, document, documents};
use muster_access::{assignments::Assignments, file as access_file};
use muster_core::{roster, service_levels::ServiceLevels};
use muster_enroll::registry::Registry;
use muster_server::{command::enroll::config::EnrollConfig, config::Config};
use std::{collections::BTreeMap, os::unix::fs::PermissionsExt, path::PathBuf};

/// Every key of the configuration, as its type has them.
pub fn keys() -> Vec<String> {
    let fields = format!("{:#?}", Config::default());
    let is_field = |line: &&str| line.starts_with("    ") && !line.starts_with("     ");
    let names = fields.lines().filter(is_field).filter_map(|line| line.trim().split_once(": "));
    names.map(|(name, _)| name.to_owned()).collect()
}

fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    (folder, path)
}

/// The docs use no former names.
fn no_former_name(warning: String) {
    panic!("{warning}");
}

/// Reads an example as the file that it says it is.
fn read(name: &str, text: &str) -> Result<(), String> {
    let (_folder, path) = written(name, text);
    match name {
        "muster.toml" => Config::load(Some(&path), [], no_former_name).map(drop).map_err(|error| error.to_string()),
        // Both processes read a roster in TOML.
        "roster.toml" => {
            Registry::parse(text).and_then(|_| roster::read(&path).map(drop).map_err(|error| error.to_string()))
        }
        "roster.csv" => roster::read(&path).map(drop).map_err(|error| error.to_string()),
        "service-levels.toml" => ServiceLevels::read(Some(&path)).map(drop).map_err(|error| error.to_string()),
        "enroll.toml" => EnrollConfig::read(&path).map(drop).map_err(|error| format!("{error:#}")),
        "assignments.csv" => Assignments::of_file(&path).map(drop).map_err(|error| error.to_string()),
        "access.toml" => {
            // A part of the file needs the key that every such file has.
            let whole = if text.contains("public_url") { text.to_owned() } else { format!("{PUBLIC_URL}{text}") };
            let (_folder, path) = written(name, &whole);
            access_file::read(&path).map(drop).map_err(|error| error.to_string())
        }
        name => Err(format!("no reader is known for `{name}`")),
    }
}

const PUBLIC_URL: &str = "public_url = \"https://vmm.example\"\n";

#[test]
fn every_example_of_configuration_can_be_read() {
    let mut checked = BTreeMap::new();
    for document in documents() {
        for block in &document.blocks {
            let Some((language @ ("toml" | "csv"), name)) = block.label.split_once(' ') else {
                assert!(block.label != "toml" && block.label != "csv", "{}: say which file it is", block.place);
                continue;
            };
            // Rust's manifests and the like are no configuration of the portal.
            if name == "Cargo.toml" {
                continue;
            }
            *checked.entry(name.to_owned()).or_insert(0) += 1;
            // In a list a block is indented.
            let text: Vec<&str> = block.text.lines().map(str::trim_start).collect();
            let result = read(name, &format!("{}\n", text.join("\n")));
            assert_eq!(result, Ok(()), "{}: this is no {name} ({language})", block.place);
        }
    }
    let files: Vec<&str> = checked.keys().map(String::as_str).collect();
    let wanted = [
        "access.toml",
        "assignments.csv",
        "enroll.toml",
        "muster.toml",
        "roster.csv",
        "roster.toml",
        "service-levels.toml",
    ];
    assert_eq!(files, wanted, "an example of each");
}

/// Key and documented default of each row.
fn documented(operating: &Document) -> Vec<(String, String)> {
    let rows = operating.table("### Keys of muster.toml");
    rows.iter().skip(1).map(|row| (row[0].trim_matches('`').to_owned(), row[1].to_owned())).collect()
}

#[test]
fn every_key_is_documented_with_its_default() {
    let documented = documented(&document("docs/operating.md"));
    let (mut keys, mut rows) = (keys(), documented.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
    keys.sort();
    rows.sort();
    assert_eq!(rows, keys);
    let mut checked = 0;
    for (key, default) in documented {
        // A default in words depends on other keys.
        let Some(value) = default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else { continue };
        let plain = value.parse::<i64>().is_ok() || value.parse::<bool>().is_ok();
        let (_folder, path) = written(
            "muster.toml",
            &if plain { format!("{key} = {value}\n") } else { format!("{key} = \"{value}\"\n") },
        );
        let config = Config::load(Some(&path), [], no_former_name).expect("a default");
        assert_eq!(config, Config::default(), "{key} = {value}");
        checked += 1;
    }
    assert!(checked > 12, "only {checked} defaults were compared");
}
