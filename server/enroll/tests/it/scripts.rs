//! The start-up scripts as they are served.

use crate::support::{OPERATORS_SECRET, ORIGIN, World, evidence, unlimited};
use muster_model::enrollment::EnrollmentGuide;
use sha2::{Digest, Sha256};

async fn guide(world: &World) -> EnrollmentGuide {
    let header = format!("Authorization: Bearer {OPERATORS_SECRET}\r\n");
    let answer = world.client.get("/operators/v1/guide", &header).await;
    serde_json::from_str(&answer.text).expect("the model's form")
}

#[tokio::test]
async fn a_script_is_served_at_the_address_of_its_hash() {
    let registry = format!(
        "[enrollment]\npatching_label = \"patch-me\"\npatch_group_label = \"patch_group\"\n{}",
        evidence::roster()
    );
    let world = World::with(&registry, unlimited()).await;
    let guide = guide(&world).await;
    assert_eq!((guide.server.as_str(), guide.default_patch_group.as_str()), (ORIGIN, "on-time"));
    assert_eq!((guide.patching_label.as_str(), guide.patch_groups.len()), ("patch-me", 3));
    let systems: Vec<_> = guide.scripts.iter().map(|script| script.system.as_str()).collect();
    assert_eq!(systems, ["Linux", "Windows"]);
    for script in &guide.scripts {
        let path = script.url.strip_prefix(ORIGIN).expect("of this server");
        let answer = world.client.get(path, "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(hex::encode(Sha256::digest(&answer.text)), script.sha256);
        assert!(path.contains(&format!("/{}/", &script.sha256[..16])), "{path}");
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
        for placeholder in ["@SERVER@", "@PATCHING_LABEL@", "@PATCH_GROUP_LABEL@"] {
            assert!(!answer.text.contains(placeholder), "{path} has {placeholder}");
        }
        for value in [ORIGIN, "patch-me", "patch_group"] {
            assert_eq!(answer.text.matches(&format!("'{value}'")).count(), 1, "{path} has {value} once");
        }
        if script.system == "Linux" {
            let file = world.path("linux.sh");
            std::fs::write(&file, &answer.text).expect("written");
            assert!(std::process::Command::new("bash").arg("-n").arg(&file).status().expect("bash").success());
        }
    }
}

#[tokio::test]
async fn another_version_is_not_found_and_the_registry_changes_the_version() {
    let world = World::new().await;
    let before = guide(&world).await.scripts[0].clone();
    let path = before.url.strip_prefix(ORIGIN).expect("of this server").to_owned();
    for wrong in [
        path.replace(&before.sha256[..16], &"0".repeat(16)),
        path.replace(&before.sha256[..16], &before.sha256[..15]),
        path.replace(&before.sha256[..16], &before.sha256),
        path.replace("linux.sh", "windows.ps1"),
        path.replace("linux.sh", "other.sh"),
        "/enroll/v1/scripts/%00/linux.sh".to_owned(),
    ] {
        let answer = world.client.get(&wrong, "").await;
        answer.check(404, "not_found");
        assert_eq!(answer.headers["cache-control"], "no-store", "{wrong}");
    }
    let changed = format!("[enrollment]\npatching_label = \"patch-me\"\n{}", evidence::roster());
    std::fs::write(world.path("roster.toml"), changed).expect("written");
    world.service.reload_registry().await.expect("valid");
    let after = guide(&world).await.scripts[0].clone();
    assert_ne!(before.sha256, after.sha256);
    world.client.get(&path, "").await.check(404, "not_found");
}
