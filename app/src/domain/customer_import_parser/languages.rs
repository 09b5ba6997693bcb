//! Texts in other languages, which are refused as a whole with what to paste instead: YAML, TOML and other settings, SQL,
//! HTML and XML. Read line by line, their keys would be customers, or every line would be left out for a reason of its own.
use super::{commands::is_noise, heads};
use crate::domain::{fold::lowercase, metadata::is_key};

const YAML: &str = "YAML can't be read here. Paste a table or JSON instead";

/// What begins a comment in these languages.
const COMMENTS: [&str; 4] = ["#", ";", "//", "--"];

/// A key of several words has at most this many.
const KEY_WORDS_MAX: usize = 3;

/// Why a text is not read; none if it may have rows.
pub fn unreadable(text: &str) -> Option<&'static str> {
    let first = text.lines().find(|it| it.trim_end() != "---")?;
    let has = |line: &str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
    // What kubectl and helm print.
    let printed = ["apiVersion:", "- apiVersion:", "kind:", "- app_version:"];
    if has(first, &printed) {
        return Some("YAML can't be read here. Use -o json instead");
    }
    let items = ["- name:", "- namespace:", "- customer:"];
    if text.lines().any(|it| has(it.trim_start(), &items)) {
        return Some(YAML);
    }
    if first.trim_start().starts_with('<') && text.contains("</") {
        return Some("HTML and XML can't be read here. Paste the table as text instead");
    }
    let is_said = |it: &&str| {
        let line = it.trim();
        !is_noise(line) && line != "---" && !has(line, &COMMENTS)
    };
    let lines: Vec<&str> = text.lines().filter(is_said).collect();
    if is_sql(&lines) {
        return Some("SQL can't be read here. Paste the rows as a table instead");
    }
    if lines.first().is_none_or(|it| is_of_table(it)) {
        return None;
    }
    if are_settings(&lines) {
        return Some(
            "Settings (TOML, INI, properties) can't be read here. Paste a table or JSON instead",
        );
    }
    if is_nested(&lines) {
        return Some(YAML);
    }
    are_fields(&lines)
        .then_some("A field on each line can't be read here. Paste a table or JSON instead")
}

/// `INSERT INTO customers (name, namespace) VALUES ...`, or what `pg_dump` writes.
fn is_sql(lines: &[&str]) -> bool {
    let begins = |word: &str| {
        let mut lines = lines.iter().map(|it| it.trim_start());
        lines.any(|it| lowercase(it.get(..word.len()).unwrap_or_default()) == word)
    };
    let has_word = |word: &str| lines.iter().any(|it| lowercase(it).contains(word));
    (begins("insert into ") || begins("replace into "))
        && (has_word("values") || has_word("select"))
        || begins("copy ") && has_word(" from stdin")
}

/// Whether a first line has cells: what stands below it in quotes may be in another language.
fn is_of_table(line: &str) -> bool {
    let is_other = is_setting(line) || is_section(line) || key_of(line).is_some();
    !is_other && line.contains([',', ';', '\t', '|'])
}

/// `[customers.acme]`, `name = "Acme"`, `acme.namespace=acme`: two of three lines at least, brackets aside.
fn are_settings(lines: &[&str]) -> bool {
    let lines = || lines.iter().filter(|it| !is_bracket(it));
    let n_values = lines().filter(|it| is_setting(it)).count();
    let n_sections = lines().filter(|it| is_section(it)).count();
    n_values > 0 && (n_values + n_sections) * 3 >= lines().count() * 2
}

fn is_bracket(line: &str) -> bool {
    line.trim().chars().all(|it| "[]{}(),".contains(it))
}

/// `key = value`. The line `sep=;` is one of a table.
fn is_setting(line: &str) -> bool {
    let Some((key, _)) = line.split_once('=') else {
        return false;
    };
    let key = key.trim();
    let quoted = key.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let is_quoted = quoted.is_some_and(|it| !it.is_empty() && !it.contains('"'));
    (is_quoted || is_key(key)) && !key.eq_ignore_ascii_case("sep")
}

/// `[acme]`, `[[customer]]`
fn is_section(line: &str) -> bool {
    let inner = line.trim().strip_prefix('[');
    let inner = inner.and_then(|it| it.strip_suffix(']'));
    inner.is_some_and(|it| !it.is_empty() && !it.contains([',', ';', '|']))
}

/// Lines of YAML: `acme:` or `- id: 1` with `  namespace: acme` below it.
fn is_nested(lines: &[&str]) -> bool {
    lines.windows(2).any(|it| {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let (outer, inner) = (it[0].trim(), it[1].trim());
        let opens = match outer.strip_prefix("- ") {
            Some(item) => key_of(item).is_some(),
            None => key_of(outer).is_some_and(|it| it.1.is_empty()),
        };
        opens && indent(it[1]) > indent(it[0]) && key_of(inner).is_some()
    })
}

/// `Name: Acme` above `Namespace: acme`, as people write it and `kubectl describe` prints it: two of three lines at least, one
/// of them with a word of ours.
fn are_fields(lines: &[&str]) -> bool {
    let keys: Vec<&str> = lines.iter().filter_map(|it| Some(key_of(it)?.0)).collect();
    lines.len() > 1 && keys.len() * 3 >= lines.len() * 2 && keys.iter().any(|it| heads::is_head(it))
}

/// The key and the value of `key: value`.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim();
    let is_letter =
        |it: char| it.is_alphanumeric() || matches!(it, ' ' | '_' | '-' | '.' | '/' | '"');
    let is_plain = key.contains(char::is_alphabetic)
        && key.chars().all(is_letter)
        && key.split_whitespace().count() <= KEY_WORDS_MAX;
    let is_apart = value.is_empty() || value.starts_with(char::is_whitespace);
    (is_plain && is_apart).then_some((key, value.trim()))
}
