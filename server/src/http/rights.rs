//! Reads the table of rights, `rights.txt`: for each address the rule that says who may request it, and what the ids in its
//! path name. The table is a text file, so that people can read it as a table. A line that cannot be parsed leaves its address
//! closed, and a test fails.
use app::domain::permission::{Need, Permission, Subject};
use axum::http::Method;
use std::{collections::HashMap, sync::LazyLock};

/// The table of this program.
pub static RIGHTS: LazyLock<Rights> = LazyLock::new(|| Rights::parse(include_str!("rights.txt")));

/// Who may request an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessRule {
    /// No caller is needed.
    Public,
    /// Any authenticated caller; the store checks the rest.
    SignedIn,
    /// A token without a scope; no caller is needed if the settings say so.
    Metrics,
    /// A runner, by its own token and in every mode; nobody else (R73).
    Runner,
    /// A caller with the permission, and with the path's subject in scope.
    Needs(Permission, PathSubject),
}

/// What the ids in a path name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathSubject {
    Nothing,
    Cluster,
    Customer,
    Release,
    Template,
    Step,
    Member,
    Batch,
    Run,
    User,
    Session,
    Token,
    View,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    pub rule: AccessRule,
    /// Whether a token may pass.
    pub takes_tokens: bool,
}

/// The table, by path and method.
#[derive(Debug, Default)]
pub struct Rights(HashMap<String, HashMap<Method, Right>>);

/// What the table says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundRight {
    Right(Right),
    /// The path has lines for other methods: the router answers 405.
    OtherMethod,
    /// The path has no line.
    Nothing,
}

impl Rights {
    fn parse(text: &str) -> Self {
        let mut rights = Self::default();
        for line in text.lines() {
            if let Some((method, path, right)) = parse_line(line) {
                rights.0.entry(path).or_default().insert(method, right);
            }
        }
        rights
    }

    /// The line of an address; `path` is as the router has it. HEAD runs the handler of GET, so it has its line.
    pub fn find(&self, method: &Method, path: &str) -> FoundRight {
        let Some(methods) = self.0.get(path) else {
            return FoundRight::Nothing;
        };
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        methods
            .get(method)
            .map_or(FoundRight::OtherMethod, |it| FoundRight::Right(*it))
    }

    /// Every address: method and path.
    pub fn addresses(&self) -> impl Iterator<Item = (&Method, &str)> {
        let paths = self.0.iter();
        paths.flat_map(|(path, methods)| methods.keys().map(move |it| (it, path.as_str())))
    }
}

/// None for an empty line, a comment, or a line that cannot be parsed.
fn parse_line(line: &str) -> Option<(Method, String, Right)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut words = line.split_whitespace();
    let method: Method = words.next()?.parse().ok()?;
    let path = words.next().filter(|it| it.starts_with('/'))?.to_owned();
    let rule = words.next()?;
    let subject = match words.next() {
        None | Some("-") => PathSubject::Nothing,
        Some(word) => parse_subject(word)?,
    };
    let takes_tokens = match words.next() {
        None => true,
        Some("no-token") => false,
        Some(_) => return None,
    };
    let rule = match rule {
        "public" => AccessRule::Public,
        "signed-in" => AccessRule::SignedIn,
        "metrics" => AccessRule::Metrics,
        "runner" => AccessRule::Runner,
        word => AccessRule::Needs(word.parse().ok()?, subject),
    };
    Some((method, path, Right { rule, takes_tokens }))
}

fn parse_subject(word: &str) -> Option<PathSubject> {
    Some(match word {
        "cluster" => PathSubject::Cluster,
        "customer" => PathSubject::Customer,
        "release" => PathSubject::Release,
        "template" => PathSubject::Template,
        "step" => PathSubject::Step,
        "member" => PathSubject::Member,
        "batch" => PathSubject::Batch,
        "run" => PathSubject::Run,
        "user" => PathSubject::User,
        "session" => PathSubject::Session,
        "token" => PathSubject::Token,
        "view" => PathSubject::View,
        _ => return None,
    })
}

/// The segment of a path at the place of a parameter of its pattern.
fn parameter<'a>(pattern: &str, path: &'a str, name: &str) -> Option<&'a str> {
    let mut segments = pattern.split('/').zip(path.split('/'));
    let found = segments.find(|(it, _)| {
        let inner = it.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        inner == Some(name)
    });
    found.map(|it| it.1)
}

impl PathSubject {
    /// The need of a permission for what this path names; none if an id in it can be none, which no row has.
    pub fn need(self, permission: Permission, pattern: &str, path: &str) -> Option<Need> {
        let text = |name: &str| parameter(pattern, path, name);
        let id = || text("id");
        Some(match self {
            Self::Nothing => permission.on_anything(),
            Self::Cluster => permission.on(Subject::Cluster(id()?.parse().ok()?)),
            Self::Customer => permission.on(Subject::Customer(id()?.parse().ok()?)),
            Self::Release => permission.on(Subject::Release(id()?.parse().ok()?)),
            Self::Template => permission.on(Subject::Template(id()?.parse().ok()?)),
            Self::Step => permission.on(Subject::Step(id()?.parse().ok()?)),
            Self::Run => permission.on(Subject::Run(id()?.parse().ok()?)),
            Self::User => permission.on(Subject::User(id()?.parse().ok()?)),
            Self::Session => permission.on(Subject::Session(id()?.parse().ok()?)),
            Self::Token => permission.on(Subject::Token(id()?.parse().ok()?)),
            Self::View => permission.on(Subject::View(id()?.parse().ok()?)),
            Self::Member => {
                let customer = text("customerId")?.parse().ok()?;
                permission.on(Subject::Member(id()?.parse().ok()?, customer))
            }
            Self::Batch => {
                let batch = percent_encoding::percent_decode_str(text("batchId")?);
                let batch = batch.decode_utf8().ok()?.into_owned();
                permission.on(app::domain::id::BatchId(batch))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::domain::id::{CustomerId, ReleaseId};

    const TEXT: &str = include_str!("rights.txt");

    #[test]
    fn every_line_of_the_table_is_read_and_none_stands_twice() {
        let lines: Vec<&str> = TEXT
            .lines()
            .filter(|it| !it.trim().is_empty() && !it.starts_with('#'))
            .collect();
        for line in &lines {
            assert!(parse_line(line).is_some(), "{line}");
        }
        assert_eq!(RIGHTS.addresses().count(), lines.len());
    }

    #[test]
    fn a_line_that_is_misspelt_opens_nothing() {
        for line in [
            "GET /x",
            "GET x read",
            "GET /x reed",
            "GET /x read steps",
            "GET /x read step no-tokens",
        ] {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }

    #[test]
    fn no_address_that_changes_something_is_open_to_readers_but_by_the_store() {
        for (method, path) in RIGHTS.addresses().filter(|it| *it.0 != Method::GET) {
            let FoundRight::Right(right) = RIGHTS.find(method, path) else {
                panic!("{method} {path}");
            };
            let is_rpc = path.starts_with("/rpc/");
            // One's own session, token or view; another's is not there. Who deletes a view that is for all is asked by the store.
            // What a page says of its person is stored nowhere.
            let is_own = [
                "/api/sessions/{id}",
                "/api/tokens/{id}",
                "/api/views/{id}",
                "/api/presence",
            ]
            .contains(&path);
            let is_read = matches!(right.rule, AccessRule::Needs(Permission::Read, _));
            assert!(is_rpc || is_own || !is_read, "{method} {path}");
        }
    }

    #[test]
    fn head_has_the_line_of_get_and_other_methods_have_none() {
        let get = RIGHTS.find(&Method::GET, "/api/steps/{id}");
        assert_eq!(RIGHTS.find(&Method::HEAD, "/api/steps/{id}"), get);
        assert_eq!(
            RIGHTS.find(&Method::PUT, "/api/steps/{id}"),
            FoundRight::OtherMethod
        );
        assert_eq!(
            RIGHTS.find(&Method::GET, "/api/steps/{step}"),
            FoundRight::Nothing
        );
    }

    #[test]
    fn ids_are_read_from_the_path() {
        let pattern = "/api/releases/{id}/customers/{customerId}/steps";
        let need = |path: &str| PathSubject::Member.need(Permission::Read, pattern, path);
        let member = Subject::Member(ReleaseId(7), CustomerId(9));
        let found = need("/api/releases/7/customers/9/steps");
        assert_eq!(found, Some(Permission::Read.on(member)));
        assert_eq!(need("/api/releases/x/customers/9/steps"), None);
        assert_eq!(
            need("/api/releases/7/customers/99999999999999999999/steps"),
            None
        );
    }
}
