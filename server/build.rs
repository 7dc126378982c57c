//! Lists the store's migrations, and lets the binary and the tests find the prebuilt DuckDB library where the set-up
//! put it.

use std::{env, error::Error, fs, path::Path};

const MIGRATIONS: &str = "src/store/migrations";

fn main() -> Result<(), Box<dyn Error>> {
    list_migrations()?;
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    // With the `bundled` feature there is no such library.
    if env::var_os("CARGO_FEATURE_BUNDLED").is_none()
        && let Ok(dir) = env::var("DUCKDB_LIB_DIR")
    {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{dir}");
    }
    Ok(())
}

/// Writes the text of all migrations, in order, as a Rust expression. The numbers in their names must be 1, 2, 3 and so
/// on.
fn list_migrations() -> Result<(), Box<dyn Error>> {
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
