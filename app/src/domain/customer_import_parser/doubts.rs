//! What the text as a whole tells about its rows: commands above them, variables that may name the cluster, cells that say
//! that there is no value, names that are those of objects in a namespace, namespaces that are deleted further down.
use super::{SourceRow, commands, excerpt, heads, may_name_cluster, plain::is_namespace};
use std::collections::HashMap;

/// What a cell says that has no value, beside the errors of spreadsheets.
const NO_VALUES: [&str; 10] = [
    "NULL", "null", "\\N", "(null)", "(NULL)", "[NULL]", "[null]", "<null>", "<NULL>", "<nil>",
];

/// What a spreadsheet shows for a formula that failed, without the `#`; others end in `!` or `?`.
const SHEET_ERRORS: [&str; 5] = ["N/A", "NV", "N/D", "N/DISP", "GETTING_DATA"];

/// Rows with the commands above them, and with the doubts that the whole text gives.
pub fn looked_at(mut rows: Vec<SourceRow>, commands: &str) -> Vec<SourceRow> {
    if let Some(first) = rows.first_mut().filter(|_| !commands.is_empty()) {
        let said: Vec<&str> = commands.lines().map(commands::statement).collect();
        first.above = format!("{}\n{}", said.join("\n"), first.above);
    }
    doubt_clusters(&mut rows);
    for row in &mut rows {
        doubt_no_values(row);
    }
    doubt_shared_namespaces(&mut rows);
    leave_out_deleted(&mut rows);
    rows
}

/// A doubt where a variable may be the cluster of a row that names none.
fn doubt_clusters(rows: &mut [SourceRow]) {
    let mut keys: HashMap<String, bool> = HashMap::new();
    for row in rows {
        if row.names_cluster() {
            continue;
        }
        let named = row.variables.0.keys().find(|key| {
            let is_known = keys.get(key.as_str()).copied();
            is_known.unwrap_or_else(|| {
                let names = heads::names_cluster(key);
                keys.insert((*key).clone(), names);
                names
            })
        });
        if let Some(key) = named {
            let reason = may_name_cluster(key);
            row.put_doubt(reason);
        }
    }
}

/// A doubt where a cell says that there is no value. A name that says so is not taken.
fn doubt_no_values(row: &mut SourceRow) {
    if let Some(name) = row.name.take_if(|it| has_no_value(it)) {
        row.put_doubt(no_value("The name", &name));
    }
    if has_no_value(&row.description) {
        let description = std::mem::take(&mut row.description);
        row.put_doubt(no_value("The description", &description));
    }
    if has_no_value(&row.namespace) {
        let reason = no_value("The namespace", &row.namespace);
        row.put_doubt(reason);
    }
    let mut variables = row.variables.0.iter();
    let reason = variables.find_map(|(key, value)| {
        let text = value.to_string();
        has_no_value(&text).then(|| no_value(&excerpt(key), &text))
    });
    if let Some(reason) = reason {
        row.put_doubt(reason);
    }
}

fn no_value(what: &str, text: &str) -> String {
    format!("{what} is {}, which is no value", excerpt(text))
}

/// `#N/A` and `#REF!` of spreadsheets in any language, `NULL` of databases.
fn has_no_value(text: &str) -> bool {
    let text = text.trim();
    let is_loud =
        |it: char| it.is_uppercase() || it.is_ascii_digit() || matches!(it, '/' | '_' | '¡' | '¿');
    let is_error = |it: &str| {
        it.contains(char::is_uppercase) && it.chars().all(is_loud) && it.chars().count() < 20
    };
    let of_sheet = text.strip_prefix('#').is_some_and(|it| {
        SHEET_ERRORS.contains(&it) || it.strip_suffix(['!', '?']).is_some_and(is_error)
    });
    of_sheet || NO_VALUES.contains(&text)
}

/// A doubt where rows share a namespace and every name of the text could be that of a pod or a release: the names of customers
/// seldom all look like this, and no two customers share a namespace.
fn doubt_shared_namespaces(rows: &mut [SourceRow]) {
    let is_named =
        |it: &&SourceRow| it.left_out.is_none() && it.doubt.is_none() && it.name.is_some();
    let are_objects = |it: &SourceRow| is_namespace(it.name.as_deref());
    if !rows.iter().filter(is_named).all(are_objects) {
        return;
    }
    // The first name in each namespace, and whether there is another.
    let mut names: HashMap<(String, String, String), (String, bool)> = HashMap::new();
    for row in rows.iter().filter(is_named) {
        let name = row.name.clone().unwrap_or_default();
        let (first, is_shared) = names
            .entry(place(row))
            .or_insert_with(|| (name.clone(), false));
        *is_shared |= *first != name;
    }
    for row in rows {
        let is_shared = names.get(&place(row)).is_some_and(|it| it.1);
        if let Some(name) = row.name.as_deref().filter(|_| is_shared) {
            let (name, namespace) = (excerpt(name), excerpt(&row.namespace));
            row.put_doubt(format!(
                "Several rows are in {namespace}, so {name} may be something in it"
            ));
        }
    }
}

fn place(row: &SourceRow) -> (String, String, String) {
    let cluster = (row.cluster.clone(), row.cluster_id.clone());
    (cluster.0, cluster.1, row.namespace.clone())
}

/// Leaves out the rows whose namespace is being deleted by a later line of the same list, as `kubectl get ns -w` prints it.
fn leave_out_deleted(rows: &mut [SourceRow]) {
    let mut deleted: HashMap<String, u32> = HashMap::new();
    for row in rows.iter_mut().rev() {
        if row.is_deleted {
            deleted.insert(row.namespace.clone(), row.line);
        } else if let Some(line) = deleted.get(&row.namespace) {
            row.leave_out(format!("Line {line} says that it's being deleted"));
        }
        // Above it there is another list, perhaps of another cluster.
        if !row.above.is_empty() {
            deleted.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn doubts(text: &str) -> Vec<String> {
        let rows = parse(text).unwrap().into_iter();
        rows.map(|it| it.doubt.unwrap_or_default()).collect()
    }

    #[test]
    fn cells_that_say_that_there_is_no_value_are_doubtful() {
        for text in [
            "#N/A",
            "#NV",
            "#REF!",
            "#VALUE!",
            "#NAME?",
            "#DIV/0!",
            "#BEZUG!",
            "#¡VALOR!",
            "#¿NOMBRE?",
            "NULL",
            "\\N",
            "(null)",
            "[NULL]",
            "<null>",
        ] {
            let reason = format!("HOST is {text}, which is no value");
            assert_eq!(
                doubts(&format!("name,namespace,HOST\nAcme,acme,{text}\nB,b,h")),
                [reason.clone(), String::new()],
                "{text}"
            );
            assert_eq!(doubts(&format!("Acme, acme, HOST={text}")), [reason]);
        }
        for text in [
            "#1",
            "#24!",
            "#acme",
            "Null",
            "N/A",
            "#general!",
            "A NULL",
            "#",
            "!",
            "NULLABLE",
            "#draft",
        ] {
            assert!(!has_no_value(text), "{text}");
        }
        let named = parse("name\tnamespace\tdescription\nNULL\tacme\tNULL").unwrap();
        assert_eq!(
            (named[0].name.as_deref(), named[0].description.as_str()),
            (None, "")
        );
        assert_eq!(
            named[0].doubt.as_deref(),
            Some("The name is NULL, which is no value")
        );
        assert_eq!(
            doubts(r#"{"name":"B","namespace":"b","HOST":"NULL"}"#),
            ["HOST is NULL, which is no value"]
        );
    }

    #[test]
    fn names_that_share_a_namespace_may_be_those_of_objects() {
        let shared =
            |name: &str| format!("Several rows are in acme, so {name} may be something in it");
        for text in [
            "name,namespace\napi,acme\nweb,acme\nc,c",
            "api, acme\nweb, acme\nc, c",
            "[{\"name\":\"api\",\"namespace\":\"acme\"},\n{\"name\":\"web\",\"namespace\":\"acme\"},\n{\"name\":\"c\",\"namespace\":\"c\"}]",
        ] {
            assert_eq!(
                doubts(text),
                [shared("api"), shared("web"), String::new()],
                "{text}"
            );
        }
        for text in [
            "name,namespace\nAcme,acme\nacme-2,acme",
            "name,namespace\nacme,acme\nacme,acme",
            "name,namespace,cluster\napi,acme,eu\nweb,acme,us",
        ] {
            assert!(doubts(text).iter().all(String::is_empty), "{text}");
        }
    }
}
