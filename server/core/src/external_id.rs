//! The ExternalId of a role: the word that a trust policy requires from the harvester.

/// STS's own limits.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=1_224;

/// Checks that STS accepts the ExternalId. The error is its problem.
pub fn check(external_id: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if external_id.is_empty() {
        return Err(
            "its external_id is empty: without one, any customer of the harvester could name this role".to_owned()
        );
    }
    if !LENGTH.contains(&external_id.len()) || !external_id.chars().all(is_allowed) {
        return Err("its external_id is not one of AWS: 2 to 1224 letters, digits and `_+=,.@:/-`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn accepts_what_sts_accepts() {
        assert_eq!(check("k3Jx0vVq8n2Lw5Ty"), Ok(()));
        for bad in ["", " ", "x", "a b", "a*", "é1", &"x".repeat(1_225)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
