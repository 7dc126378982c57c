//! JSON objects in signed documents, in which a member occurs once.

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use std::fmt;

/// An object without duplicate members at any depth, because two readers could use different ones.
pub struct Object(Map<String, Value>);

impl Object {
    /// Reads a complete document. `None` if it is not an object, has a duplicate member, or more than 128 levels.
    pub fn read(json: &[u8]) -> Option<Self> {
        match serde_json::from_slice(json).ok()? {
            Unique(Value::Object(members)) => Some(Self(members)),
            Unique(_) => None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A string that may be missing or `null`.
    pub fn optional_text(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without duplicate members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unique(value))) = members.next_entry::<String, Unique>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_type() {
        let json = br#"{"t":"x","n":null,"b":true,"i":-1,"u":1,"f":1.5,"l":[1,"a"],"o":{"t":"y"},"empty":""}"#;
        let object = Object::read(json).expect("valid");
        assert_eq!((object.text("t"), object.text("n"), object.text("missing")), (Some("x"), None, None));
        assert_eq!((object.optional_text("t"), object.optional_text("empty")), (Some("x".to_owned()), None));
        assert_eq!(object.object("o").and_then(|o| o.get("t")), Some(&Value::from("y")));
        assert!(object.has("n") && !object.has("missing"));
    }

    #[test]
    fn refuses_duplicates_at_any_depth_and_other_documents() {
        for json in
            [r#"{"a":1,"a":1}"#, r#"{"o":{"a":1,"a":2}}"#, r#"{"l":[{"a":1,"\u0061":2}]}"#, "[]", "1", "", "{}x"]
        {
            assert!(Object::read(json.as_bytes()).is_none(), "{json}");
        }
        let deep = format!("{}{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        assert!(Object::read(deep.as_bytes()).is_none());
    }
}
