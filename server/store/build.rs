//! Lists the migrations of their folder, and finds the DuckDB library like the other crates.

use std::{env, error::Error, fs, path::Path};

#[path = "../build.rs"]
mod duckdb_library;

const MIGRATIONS: &str = "src/migrations";

/// Writes the text of all migrations, in order, as a Rust expression. The numbers in their names must be 1, 2, 3 and so
/// on.
fn main() -> Result<(), Box<dyn Error>> {
    duckdb_library::main();
    println!("cargo:rerun-if-changed={MIGRATIONS}");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(MIGRATIONS);
    let names = fs::read_dir(&folder)?.map(|file| file.map(|file| file.file_name().display().to_string()));
    let mut names: Vec<String> = names.collect::<Result<_, _>>()?;
    names.sort();
    for (number, name) in (1..).zip(&names) {
        if !name.starts_with(&format!("{number:04}_")) || !name.ends_with(".sql") {
            return Err(format!("{MIGRATIONS}/{name}: expected migration {number:04}_….sql").into());
        }
    }
    let texts: Vec<_> = names.iter().map(|name| format!("include_str!({:?})", folder.join(name))).collect();
    let list = Path::new(&env::var("OUT_DIR")?).join("migrations.rs");
    Ok(fs::write(list, format!("&[{}]", texts.join(", ")))?)
}
