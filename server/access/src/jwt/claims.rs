//! What a token says: a JSON object whose members are read as exactly the type that they must have.

use super::Refused;
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

    /// A text that must be there.
    pub fn text(&self, name: &'static str) -> Result<&str, Refused> {
        self.get(name).and_then(Value::as_str).ok_or(Refused::Claim(name))
    }

    /// A whole number that must be there: seconds since 1970, where it is a time.
    pub fn whole_number(&self, name: &'static str) -> Result<i64, Refused> {
        self.get(name).and_then(Value::as_i64).ok_or(Refused::Claim(name))
    }

    /// A text, or a list of nothing but texts; none where it is missing or anything else.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.get(name)? {
            Value::String(text) => Some(vec![text]),
            _ => self.list(name),
        }
    }

    /// A list of nothing but texts.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name)?.as_array()?.iter().map(Value::as_str).collect()
    }
}

/// They say who somebody is, which is nothing for a log.
impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Claims(…)")
    }
}

/// Of a member that is there twice two readers could believe different ones, so it is an error.
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
                        return Err(A::Error::custom("a member is there twice"));
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
    fn members_have_exactly_their_type() {
        let claims = claims(r#"{"a":"x","n":-5,"f":1.5,"big":1e30,"list":["x","y"],"mixed":["x",1],"nothing":null}"#);
        assert_eq!((claims.text("a"), claims.whole_number("n")), (Ok("x"), Ok(-5)));
        for name in ["n", "list", "nothing", "missing"] {
            assert_eq!(claims.text(name), Err(Refused::Claim(name)));
        }
        for name in ["a", "f", "big", "nothing", "missing"] {
            assert_eq!(claims.whole_number(name), Err(Refused::Claim(name)));
        }
        assert_eq!((claims.texts("a"), claims.texts("list")), (Some(vec!["x"]), Some(vec!["x", "y"])));
        assert_eq!((claims.list("a"), claims.list("list")), (None, Some(vec!["x", "y"])));
        assert_eq!((claims.texts("mixed"), claims.texts("n"), claims.texts("missing")), (None, None, None));
    }

    #[test]
    fn a_member_that_is_there_twice_and_what_is_no_object_is_refused() {
        for json in [r#"{"sub":"a","sub":"b"}"#, r#"{"exp":1e400}"#, "[]", "null", "\"x\"", "{", r#"{"a":1}x"#] {
            assert!(serde_json::from_str::<Claims>(json).is_err(), "{json}");
        }
    }
}
