//! The claims of a token: a JSON object whose members are read as exactly one type each.

use super::error::JwtError;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A required string.
    pub fn text(&self, name: &'static str) -> Result<&str, JwtError> {
        self.get(name).and_then(Value::as_str).ok_or(JwtError::Claim(name))
    }

    /// A required integer, such as a time in seconds since 1970.
    pub fn integer(&self, name: &'static str) -> Result<i64, JwtError> {
        self.get(name).and_then(Value::as_i64).ok_or(JwtError::Claim(name))
    }

    /// A string or a list of strings. `None` if it is missing or anything else.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.get(name)? {
            Value::String(text) => Some(vec![text]),
            _ => self.list(name),
        }
    }

    /// A list of strings.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name)?.as_array()?.iter().map(Value::as_str).collect()
    }
}

/// Claims are personal data, so they are never logged.
impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Claims(…)")
    }
}

/// A duplicate member is an error, because two readers could use different ones.
impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Claims;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Claims, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("duplicate member"));
                    }
                }
                Ok(Claims(claims))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(json: &str) -> Claims {
        serde_json::from_str(json).expect(json)
    }

    #[test]
    fn reads_members_as_exactly_their_type() {
        let claims = claims(r#"{"a":"x","n":-5,"f":1.5,"big":1e30,"list":["x","y"],"mixed":["x",1],"nothing":null}"#);
        assert_eq!((claims.text("a"), claims.integer("n")), (Ok("x"), Ok(-5)));
        for name in ["n", "list", "nothing", "missing"] {
            assert_eq!(claims.text(name), Err(JwtError::Claim(name)));
        }
        for name in ["a", "f", "big", "nothing", "missing"] {
            assert_eq!(claims.integer(name), Err(JwtError::Claim(name)));
        }
        assert_eq!((claims.texts("a"), claims.texts("list")), (Some(vec!["x"]), Some(vec!["x", "y"])));
        assert_eq!((claims.list("a"), claims.list("list")), (None, Some(vec!["x", "y"])));
        assert_eq!((claims.texts("mixed"), claims.texts("n"), claims.texts("missing")), (None, None, None));
    }

    #[test]
    fn rejects_duplicate_members_and_non_objects() {
        for json in [r#"{"sub":"a","sub":"b"}"#, r#"{"exp":1e400}"#, "[]", "null", "\"x\"", "{", r#"{"a":1}x"#] {
            assert!(serde_json::from_str::<Claims>(json).is_err(), "{json}");
        }
    }
}
