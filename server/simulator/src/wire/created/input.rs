//! Reads members of a request, and refuses what the service's model refuses.

use super::*;

pub(in crate::wire) fn optional_text<'a>(input: &'a Value, member: &str) -> &'a str {
    input[member].as_str().unwrap_or_default()
}

/// The input of an agent, whose requests are not signed.
pub(super) fn unsigned_input(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::common(StatusCode::BAD_REQUEST, "SerializationException", error.to_string()))
}

/// A required text with a length in `lengths`.
pub(in crate::wire) fn text(
    input: &Value,
    member: &str,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<String, ApiError> {
    let value = input[member].as_str().ok_or_else(|| ApiError::required(member))?;
    ApiError::length(member, value.chars().count(), lengths)?;
    Ok(value.to_owned())
}

/// A number within a range, or the default where the request has none.
pub(super) fn number(
    input: &Value,
    member: &str,
    range: std::ops::RangeInclusive<u64>,
    default: Option<u64>,
) -> Result<u64, ApiError> {
    match (&input[member], default) {
        (Value::Null, Some(default)) => Ok(default),
        (Value::Null, None) => Err(ApiError::required(member)),
        (value, _) => value.as_u64().filter(|number| range.contains(number)).ok_or_else(|| {
            let (start, end) = (range.start(), range.end());
            ApiError::validation(&format!(
                "Value '{value}' at '{member}' failed to satisfy constraint: Member must have value between {start} and {end}"
            ))
        }),
    }
}

pub(super) fn choice(input: &Value, member: &str, allowed: &[&str], default: &str) -> Result<String, ApiError> {
    let value = input[member].as_str().unwrap_or(default);
    if allowed.contains(&value) { Ok(value.to_owned()) } else { Err(ApiError::not_in_enum(member, value, allowed)) }
}

pub(super) fn validate(is_valid: bool, message: &str) -> Result<(), ApiError> {
    if is_valid { Ok(()) } else { Err(ApiError::common(StatusCode::BAD_REQUEST, "ValidationException", message)) }
}

const TAG_KEY_LENGTH_MAX: usize = 128;
const TAG_VALUE_LENGTH_MAX: usize = 256;

/// The tags of a request. Letters, digits, spaces and some signs are allowed in them.
pub(in crate::wire) fn tags(input: &Value) -> Result<Tags, ApiError> {
    let is_allowed = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    let checked = |what: &str, text: &str, lengths| {
        ApiError::length(what, text.chars().count(), lengths)?;
        match text.chars().all(is_allowed) {
            true => Ok(text.to_owned()),
            false => Err(ApiError::pattern(what, text, r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$")),
        }
    };
    let tag = |tag: &Value| {
        let key = checked("tags.member.key", optional_text(tag, "Key"), 1..=TAG_KEY_LENGTH_MAX)?;
        Ok((key, checked("tags.member.value", optional_text(tag, "Value"), 0..=TAG_VALUE_LENGTH_MAX)?))
    };
    input["Tags"].as_array().map_or(&[][..], Vec::as_slice).iter().map(tag).collect()
}

/// Filters as keys and values, from members with these names.
pub(super) fn filters(input: &Value, key: &str, values: &str) -> Vec<(String, Vec<String>)> {
    let filter = |filter: &Value| {
        let values = filter[values].as_array().map_or(&[][..], Vec::as_slice);
        let values = values.iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect();
        Some((filter[key].as_str()?.to_owned(), values))
    };
    input["Filters"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(filter).collect()
}
