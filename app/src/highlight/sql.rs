//! Lexer for SQL: comments, strings, numbers and the usual keywords.
use super::{Token, TokenClass, is_word, push, run};

const KEYWORDS: &[&str] = &[
    "ADD",
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CASCADE",
    "CASE",
    "CAST",
    "COLUMN",
    "COMMIT",
    "CONCURRENTLY",
    "CONSTRAINT",
    "COUNT",
    "CREATE",
    "CROSS",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DO",
    "DROP",
    "ELSE",
    "END",
    "EXISTS",
    "EXPLAIN",
    "FOREIGN",
    "FROM",
    "FUNCTION",
    "GRANT",
    "GROUP",
    "HAVING",
    "IF",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCK",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "RIGHT",
    "ROLLBACK",
    "SCHEMA",
    "SELECT",
    "SET",
    "SUM",
    "TABLE",
    "THEN",
    "TO",
    "TRUNCATE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WITH",
];

/// The tokens of an SQL text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(ch) = text[at..].chars().next() {
        let rest = &text[at..];
        let (class, end) = match ch {
            '-' if rest.starts_with("--") => (TokenClass::Comment, run(text, at, |it| it != '\n')),
            '/' if rest.starts_with("/*") => (
                TokenClass::Comment,
                rest.get(2..)
                    .and_then(|it| it.find("*/"))
                    .map_or(text.len(), |it| at + it + 4),
            ),
            '\'' => (TokenClass::Text, doubled(text, at, '\'')),
            // A quoted identifier.
            '"' => (TokenClass::Plain, doubled(text, at, '"')),
            it if it.is_ascii_digit() => (
                TokenClass::Number,
                run(text, at, |it| it.is_alphanumeric() || it == '.'),
            ),
            it if is_word(it) => {
                let end = run(text, at, is_word);
                let word = text[at..end].to_ascii_uppercase();
                (
                    if KEYWORDS.binary_search(&word.as_str()).is_ok() {
                        TokenClass::Keyword
                    } else {
                        TokenClass::Plain
                    },
                    end,
                )
            }
            it => (TokenClass::Plain, at + it.len_utf8()),
        };
        push(&mut tokens, class, end);
        at = end;
    }
    tokens
}

/// The end of a quoted string, in which two quotes stand for one.
fn doubled(text: &str, from: usize, quote: char) -> usize {
    let mut at = from + 1;
    while let Some(found) = text[at..].find(quote) {
        at += found + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_keywords_are_sorted_so_that_they_are_found() {
        assert!(super::KEYWORDS.is_sorted());
    }
}
