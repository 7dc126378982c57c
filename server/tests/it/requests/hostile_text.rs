//! Hostile cases of text that instances report.
//!
//! 15. Too long → `long_text_is_truncated_with_an_ellipsis_everywhere`,
//!     `an_oversized_inventory_is_truncated_and_reported`
//! 16. Misleading or invalid characters → `misleading_characters_are_removed_or_replaced`,
//!     `an_invalid_character_loses_no_row`
//! 18. Markup → `markup_is_escaped_on_every_page`; in a browser `end2end/tests/problems.spec.ts`

use crate::support::world::{World, get, get_bytes};
use axum::http::StatusCode;
use muster_collect::text::TEXT_MAX_CHARS;
use muster_model::{freshness::HarvestState, harvest::ErrorClass};
use muster_simulator::{Fault, FaultKind};
use serde_json::json;

const CUT_MARK: char = '…';
/// More than any page of two instances needs, and far less than the reported text.
const PAGE_BYTES_MAX: usize = 200_000;
/// Rows that one instance reports.
const INVENTORY_ROWS: usize = 200_000;
/// Rows of an inventory that are stored.
const INVENTORY_ROWS_MAX: i64 = 10_000;

/// Control characters other than tabs and line breaks, and characters that hide or reorder text.
fn is_misleading(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The addresses that show texts of an instance: pages, JSON, CSV.
fn addresses(id: &str) -> Vec<String> {
    let of_instance = ["", "?tab=software", "?tab=history", "?tab=runs"].map(|tab| format!("/instances/{id}{tab}"));
    let data = ["updates", "software", "history"].map(|list| format!("/api/v1/instances/{id}/{list}"));
    let lists = [
        "/",
        "/instances",
        "/customers",
        "/updates",
        "/updates/list",
        "/api/v1/instances",
        "/api/v1/updates",
        "/export/instances.csv",
        "/export/updates.csv",
    ];
    let history = [format!("/export/history.csv?instance={id}"), format!("/export/updates.csv?instance={id}")];
    of_instance.into_iter().chain(data).chain(lists.map(str::to_owned)).chain(history).collect()
}

/// A world of one account with two instances, and their ids.
async fn two_instances() -> (World, [String; 2]) {
    let world = World::generated(1, 2, 1).await;
    let ids = world.estate.read().expect("the estate").instances();
    let [one, other] = ids.as_slice() else { panic!("two instances, not {}", ids.len()) };
    let ids = [one.instance_id.to_string(), other.instance_id.to_string()];
    (world, ids)
}

/// Makes the instances report these names, and an update with this title.
fn report_texts(world: &World, names: [(&str, &str); 2], title: &str) {
    let information = names.map(|(id, name)| {
        format!(
            r#"{{"InstanceId":"{id}","ComputerName":"{name}","PingStatus":"Online","LastPingDateTime":1763865374.6,
                "PlatformType":"Linux","ResourceType":"ManagedInstance","AgentVersion":"3.3.987.0"}}"#
        )
    });
    set_rows(world, "DescribeInstanceInformation", "InstanceInformationList", &information);
    let patch = |title: &str| {
        format!(
            r#"{{"Title":"{title}","KBId":"{title}","Classification":"Security","Severity":"Critical",
                "State":"Missing","InstalledTime":0}}"#
        )
    };
    set_rows(world, "DescribeInstancePatches", "Patches", &[patch(title), patch("plain-package")]);
}

/// Replaces the answers of an operation. Line breaks of the source are between tokens, where JSON allows them.
fn set_rows(world: &World, operation: &str, list: &str, rows: &[String]) {
    let body = format!(r#"{{"{list}":[{}]}}"#, rows.join(","));
    world.simulator.set_fault(Fault::on(operation, FaultKind::Body(body.into_bytes())));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_text_is_truncated_with_an_ellipsis_everywhere() {
    let (world, [id, other]) = two_instances().await;
    let (name, title) = ("n".repeat(500_000), "t".repeat(10_000_000));
    report_texts(&world, [(&id, &name), (&other, "plain-name")], &title);
    world.harvest().await;
    for row in world.harvests().await {
        assert_eq!(row.state, HarvestState::Fresh, "{:?}", row.errors);
    }
    let longest = world.count("SELECT max(greatest(length(title), length(kb_id))) FROM patch").await;
    assert_eq!(longest, TEXT_MAX_CHARS as i64);
    assert_eq!(world.count("SELECT max(length(computer_name)) FROM instance").await, TEXT_MAX_CHARS as i64);
    for path in addresses(&id) {
        let (status, body) = get(world.router(), &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(body.len() < PAGE_BYTES_MAX, "{path} is {} bytes long", body.len());
        for long in ["nnnnnnnnnn", "tttttttttt"] {
            assert!(!body.contains(long) || body.contains(CUT_MARK), "{path} does not mark the truncation");
        }
    }
    let (_, file) = get(world.router(), "/export/updates.csv").await;
    assert!(file.contains(&format!("{}{CUT_MARK}", "t".repeat(TEXT_MAX_CHARS - 1))) && file.contains("plain-package"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_inventory_is_truncated_and_reported() {
    let (world, [id, _]) = two_instances().await;
    let rows: Vec<_> = (0..INVENTORY_ROWS).map(|row| json!({ "Name": format!("p{row}") })).collect();
    let item = json!({ "TypeName": "AWS:Application", "SchemaVersion": "1.1", "ContentHash": "h", "Content": rows });
    let body = json!({ "Entities": [{ "Id": id, "Data": { "AWS:Application": item } }] }).to_string();
    let fault = Fault::on("GetInventory", FaultKind::Body(body.into_bytes()));
    world.simulator.set_fault(fault.about("AWS:Application"));
    world.harvest().await;
    let row = &world.harvests().await[0];
    assert_eq!(row.state, HarvestState::Partial);
    let [error] = row.errors.as_slice() else { panic!("one error, not {:?}", row.errors) };
    assert_eq!(error.class, ErrorClass::Schema);
    let left_out = INVENTORY_ROWS as i64 - INVENTORY_ROWS_MAX;
    assert!(error.message.contains(&format!("the last {left_out} were left out")), "{}", error.message);
    assert_eq!(world.count("SELECT count(*) FROM software").await, INVENTORY_ROWS_MAX);
    for path in [format!("/instances/{id}?tab=software"), format!("/api/v1/instances/{id}/software")] {
        let (status, body) = get(world.router(), &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(body.len() < PAGE_BYTES_MAX, "{path} is {} bytes long", body.len());
    }
}

/// Misleading texts in JSON, and as they are stored.
const MISLEADING: [(&str, &str); 8] = [
    (r"nul\u0000end", "nulend"),
    (r"c0\u0001\u0007\u001b[31m\u007f\u0085end", "c0[31mend"),
    (r"lone\ud800end", "lone\u{fffd}end"),
    (r"low\udc00end", "low\u{fffd}end"),
    (r"rtl\u202egpj.exe", "rtl\u{fffd}gpj.exe"),
    (r"zero\u200bwidth\ufeff", "zero\u{fffd}width\u{fffd}"),
    (r"line\nbreak\ttab", "line break tab"),
    (r"smile\ud83d\ude00", "smile😀"),
];

async fn assert_stored(world: &World, name: &str, title: &str) {
    let names = "SELECT string_agg(computer_name, '|' ORDER BY computer_name) FROM instance";
    let titles = "SELECT string_agg(DISTINCT p.title, '|' ORDER BY p.title) FROM patch p
        JOIN instance_update u USING (patch_key)";
    for (sql, text, plain) in [(names, name, "plain-name"), (titles, title, "plain-package")] {
        let texts = world.harvester.store.read("texts", move |connection| {
            let texts = connection.query_row(sql, [], |row| row.get::<_, String>(0));
            texts.map_err(muster_store::error::StoreError::read("texts"))
        });
        let mut expected = [text, plain];
        expected.sort_unstable();
        assert_eq!(texts.await.expect("texts"), expected.join("|"));
    }
}

async fn assert_shown(world: &World, id: &str, text: &str) {
    for path in addresses(id) {
        let (status, bytes) = get_bytes(world.router(), &path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let body = String::from_utf8(bytes).expect("UTF-8");
        let misleading = body.chars().find(|c| is_misleading(*c));
        assert_eq!(misleading, None, "{path} shows `{text}` unchanged");
    }
    for path in ["/instances".to_owned(), "/export/instances.csv".to_owned(), format!("/instances/{id}")] {
        let (_, body) = get(world.router(), &path).await;
        assert!(body.contains(text), "{path} does not show `{text}`");
    }
    let (_, updates) = get(world.router(), "/export/updates.csv").await;
    assert!(updates.contains(text) && updates.contains("plain-package"), "{updates}");
}

#[tokio::test(flavor = "multi_thread")]
async fn misleading_characters_are_removed_or_replaced() {
    let (world, [id, other]) = two_instances().await;
    let (wire, kept) = MISLEADING.iter().copied().unzip::<_, _, Vec<_>, Vec<_>>();
    let zalgo = |accents| format!("z{}end", "\u{0336}".repeat(accents));
    let wire = format!("{} {}", wire.join(" "), zalgo(64));
    let kept = format!("{} {}", kept.join(" "), zalgo(3));
    report_texts(&world, [(&id, &wire), (&other, "plain-name")], &wire);
    world.harvest().await;
    let row = &world.harvests().await[0];
    assert_eq!(row.state, HarvestState::Fresh, "{:?}", row.errors);
    assert_stored(&world, &kept, &kept).await;
    assert_shown(&world, &id, &kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_is_escaped_on_every_page() {
    let (world, [id, other]) = two_instances().await;
    let markup = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
    report_texts(&world, [(&id, markup), (&other, "plain-name")], markup);
    world.harvest().await;
    for path in addresses(&id).iter().filter(|path| !path.starts_with("/api/") && !path.starts_with("/export/")) {
        let (status, body) = get(world.router(), path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        for tag in ["<script>alert", "<img src=x"] {
            assert!(!body.contains(tag), "{path} has `{tag}` unescaped");
        }
    }
    for path in ["/instances", "/updates/list"] {
        assert!(get(world.router(), path).await.1.contains("&lt;img src=x"), "{path} does not show it");
    }
}

/// Answers with invalid UTF-8 and unescaped control characters, which are no valid JSON.
#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_character_loses_no_row() {
    let invalid = b"utf\xff\xfeend cut\xe2\x82end naked\x00\x1bend";
    let kept = "utf\u{fffd}\u{fffd}end cut\u{fffd}end nakedend";
    let (world, [id, other]) = two_instances().await;
    let list = format!(
        r#"{{"InstanceInformationList":[{{"InstanceId":"{id}","ComputerName":"BAD","PingStatus":"Online"}},
            {{"InstanceId":"{other}","ComputerName":"plain-name","PingStatus":"Online"}}]}}"#
    );
    let patches = r#"{"Patches":[
        {"Title":"BAD","KBId":"BAD","Classification":"Security","Severity":"Critical","State":"Missing",
         "InstalledTime":0},
        {"Title":"plain-package","KBId":"plain","Classification":"Security","Severity":"Critical",
         "State":"Missing","InstalledTime":0}]}"#;
    for (operation, body) in [("DescribeInstanceInformation", list.as_str()), ("DescribeInstancePatches", patches)] {
        let parts: Vec<&[u8]> = body.split("BAD").map(str::as_bytes).collect();
        world.simulator.set_fault(Fault::on(operation, FaultKind::Body(parts.join(&invalid[..]))));
    }
    world.harvest().await;
    let row = &world.harvests().await[0];
    assert_eq!(row.state, HarvestState::Fresh, "{:?}", row.errors);
    assert_stored(&world, kept, kept).await;
    assert_shown(&world, &id, kept).await;
}
