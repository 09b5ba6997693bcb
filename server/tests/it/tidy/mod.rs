//! Tests of the repository itself: the invariants of ARCHITECTURE.md and docs/rules.md, checked on the source.
mod docs;
mod doors;
mod structure;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The Rust files below a folder of the repository, by name: name and text.
pub fn files_below(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// All Rust files of the repository, except the benches: name and text.
pub fn source() -> Vec<(String, String)> {
    [
        "app/src",
        "frontend/src",
        "server/src",
        "server/tests",
        "migration/src",
    ]
    .into_iter()
    .flat_map(files_below)
    .collect()
}

/// The text of a file before its unit tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn the_domain_imports_nothing_but_std_serde_chrono_thiserror_and_unicode() {
    for (name, text) in files_below("app/src/domain") {
        for line in code(&text)
            .lines()
            .map(str::trim)
            .filter(|it| it.starts_with("use "))
        {
            let root = line
                .trim_start_matches("use ")
                .split([':', ';', ' '])
                .next()
                .unwrap();
            let known = [
                "std",
                "serde",
                "serde_json",
                "chrono",
                "similar",
                "pulldown_cmark",
                "unicode_normalization",
                "super",
                "crate",
            ];
            let is_own = root.starts_with(char::is_uppercase);
            assert!(is_own || known.contains(&root), "{name}: {line}");
            assert!(
                root != "crate" || line.contains("crate::domain"),
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn there_are_three_feature_gates() {
    let gates: usize = files_below("app/src")
        .iter()
        .map(|(_, text)| text.matches("cfg(feature").count())
        .sum();
    assert_eq!(gates, 3);
}

#[test]
fn only_the_store_names_sea_orm_and_only_the_browser_names_the_dom() {
    for (name, text) in files_below("app/src") {
        if !name.starts_with("app/src/store/") {
            assert!(!text.contains("sea_orm"), "{name}");
        }
        if !name.starts_with("app/src/browser/") {
            for word in ["web_sys", "gloo", "wasm_bindgen", "js_sys"] {
                assert!(!text.contains(word), "{name}: {word}");
            }
        }
    }
}

#[test]
fn only_the_engine_knows_which_database_it_is() {
    let files = files_below("app/src/store").into_iter();
    for (name, text) in files.chain(files_below("server/src")) {
        if name.starts_with("app/src/store/engine/") {
            continue;
        }
        for word in [
            "DbBackend",
            "database_backend",
            "sqlite::",
            "postgres::",
            "Sqlite",
            "Postgres",
        ] {
            assert!(!code(&text).contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn components_never_name_the_api_and_widgets_never_the_domain() {
    for (name, text) in files_below("app/src/components") {
        assert!(
            !text.contains("crate::api") && !text.contains("api::"),
            "{name}"
        );
        // Four widgets show a domain value. They are named here, so that a fifth is a decision.
        let shows_a_value = ["bar.rs", "code.rs", "time.rs", "toast.rs"]
            .iter()
            .any(|it| name.ends_with(it));
        if name.starts_with("app/src/components/ui/") && !shows_a_value {
            assert!(
                !text.contains("crate::domain") && !text.contains("domain::"),
                "{name}"
            );
        }
    }
}

#[test]
fn the_api_decides_nothing() {
    for (name, text) in files_below("app/src/api")
        .into_iter()
        .filter(|it| !it.0.ends_with("context.rs"))
    {
        for word in [" if ", " match ", " for ", " while "] {
            let in_code = text
                .lines()
                .filter(|it| !it.trim().starts_with("//"))
                .any(|it| it.contains(word));
            assert!(!in_code, "{name}:{word}");
        }
    }
}

#[test]
fn only_one_place_reads_the_clock() {
    for (name, text) in source() {
        if name != "app/src/api/context.rs" && name != "server/tests/it/tidy/mod.rs" {
            assert!(
                !text.contains("Utc::now()") && !text.contains("SystemTime::now"),
                "{name}"
            );
        }
    }
}

#[test]
fn tls_is_of_the_one_crypto_backend() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for other in ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl-sys"] {
        let line = format!("name = \"{other}\"");
        assert!(!lock.contains(&line), "{other}");
    }
}

#[test]
fn every_file_says_what_it_is_for_and_none_is_too_long() {
    for (name, text) in source() {
        assert!(text.starts_with("//!"), "{name} does not begin with //!");
        assert!(
            text.lines().count() <= 500,
            "{name} has {} lines",
            text.lines().count()
        );
        let unfinished = ["TO", "DO"].concat();
        assert!(!text.contains(&unfinished), "{name}");
    }
}

#[test]
fn there_is_one_text_area() {
    for (name, text) in files_below("app/src") {
        if !name.ends_with("ui/text_area.rs") {
            assert!(!text.contains("<textarea"), "{name}");
        }
    }
}

#[test]
fn the_top_level_is_as_planned() {
    let mut names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| !it.starts_with('.') && it != "target" && it != "data")
        .collect();
    names.sort();
    let planned = [
        "ARCHITECTURE.md",
        "Cargo.lock",
        "Cargo.toml",
        "Dockerfile",
        "LICENSE",
        "README.md",
        "app",
        "dev",
        "docs",
        "end2end",
        "frontend",
        "migration",
        "public",
        "server",
        "style",
    ];
    assert_eq!(names, planned);
}
