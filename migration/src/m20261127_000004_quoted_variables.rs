//! A text's variables are kept as they are used: `var.KEY`, or `var.KEY | quote` where a value must be a literal. And
//! backslashes before a variable are read in pairs: `\\{{var.KEY}}` has one. Texts with either are read anew.
use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, Statement},
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true) // SQLite has none by default.
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let backend = db.get_database_backend();
        let mut texts: BTreeMap<i64, String> = BTreeMap::new();
        for table in ["step_templates", "customer_steps"] {
            let concerned = format!(
                "SELECT DISTINCT text_key, content FROM {table} \
                 WHERE content LIKE '%{{{{%|%quote%' OR content LIKE '%\\\\{{{{%'"
            );
            let rows = db
                .query_all_raw(Statement::from_string(backend, concerned))
                .await?;
            for row in rows {
                texts.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            }
        }
        for (key, text) in texts {
            let delete = "DELETE FROM text_variables WHERE text_key = ?";
            let insert = "INSERT INTO text_variables (text_key, name) VALUES (?, ?)";
            db.execute_raw(Statement::from_sql_and_values(
                backend,
                delete,
                [key.into()],
            ))
            .await?;
            for used in uses(&text) {
                let values = [key.into(), used.into()];
                db.execute_raw(Statement::from_sql_and_values(backend, insert, values))
                    .await?;
            }
        }
        Ok(())
    }
}

/// How a text uses its variables, as the program of this migration reads it.
fn uses(text: &str) -> BTreeSet<String> {
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
            uses.insert(used);
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
}
