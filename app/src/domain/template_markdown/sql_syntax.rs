//! Minimal SQL scanner for recorded sessions: tracks open quotes and comments from line to line, and says where a statement ends.

/// What is open in a statement, read line by line.
#[derive(Clone, Debug, Default)]
pub struct SqlSyntax {
    /// `MySQL`'s: a backslash escapes in quotes, `#` begins a comment, and `$$` is no quote.
    is_mysql: bool,
    /// What closes the open quote, `$$` text or comment.
    close: Option<String>,
    /// A backslash escapes in the open quote.
    has_escapes: bool,
    /// The last line without quotes and comments.
    code: String,
}

/// The `$$` or `$name$` that a text begins with.
fn dollar_tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find('$')?;
    let name = &inner[..end];
    let is_name = name.chars().all(|it| it.is_alphanumeric() || it == '_')
        && !name.starts_with(|it: char| it.is_ascii_digit());
    is_name.then(|| &text[..end + 2])
}

/// Where the text behind `close` begins.
fn behind(text: &str, close: &str, has_escapes: bool) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find(close)?;
        let backslashes = text[..at].bytes().rev().take_while(|it| *it == b'\\');
        from = at + close.len();
        if !has_escapes || backslashes.count().is_multiple_of(2) {
            return Some(from);
        }
    }
}

impl SqlSyntax {
    /// Nothing is open.
    pub fn new(is_mysql: bool) -> Self {
        Self {
            is_mysql,
            ..Self::default()
        }
    }

    /// Reads a line of a statement.
    pub fn read(&mut self, line: &str) {
        self.code.clear();
        let mut rest = line;
        while !rest.is_empty() {
            rest = match &self.close {
                Some(close) => match behind(rest, close, self.has_escapes) {
                    Some(at) => {
                        self.close = None;
                        &rest[at..]
                    }
                    None => return,
                },
                None => self.read_code(rest),
            };
        }
    }

    /// Reads a letter of code, or what opens a quote or a comment. What is behind it.
    fn read_code<'a>(&mut self, text: &'a str) -> &'a str {
        let mut letters = text.chars();
        let letter = letters.next().unwrap_or_default();
        if text.starts_with("--") || self.is_mysql && letter == '#' {
            return "";
        }
        if let Some(comment) = text.strip_prefix("/*") {
            self.close = Some("*/".to_owned());
            self.has_escapes = false;
            return comment;
        }
        if let Some(tag) = dollar_tag(text).filter(|_| !self.is_mysql) {
            self.close = Some(tag.to_owned());
            self.has_escapes = false;
            return &text[tag.len()..];
        }
        if matches!(letter, '\'' | '"' | '`') {
            self.close = Some(letter.to_string());
            self.has_escapes = self.is_mysql || self.code.ends_with(['E', 'e']);
        } else {
            self.code.push(letter);
        }
        letters.as_str()
    }

    /// Whether a quote, a `$$` text or a comment is open behind the last line.
    pub fn is_open(&self) -> bool {
        self.close.is_some()
    }

    /// Takes what is open for closed.
    pub fn close(&mut self) {
        self.close = None;
    }

    /// Whether the last line has anything beside quotes and comments.
    pub fn has_code(&self) -> bool {
        !self.code.trim().is_empty()
    }

    /// Whether the last line ends its statement: with the delimiter, a command of the client such as `\gx`, or a line of
    /// `GO` or `/`.
    pub fn ends(&self, delimiter: &str) -> bool {
        let code = self.code.trim();
        !self.is_open()
            && (code.ends_with(delimiter)
                || code.contains('\\')
                || code == "/"
                || code.eq_ignore_ascii_case("go"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(lines: &[&str], is_mysql: bool) -> Vec<bool> {
        let mut syntax = SqlSyntax::new(is_mysql);
        let ends = lines.iter().map(|it| {
            syntax.read(it);
            syntax.ends(";")
        });
        ends.collect()
    }

    #[test]
    fn a_comment_behind_the_semicolon_is_no_part_of_the_statement() {
        assert_eq!(ends(&["a; -- all"], false), [true]);
        assert_eq!(ends(&["a; /* x */"], false), [true]);
        assert_eq!(ends(&["a; # x"], true), [true]);
        assert_eq!(
            ends(&["a -- b;", "/* c; */", ";"], false),
            [false, false, true]
        );
        assert_eq!(ends(&["a \\gx"], false), [true]);
        assert_eq!(ends(&["a", "GO"], false), [false, true]);
    }

    #[test]
    fn quotes_dollars_and_comments_stay_open_over_lines() {
        assert_eq!(ends(&["'a;", "it''s;", "';"], false), [false, false, true]);
        assert_eq!(
            ends(&["DO $$", "BEGIN;", "END $$;"], false),
            [false, false, true]
        );
        assert_eq!(ends(&["$a$ $$;", "$a$;"], false), [false, true]);
        assert_eq!(ends(&["/* a;", "b */ c;"], false), [false, true]);
        assert_eq!(ends(&["'a\\';", "b';"], true), [false, true]);
        assert_eq!(ends(&["'a\\';"], false), [true]);
        assert_eq!(ends(&["E'a\\';", "b';"], false), [false, true]);
    }
}
