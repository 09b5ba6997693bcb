//! Addresses of databases, as `DATABASE_URL` has them: which engine they choose, whether they can be read, and how they are
//! shown, which is never with a password.
use super::{Engine, postgres, sqlite};
use std::path::PathBuf;

/// What is shown instead of a password.
const HIDDEN: &str = "***";

/// Whether the address can be read: a path of `SQLite`, or an address of `PostgreSQL`.
pub fn is_well_formed(url: &str) -> bool {
    match Engine::of_url(url) {
        Engine::Sqlite => {
            let scheme = url.split_once(':').map(|it| it.0);
            let is_ours = matches!(scheme, Some("sqlite" | "file"));
            is_ours && !sqlite::path_of(url).as_os_str().is_empty()
        }
        Engine::Postgres => postgres::is_address(url),
    }
}

/// The file of the database; none if it has no file of its own.
pub fn file_of(url: &str) -> Option<PathBuf> {
    match Engine::of_url(url) {
        Engine::Sqlite => Some(sqlite::path_of(url)),
        Engine::Postgres => None,
    }
}

/// Whether there is a database, as far as can be told without asking for a connection.
pub fn may_exist(url: &str) -> bool {
    file_of(url).is_none_or(|it| it.exists())
}

/// The database in a sentence: its path, or its address without the password.
pub fn shown(url: &str) -> String {
    match file_of(url) {
        Some(path) => path.display().to_string(),
        None => without_password(url),
    }
}

/// A text that was meant to be an address, without anything that may be a password.
pub fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.find("://") {
        Some(at) => url.split_at(at + 3),
        None => ("", url),
    };
    // A password may have unescaped special characters, so it ends at the last of these.
    let user = rest.rfind('@').map(|end| &rest[..end]);
    let rest = match user.and_then(|it| it.find(':').map(|colon| (colon, it.len()))) {
        Some((colon, end)) => format!("{}:{HIDDEN}{}", &rest[..colon], &rest[end..]),
        None => rest.to_owned(),
    };
    let mut shown = scheme.to_owned();
    for (index, part) in rest.split_inclusive(['?', '&', ' ']).enumerate() {
        let word = part.trim_end_matches(['?', '&', ' ']);
        match word.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("pass") => {
                shown.extend([name, "=", HIDDEN, &part[word.len()..]]);
            }
            // What follows a password with a space or an `&` in it may be the rest of it.
            None if index > 0 && shown.ends_with([' ', '&']) && shown.contains("=***") => {
                shown.push_str(HIDDEN);
            }
            _ => shown.push_str(part),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_chooses_its_engine() {
        for (url, file) in [
            ("sqlite://data/app.db", Some("data/app.db")),
            ("file:./data/app.db", Some("./data/app.db")),
            ("postgres://db/rollcall", None),
            ("postgresql://db/rollcall", None),
        ] {
            assert!(is_well_formed(url), "{url}");
            assert_eq!(file_of(url), file.map(PathBuf::from), "{url}");
        }
        for url in [
            "sqlite:",
            "app.db",
            "mysql://db/rollcall",
            "postgres:db",
            "postgres://db:port/rollcall",
        ] {
            assert!(!is_well_formed(url), "{url}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, text) in [
            ("sqlite://data/a@b:c@d.db", "data/a@b:c@d.db"),
            ("postgres://db/rollcall", "postgres://db/rollcall"),
            ("postgres://ana@db:5432/x", "postgres://ana@db:5432/x"),
            ("postgres://ana:secret@db/x", "postgres://ana:***@db/x"),
            ("postgres://ana:se@cr:et@db/x", "postgres://ana:***@db/x"),
            ("postgres://ana:se/cr?et@db/x", "postgres://ana:***@db/x"),
            ("postgres://:secret@db", "postgres://:***@db"),
            (
                "postgresql://db/x?user=ana&password=secret&sslmode=require",
                "postgresql://db/x?user=ana&password=***&sslmode=require",
            ),
            (
                "postgres://db/x?PASSWORD=secret",
                "postgres://db/x?PASSWORD=***",
            ),
        ] {
            assert_eq!(shown(url), text, "{url}");
        }
        for refused in [
            "mysql://ana:secret@db/x",
            "postgres:ana:secret@db/x",
            "host=db user=ana password=secret",
            "host=db password='x secret'",
            "postgres://db/x?password=x&secret",
        ] {
            assert!(!without_password(refused).contains("secret"), "{refused}");
        }
    }
}
