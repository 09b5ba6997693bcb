//! The site is embedded: a new one must be seen, also when its files have other names.
fn main() {
    println!("cargo::rerun-if-changed=../target/site");
    println!("cargo::rerun-if-changed=build.rs");
}
