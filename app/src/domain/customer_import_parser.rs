//! Parser for pasted customers: `name, namespace, KEY=value...` lines, spreadsheet tables with a header row (comma,
//! semicolon or tab), or the output of `kubectl get ns`. A line in none of these formats is an error.
use super::metadata::{Metadata, Value, is_key};

/// Namespaces of Kubernetes itself, which are never customers.
const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// The format of a text, detected by its first line with content.
pub enum InputFormat {
    /// `name, namespace, KEY=value...`
    Plain {
        separator: char,
    },
    /// By the heads of its columns.
    Table {
        separator: char,
        heads: Vec<String>,
    },
    Kubectl,
}

/// A customer parsed from a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ParsedCustomer {
    pub name: String,
    pub namespace: String,
    /// By name; without one, the chosen cluster.
    pub cluster: String,
    pub description: String,
    pub metadata: Metadata,
}

/// A parsed line, or why it is skipped.
#[derive(Debug, PartialEq, Eq)]
pub enum ParsedLine {
    Entry(ParsedCustomer),
    LeftOut(String),
    Wrong(String),
}

impl InputFormat {
    /// The format of a text, and whether its first line is the header row.
    pub fn of(line: &str) -> (Self, bool) {
        let separator = separator_of(line);
        let heads = cells(line, separator);
        let is = |index: usize, words: &[&str]| {
            let head = heads.get(index).map(|it| it.to_lowercase());
            head.is_some_and(|it| words.contains(&it.as_str()))
        };
        let names_namespaces = (0..heads.len()).any(|index| is(index, &["namespace"]));
        if names_namespaces && is(0, &["name", "customer", "cluster", "namespace"]) {
            return (Self::Table { separator, heads }, true);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["NAME", "STATUS", ..] => (Self::Kubectl, true),
            [name, "Active" | "Terminating", ..] if !name.contains(separator) => {
                (Self::Kubectl, false)
            }
            [name] if name.starts_with("namespace/") => (Self::Kubectl, false),
            _ => (Self::Plain { separator }, false),
        }
    }

    /// Parses one line of this format.
    pub fn read(&self, line: &str) -> ParsedLine {
        match self {
            Self::Plain { separator } => plain(&cells(line, *separator)),
            Self::Table { separator, heads } => row(heads, cells(line, *separator)),
            Self::Kubectl => kubectl(line),
        }
    }
}

fn separator_of(line: &str) -> char {
    match (line.contains('\t'), line.contains(','), line.contains(';')) {
        (true, ..) => '\t',
        (false, false, true) => ';',
        _ => ',',
    }
}

/// The cells of a line. Cells in double quotes may contain the separator; two quotes inside are one.
fn cells(line: &str, separator: char) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                is_quoted = true;
            }
            it if it == separator && !is_quoted => {
                cells.push(cell.trim().to_owned());
                cell.clear();
            }
            it => cell.push(it),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

/// `name, namespace, KEY=value...`
fn plain(cells: &[String]) -> ParsedLine {
    let [name, namespace, variables @ ..] = cells else {
        return ParsedLine::Wrong("write the name, a comma and the namespace".to_owned());
    };
    let mut metadata = Metadata::default();
    for variable in variables.iter().filter(|it| !it.is_empty()) {
        let Some((key, value)) = variable.split_once('=') else {
            return ParsedLine::Wrong(format!("`{variable}` is no variable: write KEY=value"));
        };
        let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
        if let Some(problem) = put(&mut metadata, key, value) {
            return ParsedLine::Wrong(problem);
        }
    }
    ParsedLine::Entry(ParsedCustomer {
        name: name.clone(),
        namespace: namespace.clone(),
        metadata,
        ..ParsedCustomer::default()
    })
}

/// A row of a table. A column with an unknown header is a variable; an empty cell is no value.
fn row(heads: &[String], cells: Vec<String>) -> ParsedLine {
    if cells.len() > heads.len() {
        return ParsedLine::Wrong(format!(
            "{} cells, but the first line has {}",
            cells.len(),
            heads.len()
        ));
    }
    let mut entry = ParsedCustomer::default();
    for (head, cell) in heads.iter().zip(cells) {
        match head.to_lowercase().as_str() {
            "name" | "customer" => entry.name = cell,
            "namespace" => entry.namespace = cell,
            "cluster" => entry.cluster = cell,
            "description" => entry.description = cell,
            _ if cell.is_empty() => {}
            _ => {
                if let Some(problem) = put(&mut entry.metadata, head.clone(), cell) {
                    return ParsedLine::Wrong(problem);
                }
            }
        }
    }
    if entry.name.is_empty() {
        entry.name.clone_from(&entry.namespace);
    }
    ParsedLine::Entry(entry)
}

/// A line of `kubectl get ns`, also with `-o name`. The customer is named as its namespace; a name can be given later.
fn kubectl(line: &str) -> ParsedLine {
    let word = line.split_whitespace().next().unwrap_or_default();
    let namespace = word.strip_prefix("namespace/").unwrap_or(word).to_owned();
    if SYSTEM_NAMESPACES.contains(&namespace.as_str()) {
        return ParsedLine::LeftOut(format!("{namespace} belongs to Kubernetes"));
    }
    if line.split_whitespace().nth(1) == Some("Terminating") {
        return ParsedLine::LeftOut(format!("{namespace} is about to be deleted"));
    }
    ParsedLine::Entry(ParsedCustomer {
        name: namespace.clone(),
        namespace,
        ..ParsedCustomer::default()
    })
}

/// Adds a variable. Errors: an invalid or repeated key.
fn put(metadata: &mut Metadata, key: String, value: String) -> Option<String> {
    if !is_key(&key) {
        return Some(format!("`{key}` is not a variable's name"));
    }
    if metadata.0.contains_key(&key) {
        return Some(format!("{key} stands twice"));
    }
    metadata.0.insert(key, Value::Text(value));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_in_quotes_may_hold_the_separator_and_quotes() {
        assert_eq!(
            cells(r#" a ,"b, c", "d ""e""",f"g"#, ','),
            ["a", "b, c", r#"d "e""#, r#"f"g"#]
        );
        assert_eq!(cells("", ','), [""]);
        assert_eq!(cells("\"open, a", ','), ["open, a"]);
    }

    #[test]
    fn the_first_line_tells_the_form() {
        let is = |line: &str| match InputFormat::of(line) {
            (InputFormat::Plain { separator }, _) => format!("plain {separator}"),
            (InputFormat::Table { heads, .. }, _) => format!("table of {}", heads.join(" ")),
            (InputFormat::Kubectl, is_head) => format!("kubectl {is_head}"),
        };
        assert_eq!(is("Acme, acme"), "plain ,");
        assert_eq!(is("Acme; acme"), "plain ;");
        assert_eq!(is("Namespace;Name"), "table of Namespace Name");
        assert_eq!(is("NAME   STATUS   AGE"), "kubectl true");
        assert_eq!(is("acme   Active   1d"), "kubectl false");
    }
}
