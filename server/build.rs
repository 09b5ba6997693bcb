//! Build script: rebuilds the server when the embedded site changes, also when only the names of its files change.
fn main() {
    println!("cargo::rerun-if-changed=../target/site");
    println!("cargo::rerun-if-changed=build.rs");
}
