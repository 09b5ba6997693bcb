//! Minimal shell scanner for recorded sessions: tracks what is open from line to line, and says where a command ends.

/// What is open in a command: a quote, or a loop.
#[derive(Default)]
pub struct ShellSyntax {
    quote: Option<char>,
    n_opened: usize,
    n_closed: usize,
}

impl ShellSyntax {
    /// The quote that a line opens and does not close.
    pub fn open_quote(line: &str) -> Option<char> {
        let mut syntax = Self::default();
        syntax.goes_on(line);
        syntax.quote
    }

    /// Reads a line of a command. Whether the command goes on in the next one: the line ends with a backslash, a pipe or
    /// an operator, a quote is open, or a loop is not closed.
    pub fn goes_on(&mut self, line: &str) -> bool {
        let mut letters = line.chars();
        let mut is_word_start = true;
        let mut code = String::with_capacity(line.len());
        while let Some(letter) = letters.next() {
            let was_start = is_word_start;
            is_word_start = letter.is_whitespace() || letter == ';';
            match (self.quote, letter) {
                (None, '#') if was_start => break,
                (None | Some('"'), '\\') => {
                    let escaped = letters.next();
                    if escaped.is_none() {
                        return true;
                    }
                }
                (None, '\'' | '"') => self.quote = Some(letter),
                (Some(open), _) if open == letter => self.quote = None,
                (None, _) => code.push(letter),
                _ => {}
            }
        }
        for part in code.split([';', '|', '&']) {
            let mut words = part.split_whitespace();
            let is_before = |it: &&str| matches!(*it, "do" | "then" | "else" | "!");
            match words.find(|it| !is_before(it)) {
                Some("for" | "while" | "until" | "select" | "if" | "case") => self.n_opened += 1,
                Some("done" | "fi" | "esac" | "}" | ")") => self.n_closed += 1,
                _ if part.trim_end().ends_with(['{', '(']) => self.n_opened += 1,
                _ => {}
            }
        }
        let end = code.trim_end();
        self.quote.is_some()
            || self.n_opened > self.n_closed
            || end.ends_with('|')
            || end.ends_with("&&")
    }
}

/// The word behind `<<`, and what is behind it; none for a number, which is shifted by.
fn heredoc_word(text: &str) -> (Option<&str>, &str) {
    let text = text.strip_prefix('-').unwrap_or(text).trim_start();
    for quote in ['\'', '"'] {
        let quoted = text.strip_prefix(quote).and_then(|it| it.split_once(quote));
        if let Some((word, rest)) = quoted {
            return (Some(word).filter(|it| !it.is_empty()), rest);
        }
    }
    let text = text.strip_prefix('\\').unwrap_or(text);
    let end = text
        .find(|it: char| !(it.is_alphanumeric() || it == '_'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let is_word = !word.is_empty() && !word.starts_with(|it: char| it.is_ascii_digit());
    (is_word.then_some(word), rest)
}

/// The words that end the here-documents that a line opens, in their order: `cat <<A <<"END OF B"`.
pub fn heredocs(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some((_, behind)) = rest.split_once("<<") {
        // `<<<` has its text behind it.
        let (word, behind) = match behind.strip_prefix('<') {
            Some(behind) => (None, behind),
            None => heredoc_word(behind),
        };
        words.extend(word);
        rest = behind;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_on(lines: &[&str]) -> Vec<bool> {
        let mut syntax = ShellSyntax::default();
        lines.iter().map(|it| syntax.goes_on(it)).collect()
    }

    #[test]
    fn a_command_goes_on_while_something_is_open() {
        assert_eq!(goes_on(&["a \\", "b"]), [true, false]);
        assert_eq!(goes_on(&["a |", "b &&", "c"]), [true, true, false]);
        assert_eq!(
            goes_on(&["a '", "# no comment", "' b # it's"]),
            [true, true, false]
        );
        assert_eq!(goes_on(&["if a; then", "b", "fi"]), [true, true, false]);
        assert_eq!(goes_on(&["while a; do b", "done | c"]), [true, false]);
        assert_eq!(goes_on(&["x=$(", "ls", ")"]), [true, true, false]);
        assert_eq!(goes_on(&["echo if for do"]), [false]);
    }

    #[test]
    fn a_quote_may_be_open_at_the_end_of_a_line() {
        assert_eq!(ShellSyntax::open_quote("psql -c \""), Some('"'));
        assert_eq!(ShellSyntax::open_quote("kubectl patch x -p '{"), Some('\''));
        for line in ["echo 'a' \"b\"", "ls # it's", "echo it\\'s", ""] {
            assert_eq!(ShellSyntax::open_quote(line), None, "{line}");
        }
    }

    #[test]
    fn a_here_document_ends_with_its_word() {
        assert_eq!(heredocs("cat <<'EOF' > x"), ["EOF"]);
        assert_eq!(heredocs("cat <<-END"), ["END"]);
        assert_eq!(heredocs("cat <<\"END OF\""), ["END OF"]);
        assert_eq!(heredocs("cat <<A <<-\\B | x"), ["A", "B"]);
        for line in [
            "cat <<< word",
            "echo $((1 << 2))",
            "cat < file",
            "cat <<",
            "cat <<''",
        ] {
            assert_eq!(heredocs(line), [""; 0], "{line}");
        }
    }
}
