//! Structure, checked on the source itself: one meaning per type name, functions that fit on a few screens, no circle of
//! imports between files, no import from a folder that lies above, a doc line on each public item, a span on each method
//! of the store.
use super::{files_below, source};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Modules whose type names repeat those of others on purpose: wire shapes, table rows, migrations.
const MIRRORS: [&str; 3] = [
    "server/src/rest/dto/",
    "app/src/store/entity/",
    "migration/src/",
];
const FUNCTION_LINES_MAX: usize = 150;

/// Folders and files of `app/src`, lower ones first: none imports from a later one.
const APP_LAYERS: [&str; 12] = [
    "domain",
    "paths",
    "error",
    "highlight",
    "wire",
    "browser",
    "store",
    "api",
    "components",
    "pages",
    "app",
    "shell",
];
/// The same for `app/src/store`.
const STORE_LAYERS: [&str; 17] = [
    "error",
    "entity",
    "engine",
    "texts",
    "audit",
    "access",
    "outbox",
    "change",
    "text_variables",
    "records",
    "templates",
    "steps",
    "undo",
    "accounts",
    "runs",
    "views",
    "transfer",
];
/// The same for `server/src`.
const SERVER_LAYERS: [&str; 12] = [
    "demo", "ops", "outbound", "oidc", "rancher", "jenkins", "output", "live", "rest", "http",
    "runner", "cli",
];

/// The name that a line defines as a type, if it does.
fn defined_type(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or_else(|| {
        line.strip_prefix("pub(")
            .and_then(|it| it.split_once(") "))
            .map_or(line, |it| it.1)
    });
    let (kind, rest) = line.split_once(' ')?;
    let end = rest
        .find(|it: char| !it.is_alphanumeric() && it != '_')
        .unwrap_or(rest.len());
    ["struct", "enum", "trait", "type"]
        .contains(&kind)
        .then_some(&rest[..end])
}

#[test]
fn a_type_name_has_one_meaning() {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in source() {
        if MIRRORS.iter().any(|it| file.starts_with(it)) {
            continue;
        }
        for name in text.lines().filter_map(defined_type) {
            if let Some(other) = first.insert(name.to_owned(), file.clone()) {
                panic!("{name} is a type in {other} and in {file}");
            }
        }
    }
    assert!(first.len() > 200, "only {} types were found", first.len());
}

/// Whether the line at `index` begins a public item that must have a doc line.
fn begins_public_item(line: &str) -> bool {
    let kinds = [
        "fn ",
        "async fn ",
        "const fn ",
        "struct ",
        "enum ",
        "trait ",
        "type ",
        "const ",
        "static ",
    ];
    let rest = line.trim_start().strip_prefix("pub ");
    // Macros pass on the doc lines of what they define.
    let is_in_macro = line.contains("$name");
    !is_in_macro && rest.is_some_and(|rest| kinds.iter().any(|it| rest.starts_with(it)))
}

/// The line above an item, past its attributes.
fn line_above<'a>(lines: &[&'a str], mut index: usize) -> &'a str {
    while index > 0 {
        let above = lines[index - 1].trim();
        if above.ends_with(']') && !above.starts_with("///") {
            // An attribute may have several lines.
            while index > 0 && !lines[index - 1].trim_start().starts_with("#[") {
                index -= 1;
            }
            index = index.saturating_sub(1);
        } else {
            return above;
        }
    }
    ""
}

#[test]
fn every_public_item_has_a_doc_line() {
    let folders = ["domain", "store", "api", "components", "pages"];
    for (file, text) in folders
        .iter()
        .flat_map(|it| files_below(&format!("app/src/{it}")))
    {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if begins_public_item(line) {
                let above = line_above(&lines, index);
                assert!(
                    above.starts_with("///"),
                    "{file}: no doc line above {}",
                    line.trim()
                );
            }
        }
    }
}

#[test]
fn every_public_method_of_a_store_is_a_span_without_its_arguments() {
    let mut found = 0;
    for (file, text) in files_below("app/src/store") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let blocks = code
            .split("\nimpl Store {\n")
            .skip(1)
            .filter_map(|it| it.split("\n}\n").next());
        for lines in blocks.map(|it| it.lines().collect::<Vec<_>>()) {
            for (index, line) in lines.iter().enumerate() {
                // `permit` is asked within the span of the method that needs it.
                if !line.starts_with("    pub async fn ") || line.contains(" fn permit(") {
                    continue;
                }
                let above = index.checked_sub(1).map_or("", |it| lines[it]);
                let is_span = above.contains("#[tracing::instrument(level = \"debug\", skip_all");
                assert!(is_span, "{file}: no span above {}", line.trim());
                found += 1;
            }
        }
    }
    assert!(found > 100, "only {found} methods were found");
}

/// Whether a line begins a function, and how far it is indented.
fn begins_function(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    let mut words = trimmed
        .split(' ')
        .take(5)
        .filter(|it| !it.starts_with("pub"));
    let before: Vec<&str> = words.by_ref().take_while(|it| *it != "fn").collect();
    let is_function = trimmed.contains("fn ")
        && before.iter().all(|it| ["async", "const"].contains(it))
        && before.len() < 3;
    is_function.then_some(line.len() - trimmed.len())
}

#[test]
fn no_function_is_longer_than_a_few_screens() {
    for (file, text) in source() {
        let mut open: Option<(usize, usize, &str)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match open {
                None => open = begins_function(line).map(|it| (it, number, line)),
                Some((at, start, head)) if at == indent && line.trim_start().starts_with('}') => {
                    let lines = number - start + 1;
                    assert!(
                        lines <= FUNCTION_LINES_MAX,
                        "{file}: {head} has {lines} lines"
                    );
                    open = None;
                }
                Some((at, ..)) if at == indent && line.ends_with(';') => open = None,
                Some(_) => {}
            }
        }
    }
}

/// Every path that a `use` names, as segments.
fn expanded(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in tree.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|it| !it.is_empty()) {
        let (head, inner) = part.split_once('{').map_or((part, None), |(head, inner)| {
            (head, Some(inner.trim_end().trim_end_matches('}')))
        });
        let head = head.split(" as ").next().unwrap_or(head);
        let mut path = before.to_vec();
        path.extend(
            head.split("::")
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned),
        );
        match (part.split_once('{'), inner) {
            (Some((_, rest)), Some(_)) => {
                let end = rest.rfind('}').unwrap_or(rest.len());
                expanded(&rest[..end], &path, paths);
            }
            _ => paths.push(path),
        }
    }
}

/// The files of a crate that each of its files imports from; tests within a file are left out.
fn imports(root: &str) -> BTreeMap<String, BTreeSet<String>> {
    let files: Vec<(String, String)> = files_below(root)
        .into_iter()
        .map(|(name, text)| (name[root.len() + 1..].to_owned(), text))
        .collect();
    let module = |file: &str| -> Vec<String> {
        let path = file.trim_end_matches(".rs");
        let path = path.strip_suffix("/mod").unwrap_or(path);
        let is_root = ["lib", "main"].contains(&path);
        path.split('/')
            .filter(|_| !is_root)
            .map(str::to_owned)
            .collect()
    };
    let by_module: BTreeMap<Vec<String>, &str> = files
        .iter()
        .map(|(file, _)| (module(file), file.as_str()))
        .collect();
    let mut found = BTreeMap::new();
    for (file, text) in &files {
        let own = module(file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut paths = Vec::new();
        for statement in code
            .split("use ")
            .skip(1)
            .filter_map(|it| it.split_once(';'))
        {
            expanded(statement.0, &[], &mut paths);
        }
        let mut from = BTreeSet::new();
        for path in paths {
            let ups = path.iter().take_while(|it| *it == "super").count();
            let absolute: Vec<String> = match path[0].as_str() {
                "crate" => path[1..].to_vec(),
                "super" if ups <= own.len() => [&own[..own.len() - ups], &path[ups..]].concat(),
                _ => [&own[..], &path[..]].concat(),
            };
            let target = (1..=absolute.len())
                .rev()
                .find_map(|n| by_module.get(&absolute[..n]));
            if let Some(target) = target.filter(|it| **it != file) {
                from.insert((*target).to_owned());
            }
        }
        found.insert(file.clone(), from);
    }
    found
}

/// A circle that is reached from this file, if there is one. A folder's `mod.rs` is its face: it names what lies in the
/// folder, and files in the folder may use it, so it is no part of a circle.
fn circle<'a>(
    file: &'a str,
    imports: &'a BTreeMap<String, BTreeSet<String>>,
    way: &mut Vec<&'a str>,
    done: &mut HashSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(at) = way.iter().position(|it| *it == file) {
        return Some(way[at..].to_vec());
    }
    if !done.insert(file) || file.ends_with("mod.rs") {
        return None;
    }
    way.push(file);
    let found = imports[file]
        .iter()
        .find_map(|it| circle(it, imports, way, done));
    way.pop();
    found
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for root in ["app/src", "server/src"] {
        let imports = imports(root);
        let n: usize = imports.values().map(BTreeSet::len).sum();
        assert!(n > 100, "only {n} imports were found in {root}");
        for file in imports.keys() {
            let found = circle(file, &imports, &mut Vec::new(), &mut HashSet::new());
            assert_eq!(found, None, "{root}");
        }
    }
}

/// Fails if a file below `folder` imports from a later layer than its own.
fn holds(root: &str, folder: &str, layers: &[&str]) {
    let layer = |file: &str| {
        let rest = file.strip_prefix(folder)?;
        let name = rest.split('/').next()?.trim_end_matches(".rs");
        layers.iter().position(|it| *it == name)
    };
    for (file, from) in imports(root) {
        for target in from {
            if let (Some(own), Some(other)) = (layer(&file), layer(&target)) {
                assert!(other <= own, "{file} imports {target}, which lies above it");
            }
        }
    }
}

#[test]
fn no_import_runs_up() {
    holds("app/src", "", &APP_LAYERS);
    holds("app/src", "store/", &STORE_LAYERS);
    holds("server/src", "", &SERVER_LAYERS);
}
