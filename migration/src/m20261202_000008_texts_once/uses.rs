//! How a text uses its variables, as the program of this migration reads it.
use std::collections::BTreeSet;

/// Longer names, which no variable has, are cut: PostgreSQL's index takes 2,704 bytes.
const NAME_MAX_CHARS: usize = 500;

/// `var.KEY`, or `var.KEY | quote` where a value must be a literal; backslashes before a variable are read in pairs.
pub fn uses(text: &str) -> BTreeSet<String> {
    let mut uses = BTreeSet::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = text[at..].find("{{") {
        let open = at + found;
        let Some((used, end)) = use_at(&text[open + 2..]) else {
            at = open + 1;
            continue;
        };
        let before = &text[from..open];
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        if backslashes.is_multiple_of(2) {
            uses.insert(used.chars().take(NAME_MAX_CHARS).collect());
        }
        at = open + 2 + end;
        from = at;
    }
    uses
}

/// A variable behind two braces, and where its own end.
fn use_at(inside: &str) -> Option<(String, usize)> {
    let line = &inside[..inside.find(['\n', '\r', '{']).unwrap_or(inside.len())];
    let close = line.find("}}")?;
    let blanks = [' ', '\t'];
    let trimmed = line[..close].trim_matches(blanks);
    let (name, filter) = trimmed.split_once('|').unwrap_or((trimmed, ""));
    let (name, filter) = (name.trim_end_matches(blanks), filter.trim_matches(blanks));
    let (root, field) = name.split_once('.')?;
    if !["customer", "cluster", "release", "var"].contains(&root) || field.is_empty() {
        return None;
    }
    let used = match (trimmed.contains('|'), filter) {
        (false, _) | (true, "quote_ansi" | "quote_mysql") => name.to_owned(),
        (true, "quote") => format!("{name} | quote"),
        (true, _) => trimmed.to_owned(),
    };
    Some((used, close + 2))
}

#[cfg(test)]
mod tests {
    use super::uses;

    #[test]
    fn uses_are_read_with_filters_and_pairs_of_backslashes() {
        let text = r"{{var.A|quote}} {{var.A}} \{{var.B}} \\{{var.C | quote_ansi}} \\\{{var.D}} {{ x }} {{var.E | up}}";
        let found: Vec<String> = uses(text).into_iter().collect();
        assert_eq!(found, ["var.A", "var.A | quote", "var.C", "var.E | up"]);
    }

    #[test]
    fn long_names_that_begin_alike_are_one_that_is_cut() {
        let long = "x".repeat(3_000);
        let found = uses(&format!("{{{{var.{long}}}}} {{{{var.{long}y}}}}"));
        assert_eq!(found.len(), 1);
        assert!(found.iter().all(|it| it.len() == 500));
    }
}
