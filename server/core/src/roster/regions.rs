//! The shape of Region names. A name that no partition has would only fail when it is harvested, as a host that is not found.

/// The parts before the direction, by partition.
const AREAS: [(&str, &[&str]); 8] = [
    ("aws", &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"]),
    ("aws-cn", &["cn"]),
    ("aws-us-gov", &["us-gov"]),
    ("aws-iso", &["us-iso"]),
    ("aws-iso-b", &["us-isob"]),
    ("aws-iso-e", &["eu-isoe"]),
    ("aws-iso-f", &["us-isof"]),
    ("aws-eusc", &["eusc-de"]),
];
const DIRECTIONS: [&str; 9] =
    ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];

/// Returns the partition of a Region by its name, if its name has the shape of one.
pub fn partition(region: &str) -> Option<&'static str> {
    let (rest, number) = region.rsplit_once('-')?;
    let (area, direction) = rest.rsplit_once('-')?;
    let is_number =
        (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    let partition = AREAS.iter().find(|(_, areas)| areas.contains(&area)).map(|(partition, _)| *partition);
    partition.filter(|_| is_number && DIRECTIONS.contains(&direction))
}

/// Checks the name of a Region. The error names it and says what it looks like instead.
pub fn check(region: &str) -> Result<(), String> {
    if partition(region).is_some() {
        return Ok(());
    }
    let regions: Vec<&str> = starts(region).collect();
    let advice = match regions.as_slice() {
        [first, second, ..] => format!("it is two Regions in one word, {first} and {second}: separate them"),
        [region] => format!("it looks like a zone of the Region {region}: name the Region"),
        [] => "Regions are named like us-east-1, eu-central-1 or us-gov-west-1".to_owned(),
    };
    Err(format!("`{region}` is not a Region: {advice}"))
}

/// Finds the Regions that a word is made of: each starts with an area and ends with the first digits.
fn starts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let found = rest.char_indices().find_map(|(at, _)| {
            let tail = &rest[at..];
            let digits = tail.find(|c: char| c.is_ascii_digit())?;
            let end = tail[digits..].find(|c: char| !c.is_ascii_digit()).map_or(tail.len(), |length| digits + length);
            partition(&tail[..end]).map(|_| (at, at + end))
        });
        let (start, end) = found?;
        let region = &rest[start..end];
        rest = &rest[end..];
        Some(region)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_regions_of_every_partition() {
        for region in [
            "us-east-1",
            "us-west-2",
            "eu-central-2",
            "ap-southeast-7",
            "ap-northeast-3",
            "sa-east-1",
            "ca-west-1",
            "me-central-1",
            "af-south-1",
            "il-central-1",
            "mx-central-1",
            "cn-northwest-1",
            "us-gov-east-1",
            "us-iso-west-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
        ] {
            assert_eq!(check(region), Ok(()), "{region}");
        }
        assert_eq!((partition("cn-north-1"), partition("us-gov-west-1")), (Some("aws-cn"), Some("aws-us-gov")));
    }

    #[test]
    fn says_what_another_word_is() {
        for (word, advice) in [
            ("us-east-1a", "zone of the Region us-east-1"),
            ("us-west-2-lax-1a", "zone of the Region us-west-2"),
            ("sa-east-1ap-east-1", "two Regions in one word, sa-east-1 and ap-east-1"),
            ("us-east-1,eu-west-1", "two Regions in one word, us-east-1 and eu-west-1"),
            ("us-east-1 eu-west-1", "two Regions in one word"),
            ("moon-1", "named like"),
            ("us-east", "named like"),
            ("us-middle-1", "named like"),
            ("xx-east-1", "named like"),
            ("us-east-0", "named like"),
            ("use1-az1", "named like"),
            ("Frankfurt", "named like"),
            ("", "named like"),
            ("é-east-1", "named like"),
        ] {
            let message = check(word).expect_err(word);
            assert!(message.contains(&format!("`{word}`")) && message.contains(advice), "{message}");
        }
    }

    /// Every word within one edit of a Region is refused, or is a Region itself.
    #[test]
    fn a_slip_in_a_region_is_refused_or_another_region() {
        for region in ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"] {
            for at in 0..=region.len() {
                for c in "abcdefghijklmnopqrstuvwxyz0123456789- ,;A\u{200b}".chars() {
                    let inserted = format!("{}{c}{}", &region[..at], &region[at..]);
                    assert_eq!(check(&inserted).is_ok(), partition(&inserted).is_some());
                    let parts: Vec<&str> = inserted.split('-').collect();
                    let is_plain =
                        parts.iter().all(|part| part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
                    assert!(is_plain || check(&inserted).is_err(), "{inserted}");
                }
            }
        }
    }
}
