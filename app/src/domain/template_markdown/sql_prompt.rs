//! Prompts of databases' clients, as recorded sessions have them before each line of a statement.

/// Which client a prompt belongs to, as far as their sessions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlClient {
    Psql,
    MySql,
    SqlPlus,
    Other,
}

/// A line that begins with the prompt of a database's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlPrompted<'a> {
    pub client: SqlClient,
    /// The prompt of a new statement; any other says that a statement goes on.
    pub is_first: bool,
    pub statement: &'a str,
}

/// How many bytes a prompt may have; what is longer is output.
const PROMPT_MAX: usize = 200;

/// Clients whose prompt is their name, or their name and a schema: `trino:web> `.
const NAMES: &str = " sqlite hive presto trino spark-sql ksql cqlsh ij ";

/// The client of a prompt that psql may show, without its sign, and whether it begins a statement: `db=`, `db=*`, `db-`,
/// `db$`, `db"`. The letter before the sign is psql's state.
fn psql(head: &str) -> Option<bool> {
    let bare = head.trim_end_matches(['*', '!', '?']);
    let is_name = |it: &str| {
        it.contains(char::is_alphanumeric)
            && it.chars().all(|it| {
                it.is_alphanumeric() || matches!(it, '_' | '.' | '-' | '@' | ':' | '/' | '[' | ']')
            })
    };
    let state = bare.chars().next_back()?;
    let name = &bare[..bare.len() - state.len_utf8()];
    match state {
        '=' | '^' => is_name(name).then_some(true),
        '-' | '(' | '\'' | '"' | '$' => is_name(name).then_some(false),
        // `db*#` is within a comment.
        _ => (head.ends_with('*') && is_name(bare)).then_some(false),
    }
}

/// `root@:26257/db` and `demo@127.0.0.1:26257/demo/movr` of `CockroachDB`.
fn is_cockroach(head: &str) -> bool {
    let place = head.split_once('@').and_then(|it| it.1.split_once(':'));
    let port = place.and_then(|it| it.1.split_once('/'));
    let is_port = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    port.is_some_and(|it| is_port(it.0)) && !head.trim_end_matches(" OPEN").contains(' ')
}

/// `ch1 :) ` of `ClickHouse`; where its statements go on it shows `:-]`.
fn clickhouse(line: &str) -> Option<SqlPrompted<'_>> {
    let (host, rest) = line.split_once(" :")?;
    let (is_first, rest) = match rest.strip_prefix(')') {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("-]")?),
    };
    let is_prompt = !host.contains(char::is_whitespace)
        && !host.is_empty()
        && (rest.is_empty() || rest.starts_with(' '));
    is_prompt.then(|| SqlPrompted {
        client: SqlClient::Other,
        is_first,
        statement: rest.strip_prefix(' ').unwrap_or(rest),
    })
}

/// The prompt of a database's client that a line begins with: `mysql> `, `MariaDB [db]> `, `sqlite> `, `db=# `, `db-> `, `1> `.
pub fn sql_prompted(line: &str) -> Option<SqlPrompted<'_>> {
    let line = line.trim_start();
    if let Some(prompted) = clickhouse(line) {
        return Some(prompted);
    }
    let is_sign = |(at, letter): &(usize, char)| {
        let behind = &line[at + letter.len_utf8()..];
        matches!(*letter, '>' | '#') && (behind.is_empty() || behind.starts_with(' '))
    };
    let mut letters = line.char_indices().take_while(|it| it.0 < PROMPT_MAX);
    let (at, sign) = letters.find(is_sign)?;
    let (head, rest) = (&line[..at], &line[at + 1..]);
    let name = head.split(':').next().unwrap_or(head);
    let (client, is_first) = if let Some(is_first) = psql(head) {
        (SqlClient::Psql, is_first)
    } else if sign == '#' {
        return None;
    } else if head == "mysql"
        || ["MariaDB [", "mysql ["]
            .iter()
            .any(|it| head.starts_with(it))
        || head.starts_with("MySQL ") && head.trim_end().ends_with("SQL")
    {
        (SqlClient::MySql, true)
    } else if matches!(head, "-" | "'" | "\"" | "`" | "/*") {
        (SqlClient::MySql, false)
    } else if head == "SQL" {
        (SqlClient::SqlPlus, true)
    } else if NAMES.contains(&format!(" {name} ")) && !name.is_empty() && !name.contains(' ')
        || head.contains("@cqlsh")
        || head == "db2 ="
        || is_cockroach(head)
    {
        (SqlClient::Other, true)
    } else if head.ends_with("...") && head.len() <= 8 && !head.contains(' ') {
        (SqlClient::Other, false)
    } else if (1..=4).contains(&head.len()) && head.bytes().all(|it| it.is_ascii_digit()) {
        (SqlClient::Other, head == "1")
    } else {
        return None;
    };
    Some(SqlPrompted {
        client,
        is_first,
        statement: rest.strip_prefix(' ').unwrap_or(rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_clients_are_known() {
        for prompt in [
            "app=# ",
            "app=> ",
            "app=*# ",
            "app=!> ",
            "app^# ",
            "ana@db1:5432/app=# ",
            "mysql> ",
            "mysql [app]> ",
            "MariaDB [(none)]> ",
            "MySQL  localhost:33060+ ssl  SQL > ",
            "sqlite> ",
            "SQL> ",
            "1> ",
            "cqlsh> ",
            "cqlsh:ks> ",
            "ana@cqlsh:ks> ",
            "root@:26257/db> ",
            "root@:26257/db OPEN> ",
            "ch1 :) ",
            "trino:web> ",
        ] {
            let line = format!("{prompt}SELECT a > b # c");
            let prompted = sql_prompted(&line).map(|it| (it.is_first, it.statement));
            assert_eq!(prompted, Some((true, "SELECT a > b # c")), "{prompt}");
        }
        for prompt in [
            "app-# ", "app-> ", "app(# ", "app'# ", "app\"# ", "app$# ", "mydb$> ", "app*# ",
            "app-*# ", "    -> ", "    '> ", "    /*> ", "   ...> ", "'...> ", "2> ", "ch1 :-] ",
        ] {
            let line = format!("{prompt}b > c");
            let prompted = sql_prompted(&line).map(|it| (it.is_first, it.statement));
            assert_eq!(prompted, Some((false, "b > c")), "{prompt}");
        }
    }

    #[test]
    fn statements_output_and_shells_are_no_prompts() {
        for line in [
            "SELECT a > b FROM c;",
            "host> ls",
            "root@host:/srv# ls",
            "root@host:~> ls",
            "127.0.0.1:6379> FLUSHALL",
            "> quoted",
            "# comment",
            "(1 row)",
            "12345> x",
            "",
        ] {
            assert_eq!(sql_prompted(line), None, "{line}");
        }
    }
}
