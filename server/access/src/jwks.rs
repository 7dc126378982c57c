//! An embedder's key set in a file that is read again when it changes, so that keys are rotated by writing the file.
//! While the file cannot be read it has no keys, and no signature is accepted.

use super::{
    error::AccessError,
    jwt::keys::{Key, KeySet},
    reloadable_file::{FileFormat, ReloadableFile},
};
use jsonwebtoken::Algorithm;
use std::path::Path;

/// A set of two or three keys takes a kilobyte.
const FILE_BYTES_MAX: u64 = 64 * 1024;

pub struct KeyFile(ReloadableFile<KeySet>);

impl KeyFile {
    /// Opens a file that must be valid when the portal starts.
    pub fn open(path: &Path) -> Result<Self, AccessError> {
        let format = FileFormat { name: "key file", bytes_max: FILE_BYTES_MAX, parse: KeySet::read_strict };
        Ok(Self(ReloadableFile::open(path, format)?))
    }

    /// A key set without a file.
    pub fn fixed(json: &str) -> Result<Self, String> {
        Ok(Self(ReloadableFile::fixed(KeySet::read_strict(json)?)))
    }

    pub fn find(&self, key_id: &str, algorithm: Algorithm) -> Option<Key> {
        self.0.find(|keys| keys.find(key_id, algorithm).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;

    fn error(keys: &str) -> String {
        KeyFile::fixed(&format!("{{\"keys\":[{keys}]}}")).err().expect("refused")
    }

    #[test]
    fn finds_keys_by_id_and_reloads_a_changed_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let write = |keys: &str| std::fs::write(&path, format!("{{\"keys\":[{keys}]}}")).expect("written");
        write(&format!("{{{EC},\"kid\":\"old\"}}"));
        let set = KeyFile::open(&path).expect("valid");
        let found = |kid: &str| set.find(kid, Algorithm::ES256).is_some();
        assert!(found("old") && !found("new") && set.find("old", Algorithm::RS256).is_none());
        write(&format!("{{{EC},\"kid\":\"old\"}},{{{EC},\"kid\":\"newer\"}}"));
        assert!(found("old") && found("newer"));
        write("");
        assert!(!found("old"));
        // Valid except for its size.
        write(&format!("{{{EC},\"kid\":\"newer\"}}{}", " ".repeat(FILE_BYTES_MAX as usize)));
        assert!(!found("newer"));
        std::fs::remove_file(&path).expect("removed");
        assert!(!found("newer"));
        assert!(KeyFile::open(&path).err().expect("no file").to_string().contains("keys.json"));
    }

    #[test]
    fn names_the_reason_why_a_key_is_refused() {
        for (keys, word) in [
            (format!("{{{EC}}}"), "kid"),
            (format!("{{{EC},\"kid\":\"a\"}},{{{EC},\"kid\":\"a\"}}"), "two keys"),
            (format!("{{{EC},\"kid\":\"a\",\"d\":\"AAAA\"}}"), "private"),
            (r#"{"kty":"oct","k":"AAAA","kid":"a"}"#.to_owned(), "private"),
            (format!("{{{EC},\"kid\":\"a\",\"use\":\"enc\"}}"), "signatures"),
            (format!("{{{EC},\"kid\":\"a\",\"alg\":\"HS256\"}}"), "ES256"),
            (r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}"#.to_owned(), "2048"),
            (r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA","kid":"a"}"#.to_owned(), "P-256"),
            (r#"{"kty":"OKP","crv":"Ed25519","kid":"a"}"#.to_owned(), "complete"),
        ] {
            assert!(error(&keys).contains(word), "{keys}: {}", error(&keys));
        }
    }
}
