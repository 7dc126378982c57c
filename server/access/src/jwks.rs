//! Keys of somebody who vouches for people, in a file of ours: read again whenever it changed, so that keys are rotated by
//! writing a file. Then a file that cannot be read has no keys: nothing signed is believed.

use super::{
    changing::{Changing, ChangingError, Kind},
    jwt::{
        Scheme,
        keys::{self, Key},
    },
};
use std::path::Path;

/// A set of two or three keys takes a kilobyte.
const FILE_BYTES_MAX: u64 = 64 * 1024;

pub struct KeySet(Changing<keys::KeySet>);

impl KeySet {
    /// Of a file that must be there and right when the portal starts.
    pub fn of_file(path: &Path) -> Result<Self, ChangingError> {
        let kind = Kind { what: "keys", bytes_max: FILE_BYTES_MAX, parse: keys::KeySet::read_every };
        Ok(Self(Changing::of_file(path, kind)?))
    }

    /// Of keys that only live as long as this process.
    pub fn of(text: &str) -> Result<Self, String> {
        Ok(Self(Changing::fixed(keys::KeySet::read_every(text)?)))
    }

    /// The key that a token names.
    pub fn find(&self, kid: &str, scheme: Scheme) -> Option<Key> {
        self.0.find(|keys| keys.find(kid, scheme).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;

    fn why_not(keys: &str) -> String {
        KeySet::of(&format!("{{\"keys\":[{keys}]}}")).err().expect("refused")
    }

    #[test]
    fn a_key_is_found_by_its_name_and_a_changed_file_counts_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.json");
        let write = |keys: &str| std::fs::write(&path, format!("{{\"keys\":[{keys}]}}")).expect("written");
        write(&format!("{{{EC},\"kid\":\"old\"}}"));
        let set = KeySet::of_file(&path).expect("right");
        let found = |kid: &str| set.find(kid, Scheme::Es256).is_some();
        assert!(found("old") && !found("new") && set.find("old", Scheme::Rs256).is_none());
        write(&format!("{{{EC},\"kid\":\"old\"}},{{{EC},\"kid\":\"newer\"}}"));
        assert!(found("old") && found("newer"));
        write("");
        assert!(!found("old"));
        // Right in all but its size.
        write(&format!("{{{EC},\"kid\":\"newer\"}}{}", " ".repeat(FILE_BYTES_MAX as usize)));
        assert!(!found("newer"));
        std::fs::remove_file(&path).expect("removed");
        assert!(!found("newer"));
        assert!(KeySet::of_file(&path).err().expect("no file").to_string().contains("keys.json"));
    }

    #[test]
    fn what_is_no_public_key_for_signatures_is_refused_by_name() {
        for (keys, word) in [
            (format!("{{{EC}}}"), "kid"),
            (format!("{{{EC},\"kid\":\"a\"}},{{{EC},\"kid\":\"a\"}}"), "two keys"),
            (format!("{{{EC},\"kid\":\"a\",\"d\":\"AAAA\"}}"), "secret"),
            (r#"{"kty":"oct","k":"AAAA","kid":"a"}"#.to_owned(), "secret"),
            (format!("{{{EC},\"kid\":\"a\",\"use\":\"enc\"}}"), "signatures"),
            (format!("{{{EC},\"kid\":\"a\",\"alg\":\"HS256\"}}"), "ES256"),
            (r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}"#.to_owned(), "2048"),
            (r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA","kid":"a"}"#.to_owned(), "P-256"),
            (r#"{"kty":"OKP","crv":"Ed25519","kid":"a"}"#.to_owned(), "lacks"),
        ] {
            assert!(why_not(&keys).contains(word), "{keys}: {}", why_not(&keys));
        }
    }
}
