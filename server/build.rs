//! Build script: rebuilds the server when the embedded site or the pictures of the guide change, also when only the names of files
//! change, and has the linker keep functions with the same machine code once.
use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=../target/site");
    println!("cargo::rerun-if-changed=../docs/pictures");
    println!("cargo::rerun-if-changed=build.rs");
    // Views are generic functions, many of which become the same code. Only where Rust brings a linker that can do it.
    let target = var("TARGET").unwrap_or_default();
    let release = var("PROFILE").is_ok_and(|profile| profile == "release");
    if release && target == "x86_64-unknown-linux-gnu" {
        println!("cargo::rustc-link-arg-bin=rollcall=-Wl,--icf=all");
    }
}
