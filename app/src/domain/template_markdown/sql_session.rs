//! Recorded sessions of a database's client: the statements behind its prompts. A line without a prompt is output, unless a
//! quote, a `$$` text or a comment is open.

use super::{
    console_session::{ConsoleSession, DOUBTED_MAX},
    guess,
    opened_shell::opens_client,
    prompt::{PromptSign, prompted},
    sql_prompt::{SqlClient, SqlPrompted, sql_prompted},
    sql_syntax::SqlSyntax,
};
use crate::domain::{fold::lowercase, vocabulary::StepType};

/// The most lines of an open quote without prompts; a longer one is taken for output.
const OPEN_LINES_MAX: usize = 200;

/// Commands of `MySQL`'s client, which need no semicolon.
const OF_MYSQL: &str =
    " delimiter exit help nopager notee pager quit rehash source status tee use ";
/// Those of SQL*Plus.
const OF_SQLPLUS: &str = " accept archive clear col column conn connect define desc describe edit exec execute exit get help host list pause \
print prompt quit run save set show shutdown spool start startup undefine var variable whenever ";
/// Those of other clients.
const OF_OTHERS: &str =
    " consistency desc describe exit expand help paging quit set show source tracing use ";

struct SqlReader<'a> {
    lines: std::str::Lines<'a>,
    client: SqlClient,
    syntax: SqlSyntax,
    delimiter: &'a str,
    /// The present statement has no end yet.
    is_open: bool,
    /// Lines of the present statement; 0 behind output.
    n_lines: usize,
    /// The present statement begins with COPY; it reads its data from the session.
    begins_copy: bool,
    reads_data: bool,
    taken: Vec<&'a str>,
    session: ConsoleSession,
}

impl<'a> SqlReader<'a> {
    fn new(lines: std::str::Lines<'a>) -> Self {
        Self {
            lines,
            client: SqlClient::Other,
            syntax: SqlSyntax::default(),
            delimiter: ";",
            is_open: false,
            n_lines: 0,
            begins_copy: false,
            reads_data: false,
            taken: Vec::new(),
            session: ConsoleSession::default(),
        }
    }

    /// Whether a statement is a command of the client, which ends with its line.
    fn is_client_command(&self, statement: &str) -> bool {
        let list = match self.client {
            SqlClient::Psql => " exit help quit ",
            SqlClient::MySql => OF_MYSQL,
            SqlClient::SqlPlus => OF_SQLPLUS,
            SqlClient::Other => OF_OTHERS,
        };
        let first = statement.split_whitespace().next().unwrap_or_default();
        let first = lowercase(first.trim_end_matches(';'));
        statement.starts_with(['\\', '.', '@', '!', ':'])
            || !first.is_empty() && list.contains(&format!(" {first} "))
    }

    /// Takes what is behind a prompt.
    fn prompted(&mut self, line: SqlPrompted<'a>) {
        if line.is_first {
            self.client = line.client;
            self.syntax = SqlSyntax::new(self.client == SqlClient::MySql);
            self.is_open = false;
            self.n_lines = 0;
            let lower = lowercase(line.statement.get(..6).unwrap_or_default());
            self.begins_copy = lower.starts_with("copy ") || lower == "\\copy ";
            self.reads_data = false;
        }
        let statement = line.statement.trim_end();
        if line.is_first && self.is_client_command(statement) {
            let mut words = statement.split_whitespace();
            let is_delimiter = words
                .next()
                .is_some_and(|it| it.eq_ignore_ascii_case("delimiter"));
            if let Some(delimiter) = words.next().filter(|_| is_delimiter) {
                self.delimiter = delimiter;
            }
            self.reads_data = self.begins_copy && lowercase(statement).contains("from stdin");
            self.taken.push(statement);
        } else {
            self.take(statement);
        }
    }

    /// Takes a line of a statement.
    fn take(&mut self, line: &'a str) {
        self.n_lines += 1;
        if line.is_empty() && !self.syntax.is_open() {
            return;
        }
        self.taken.push(line);
        self.syntax.read(line);
        if self.syntax.ends(self.delimiter) {
            self.is_open = false;
        } else {
            self.is_open |= self.syntax.has_code();
        }
        self.reads_data |= self.begins_copy && lowercase(line).contains("from stdin");
    }

    /// Whether what is open in the statement is closed in these lines, before another statement begins.
    fn closes(&self, line: &'a str) -> bool {
        let mut syntax = self.syntax.clone();
        let lines = std::iter::once(line).chain(self.lines.clone());
        for line in lines.take(OPEN_LINES_MAX) {
            let prompted = sql_prompted(line);
            if prompted.is_some_and(|it| it.is_first) {
                return false;
            }
            syntax.read(prompted.map_or(line, |it| it.statement));
            if !syntax.is_open() {
                return true;
            }
        }
        false
    }

    /// What a client shows before the next line of a statement, where that is no prompt to be told from output: `  2  ` of
    /// SQL*Plus, `   ... ` of cqlsh, `>> ` before the data of COPY.
    fn goes_on(&self, line: &'a str) -> Option<&'a str> {
        let line = line.trim_start();
        if self.reads_data {
            let data = line.strip_prefix(">>")?;
            return Some(data.strip_prefix(' ').unwrap_or(data));
        }
        match self.client {
            SqlClient::SqlPlus if self.n_lines > 0 => {
                let number = (self.n_lines + 1).to_string();
                let rest = line.strip_prefix(number.as_str())?;
                // "2 rows updated." has one space.
                rest.strip_prefix("  ").or(rest.is_empty().then_some(rest))
            }
            SqlClient::Other if self.is_open => line.strip_prefix("... "),
            _ => None,
        }
    }

    /// Whether a prompt is one of this session. Plans of queries have `->`, too.
    fn counts(&self, line: &SqlPrompted<'_>) -> bool {
        line.is_first
            || match self.client {
                SqlClient::Psql => line.client == SqlClient::Psql,
                SqlClient::SqlPlus => false,
                SqlClient::MySql => self.is_open || self.syntax.is_open(),
                SqlClient::Other => {
                    line.client == SqlClient::Other || self.is_open || self.syntax.is_open()
                }
            }
    }

    /// Takes or leaves out a line without a prompt.
    fn unprompted(&mut self, line: &'a str) {
        if self.syntax.is_open() {
            if self.closes(line) {
                self.take(line);
                return;
            }
            self.syntax.close();
            self.is_open = true;
        }
        if let Some(statement) = self.goes_on(line) {
            if self.reads_data {
                self.taken.push(statement);
                self.reads_data = statement != "\\.";
            } else {
                self.take(statement.trim_end());
            }
        } else if line.trim().is_empty() {
            self.n_lines = 0;
        } else {
            self.output(line);
        }
    }

    /// Leaves out a line, and sees whether it may have been typed.
    fn output(&mut self, line: &str) {
        self.n_lines = 0;
        self.session.n_left_out += 1;
        if self.session.is_doubtful || self.session.n_left_out > DOUBTED_MAX {
            return;
        }
        let line = line.trim();
        let is_hint = line.starts_with("Enter data to be copied") || line.starts_with("End with ");
        let mut signs = [PromptSign::User, PromptSign::Root].into_iter();
        let shell = signs.find_map(|it| prompted(line, it));
        self.session.is_doubtful = self.is_open
            || self.reads_data && !is_hint
            || guess::is_command(shell.map_or(line, |it| it.command))
            || guess::script(line) == Some(StepType::Sql);
    }

    /// Reads the lines before the first prompt: comments, which are kept, and in a fence of sql the command that opens the
    /// client, with what that says. False if anything else is there, or no prompt: then this is no session.
    fn finds_prompt(&mut self, is_sql: bool) -> bool {
        let mut is_client_open = false;
        loop {
            let rest = self.lines.clone();
            let Some(line) = self.lines.next() else {
                return false;
            };
            if sql_prompted(line).is_some_and(|it| it.is_first) {
                self.lines = rest;
                return true;
            }
            let line = line.trim();
            let mut signs = [PromptSign::User, PromptSign::Root].into_iter();
            let shell = signs.find_map(|it| prompted(line, it));
            let command = shell.map_or(line, |it| it.command);
            let is_command = shell.is_some() || guess::is_command(command);
            if is_client_open && !line.is_empty() {
                self.session.n_left_out += 1;
            } else if is_sql && line.starts_with("--") {
                self.taken.push(line);
            } else if is_sql && is_command && opens_client(command) {
                is_client_open = true;
                self.session.n_left_out += 1;
                // Which database it opens is said nowhere else.
                self.session.is_doubtful = true;
            } else if !line.is_empty() {
                return false;
            }
        }
    }

    fn read(mut self) -> Option<ConsoleSession> {
        while let Some(line) = self.lines.next() {
            match sql_prompted(line).filter(|it| self.counts(it)) {
                Some(prompted) => self.prompted(prompted),
                None => self.unprompted(line),
            }
        }
        self.session.commands = self.taken.join("\n");
        (!self.session.commands.is_empty()).then_some(self.session)
    }
}

/// The statements of a session. None if the text is none: it does not begin with a prompt. `is_sql` says that the fence is marked as
/// sql; then the command that opens the client may stand before.
pub fn statements(text: &str, is_sql: bool) -> Option<ConsoleSession> {
    let mut reader = SqlReader::new(text.lines());
    if !reader.finds_prompt(is_sql) {
        return None;
    }
    reader.read()
}

/// Whether a line has the prompt of a database's client before a statement. In a block that is no session none should.
pub fn has_prompt(text: &str) -> bool {
    let mut lines = text.lines().filter_map(sql_prompted);
    lines.any(|it| it.is_first && !it.statement.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, usize, bool) {
        let session = statements(text, true).unwrap();
        (session.commands, session.n_left_out, session.is_doubtful)
    }

    fn sure(commands: &str, n_left_out: usize) -> (String, usize, bool) {
        (commands.to_owned(), n_left_out, false)
    }

    #[test]
    fn statements_are_taken_from_a_database_session() {
        let psql = "app=# SELECT count(*)\napp-# FROM users;\n count\n-------\n     5\n(1 row)\n\napp=> \\dt\nNone";
        assert_eq!(read(psql), sure("SELECT count(*)\nFROM users;\n\\dt", 5));
        let mysql = "mysql> SHOW SLAVE STATUS\\G\nrow\nmysql> SELECT 1\n    -> ;\n1";
        assert_eq!(read(mysql), sure("SHOW SLAVE STATUS\\G\nSELECT 1\n;", 2));
        assert_eq!(statements("SELECT a > b FROM c;", true), None);
        assert_eq!(statements("SELECT 1;\nmysql> x", true), None);
        assert_eq!(
            read("app=# SELECT a > b, c # d;"),
            sure("SELECT a > b, c # d;", 0)
        );
    }

    #[test]
    fn output_is_no_part_of_a_statement() {
        for (text, expected) in [
            (
                "app=# DELETE FROM a; -- all\nDELETE 5\napp=# SELECT 1;",
                sure("DELETE FROM a; -- all\nSELECT 1;", 1),
            ),
            (
                "app=# UPDATE a SET b=1 WHERE c=2; /* x */\nUPDATE 1",
                sure("UPDATE a SET b=1 WHERE c=2; /* x */", 1),
            ),
            (
                "app=# SELECT 1 \\gx\n-[ RECORD 1 ]\nx | 1\napp=# SELECT 2;",
                sure("SELECT 1 \\gx\nSELECT 2;", 2),
            ),
            (
                "mysql> USE app\nDatabase changed\nmysql> UPDATE a SET b=1;\nQuery OK",
                sure("USE app\nUPDATE a SET b=1;", 2),
            ),
            (
                "sqlite> .tables\na b\nsqlite> DELETE FROM a;",
                sure(".tables\nDELETE FROM a;", 1),
            ),
            (
                "mysql> delimiter //\nmysql> SELECT 1//\n+---+\n| 1 |\n",
                sure("delimiter //\nSELECT 1//", 2),
            ),
            (
                "SQL> SET LINESIZE 200\nSQL> @patch.sql\nTable altered.\nSQL> exec x\n\nPL/SQL procedure successfully completed.",
                sure("SET LINESIZE 200\n@patch.sql\nexec x", 2),
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_statement_without_an_end_or_a_command_among_the_output_is_doubtful() {
        for text in [
            "mysql> SELECT *\nFROM a;",
            "app=# SELECT 1\n 1",
            "app=# SELECT 1;\nDELETE FROM a;",
            "app=# SELECT 1;\n$ kubectl get pods",
            "app=# SELECT 'a;\n 1\napp=# SELECT 2;",
            "app=# COPY a FROM stdin;\n1\n\\.",
            "$ psql app\npsql (16.3)\napp=# SELECT 1;\n 1",
        ] {
            let (commands, _, is_doubtful) = read(text);
            assert!(is_doubtful, "{text}");
            assert!(
                commands.starts_with("SELECT") || commands.starts_with("COPY"),
                "{commands}"
            );
        }
    }

    #[test]
    fn a_statement_goes_on_behind_prompts_and_in_what_is_open() {
        for (text, expected) in [
            (
                "app=# DO $$\napp$# BEGIN\napp$# END $$;\nDO",
                sure("DO $$\nBEGIN\nEND $$;", 1),
            ),
            ("app=> SELECT 'x\n\ny';\n a", sure("SELECT 'x\n\ny';", 1)),
            (
                "app=# SELECT \"a\napp\"# b\";\n x",
                sure("SELECT \"a\nb\";", 1),
            ),
            (
                "SQL> UPDATE a\n  2  SET b = 1\n  3  WHERE c = 2;\n\n1 row updated.\n\nSQL> COMMIT;",
                sure("UPDATE a\nSET b = 1\nWHERE c = 2;\nCOMMIT;", 1),
            ),
            (
                "SQL> BEGIN\n  2    x;\n  3  END;\n  4  /\n\nPL/SQL procedure successfully completed.",
                sure("BEGIN\n  x;\nEND;\n/", 1),
            ),
            (
                "1> UPDATE a SET b = 1\n2> GO\n(1 rows affected)\n1> SELECT 1\n2> GO",
                sure("UPDATE a SET b = 1\nGO\nSELECT 1\nGO", 1),
            ),
            (
                "app=# COPY a FROM stdin;\nEnter data to be copied followed by a newline.\n>> 1\ta\n>> \\.\nCOPY 1\napp=# SELECT 1;",
                sure("COPY a FROM stdin;\n1\ta\n\\.\nSELECT 1;", 2),
            ),
            (
                "cqlsh:ks> SELECT a\n      ... FROM b;\n x",
                sure("SELECT a\nFROM b;", 1),
            ),
            (
                "root@:26257/db> SELECT 1;\n  ?column?",
                sure("SELECT 1;", 1),
            ),
            ("ch1 :) SELECT 1;\n\n1", sure("SELECT 1;", 1)),
            ("sqlite> SELECT 1\n   ...> ;\n1", sure("SELECT 1\n;", 1)),
            (
                "app=# EXPLAIN SELECT 1;\n Append\n   ->  Seq Scan on a",
                sure("EXPLAIN SELECT 1;", 2),
            ),
            (
                "SQL> UPDATE a SET b = 1;\n2 rows updated.",
                sure("UPDATE a SET b = 1;", 1),
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn comments_and_the_client_s_command_may_stand_before_the_first_prompt() {
        assert_eq!(
            read("-- Clean up\napp=# DELETE FROM a;"),
            sure("-- Clean up\nDELETE FROM a;", 0)
        );
        assert_eq!(
            read("psql app\npsql (16.3)\n\napp=# SELECT 1;"),
            ("SELECT 1;".to_owned(), 2, true)
        );
        assert_eq!(statements("psql app\napp=# SELECT 1;", false), None);
        assert!(has_prompt("SELECT 1;\nmysql> SELECT 2;") && !has_prompt("SELECT a > b;"));
    }
}
