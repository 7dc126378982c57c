//! `muster init`: writes a configuration to start from, and says what comes next.

use super::{cli::InitArguments, setup::CONFIG_FILE};
use crate::config::Config;
use anyhow::Context;
use muster_access::break_glass;
use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

/// The files hold ExternalIds and the hash of a password.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const CONFIG_HEAD: &str = "\
    # The configuration of Muster. Each key has its default here: remove the # in front of one to change it. Paths are relative\n\
    # to the folder in which muster runs. Each key is also an environment variable, such as MUSTER_LISTEN, which wins.\n\n";
const ROSTER: &str = include_str!("init/roster.toml");
const ACCESS: &str = include_str!("init/access.toml");
const OPERATOR: &str = include_str!("init/operator.toml");
const NEXT: &str = include_str!("init/next.txt");
/// The operator that the access file starts with.
const USER: &str = "operator";
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Of 5 bits each.
const PASSWORD_CHARS: usize = 24;
const GROUP_CHARS: usize = 6;

/// Creates all files, or none if one of them exists.
pub fn run(arguments: &InitArguments) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    let password = if arguments.no_password { None } else { Some(password()?) };
    let files = [
        (CONFIG_FILE, format!("{CONFIG_HEAD}{}", Config::commented()?)),
        ("access.toml", access(password.as_deref())?),
        ("roster.toml", ROSTER.to_owned()),
    ];
    for (name, _) in &files {
        let path = folder.join(name);
        anyhow::ensure!(
            !path.exists(),
            "`{}` already exists: choose another folder. Nothing was written",
            path.display()
        );
    }
    let created = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    created.with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
    for (name, text) in &files {
        let path = folder.join(name);
        write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let sign_in = match password {
        Some(password) => format!(
            "Sign in there as `{USER}` with the password {password}\n\
             It is printed only now: access.toml has its hash."
        ),
        None => "Configure sign-in in access.toml before: its comments show how.".to_owned(),
    };
    let place = std::path::absolute(folder)?;
    let next = NEXT.replace("{folder}", &place.display().to_string()).replace("{sign_in}", &sign_in);
    Ok(write!(std::io::stdout(), "{next}")?)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?.write_all(text.as_bytes())
}

fn access(password: Option<&str>) -> anyhow::Result<String> {
    let hash = password.map(break_glass::password_hash).transpose()?;
    let operator = OPERATOR.replace("{user}", USER).replace("{hash}", hash.as_deref().unwrap_or("…"));
    Ok(match hash {
        Some(_) => format!("{ACCESS}{operator}"),
        None => format!("{ACCESS}{}", operator.lines().map(comment_out).collect::<String>()),
    })
}

fn comment_out(line: &str) -> String {
    if line.starts_with('#') || line.is_empty() { format!("{line}\n") } else { format!("# {line}\n") }
}

fn password() -> anyhow::Result<String> {
    let mut bytes = [0; PASSWORD_CHARS];
    getrandom::fill(&mut bytes).context("the operating system returned no random bytes")?;
    let chars: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect();
    let groups: Vec<String> = chars.chunks(GROUP_CHARS).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}
