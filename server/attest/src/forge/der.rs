//! Writes DER, and BER where it differs.

pub fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    match content.len() {
        length @ 0..0x80 => encoded.push(length as u8),
        length @ 0x80..0x100 => encoded.extend([0x81, length as u8]),
        length => encoded.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    encoded.extend_from_slice(content);
    encoded
}

/// A value of indefinite length.
pub fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

pub fn set(parts: &[&[u8]]) -> Vec<u8> {
    value(0x31, &parts.concat())
}

pub fn integer(bytes: &[u8]) -> Vec<u8> {
    value(0x02, bytes)
}

/// An object identifier from its numbers.
pub fn oid(numbers: &str) -> Vec<u8> {
    let numbers: Vec<u32> = numbers.split('.').map(|number| number.parse().expect("a number")).collect();
    let mut content = vec![(numbers[0] * 40 + numbers[1]) as u8];
    for number in &numbers[2..] {
        let mut groups = vec![(number & 0x7f) as u8];
        let mut rest = number >> 7;
        while rest > 0 {
            groups.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        content.extend(groups.iter().rev());
    }
    value(0x06, &content)
}

/// An algorithm with the parameters NULL.
pub fn algorithm(numbers: &str) -> Vec<u8> {
    sequence(&[&oid(numbers), &[5, 0]])
}
