//! Redacts and truncates the output of commands before it is stored. A pure function.

use super::text::is_unprintable;

/// The longest output that is stored. The end says why a command failed, so the beginning is dropped.
pub const OUTPUT_MAX_CHARS: usize = 4_096;
const REMOVED: &str = "[removed]";
/// Names of secrets, before `=` or `:`.
const SECRET_NAMES: [&str; 8] =
    ["password", "passwd", "secret", "token", "activationcode", "activation-code", "apikey", "api_key"];

/// Replaces text that looks like a secret, drops unprintable characters except line breaks, and truncates.
pub fn redact(output: &str) -> String {
    let mut lines = Vec::new();
    let mut in_key = false;
    for line in output.lines() {
        let line: String = line.chars().filter(|c| !is_unprintable(*c)).collect();
        if line.contains("-----BEGIN ") && line.contains("KEY") {
            in_key = true;
            lines.push(REMOVED.to_owned());
        }
        if !in_key {
            lines.push(without_secrets(&line));
        }
        if line.contains("-----END ") {
            in_key = false;
        }
    }
    let text = lines.join("\n");
    let surplus = text.chars().count().saturating_sub(OUTPUT_MAX_CHARS);
    if surplus == 0 {
        return text;
    }
    let kept: String = text.chars().skip(surplus).collect();
    format!("[{surplus} characters before this were left out]\n{kept}")
}

/// Replaces words that look like credentials and keeps everything else, spaces included.
fn without_secrets(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    let mut secret_follows = false;
    for part in line.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        let space = &part[word.len()..];
        if word.is_empty() {
            result.push_str(space);
            continue;
        }
        if std::mem::take(&mut secret_follows) || is_credential(word) {
            result.push_str(REMOVED);
        } else {
            match value_of_secret(word) {
                Some((name, "")) => {
                    result.push_str(name);
                    secret_follows = true;
                }
                Some((name, _)) => {
                    result.push_str(name);
                    result.push_str(REMOVED);
                }
                None => result.push_str(word),
            }
        }
        result.push_str(space);
    }
    result
}

/// Splits `password=x` or `"token":"x"` into name and value.
fn value_of_secret(word: &str) -> Option<(&str, &str)> {
    let at = word.find(['=', ':'])?;
    let (name, value) = word.split_at(at + 1);
    let name_lower = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name_lower.contains(secret)).then_some((name, value))
}

/// Recognises access key ids, JSON Web Tokens and URLs with a password.
fn is_credential(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let key_id = ["AKIA", "ASIA"].iter().any(|start| {
        bare.find(start).is_some_and(|at| bare[at + 4..].bytes().take_while(u8::is_ascii_alphanumeric).count() >= 12)
    });
    let jwt = bare.find("eyJ").is_some_and(|at| bare[at..].matches('.').count() >= 2);
    let with_password = word.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/').next().is_some_and(|host| host.split_once('@').is_some_and(|(user, _)| user.contains(':')))
    });
    key_id || jwt || with_password
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_secrets_only() {
        for (output, kept) in [
            ("exit status 1", "exit status 1"),
            ("key AKIAIOSFODNN7EXAMPLE used", "key [removed] used"),
            ("PASSWORD=hunter2 next", "PASSWORD=[removed] next"),
            ("password: hunter2 next", "password: [removed] next"),
            ("\"token\":\"abc\"", "\"token\":[removed]"),
            ("Bearer eyJhbGciOi.eyJzdWIi.c2ln", "Bearer [removed]"),
            ("GET https://joe:pw@repo.example/x", "GET [removed]"),
            ("GET https://repo.example/x@2", "GET https://repo.example/x@2"),
            ("a\u{1b}[31mb\u{202e}c", "a[31mbc"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "[removed]\nafter"),
        ] {
            assert_eq!(redact(output), kept);
        }
    }

    #[test]
    fn keeps_the_end_of_a_long_output() {
        let output = format!("{}\nthe reason", "x".repeat(30_000));
        let kept = redact(&output);
        assert!(kept.ends_with("the reason") && kept.chars().count() < OUTPUT_MAX_CHARS + 100);
        assert!(kept.starts_with("[25915 characters before this were left out]"), "{}", &kept[..60]);
    }
}
