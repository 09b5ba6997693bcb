//! `rollcall user` and `rollcall token`: accounts, made with access to the database file (R26). So no default password is needed, and
//! a lost one is replaced here.
use super::{
    output::CliOutput,
    verbs::{as_program, close_after},
};
use crate::ops::{
    config::Settings,
    database,
    failure::{Exit, Failure},
};
use app::{
    api::context::now,
    domain::{
        actor_stamp::ActorStamp,
        id::{ClusterId, CustomerId},
        permission::Role,
        scope::ScopeIds,
        token::TokenDraft,
        user::{User, UserDraft},
        vocabulary::Noun,
    },
    store::{Store, accounts::random, error::StoreError},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::{self, BufRead, IsTerminal, Write};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user; creates the database if there is none
    Add(UserAdd),
    /// List all users
    List(CliOutput),
    /// Set a user's password, and end that user's sessions
    Password(UserPassword),
    /// Deactivate a user, whose sessions end; the history keeps the name
    Deactivate(UserDeactivate),
}

#[derive(Debug, Args)]
pub struct UserAdd {
    /// What the user signs in by: lowercase letters, digits and . _ @ -
    login: String,
    /// The name that people see
    #[arg(long)]
    name: String,
    /// viewer, operator, manager or admin
    #[arg(long)]
    role: Role,
    /// The address of the user's mailbox
    #[arg(long, default_value = "")]
    email: String,
    /// Read the password from standard input, its first line; without this the user has none
    #[arg(long)]
    password_stdin: bool,
    /// Only the customers of this cluster, by its name; may be said again
    #[arg(long, value_name = "NAME")]
    scope_cluster: Vec<String>,
    /// Only this customer, by its id; may be said again
    #[arg(long, value_name = "ID")]
    scope_customer: Vec<i64>,
    #[command(flatten)]
    output: CliOutput,
}

#[derive(Debug, Args)]
pub struct UserPassword {
    /// Login of the user
    login: String,
    /// Read it from standard input, its first line, instead of asking for it
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    output: CliOutput,
}

#[derive(Debug, Args)]
pub struct UserDeactivate {
    /// Login of the user
    login: String,
    #[command(flatten)]
    output: CliOutput,
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token for a user, and show it this once
    Create(TokenCreate),
}

#[derive(Debug, Args)]
pub struct TokenCreate {
    /// The user's login
    #[arg(long)]
    user: String,
    /// What the token is for
    #[arg(long)]
    name: String,
    /// A role that is not above the user's; without this it follows the user's
    #[arg(long)]
    role: Option<Role>,
    /// How long it is good for: 1 to 365 days
    #[arg(long, value_name = "N")]
    days: Option<i64>,
    #[command(flatten)]
    output: CliOutput,
}

/// A sentence and its JSON.
type Answer = (String, Value);

/// The first line of standard input, without its end.
fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::Read {
        path: "standard input".to_owned(),
        cause: error.to_string(),
    })?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// A password from standard input, or from the terminal, where it is not shown.
fn password(is_from_stdin: bool) -> Result<String, Failure> {
    if is_from_stdin {
        return first_line();
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::Refused(
            "there is no terminal to ask for the password: write --password-stdin".to_owned(),
        ));
    }
    let unread = |error: io::Error| Failure::Read {
        path: "the terminal".to_owned(),
        cause: error.to_string(),
    };
    let ask = |question: &str| -> io::Result<String> {
        eprint!("{question}: ");
        io::stderr().flush()?;
        rpassword::read_password()
    };
    let first = ask("Password").map_err(unread)?;
    let second = ask("Once more").map_err(unread)?;
    if first == second {
        Ok(first)
    } else {
        Err(Failure::Refused("these are two passwords".to_owned()))
    }
}

fn stamp(settings: &Settings) -> Result<ActorStamp, Failure> {
    ActorStamp::new(&settings.actor, now())
        .map_err(|problem| Failure::Refused(format!("the actor: {problem}")))
}

/// The user of a login, active or not.
async fn find_user(store: &Store, login: &str) -> Result<User, Failure> {
    let login = app::domain::fold::lowercase(login.trim());
    let users = store.users(true).await?;
    let found = users.into_iter().find(|it| it.login == login);
    found.ok_or_else(|| StoreError::NotFound(Noun::User).into())
}

/// The scope that names of clusters and ids of customers say; none if nothing is said.
async fn scope(store: &Store, wanted: &UserAdd) -> Result<Option<ScopeIds>, Failure> {
    if wanted.scope_cluster.is_empty() && wanted.scope_customer.is_empty() {
        return Ok(None);
    }
    let mut scope = ScopeIds {
        customers: wanted
            .scope_customer
            .iter()
            .copied()
            .map(CustomerId)
            .collect(),
        ..ScopeIds::default()
    };
    let clusters = store.clusters(true).await?;
    for name in &wanted.scope_cluster {
        let found: Option<ClusterId> = clusters
            .iter()
            .find(|it| it.cluster.name == *name)
            .map(|it| it.cluster.id);
        let id = found.ok_or_else(|| Failure::Refused(format!("there is no cluster {name}")))?;
        scope.clusters.insert(id);
    }
    Ok(Some(scope))
}

async fn add(store: &Store, settings: &Settings, wanted: &UserAdd) -> Result<Answer, Failure> {
    let password = wanted.password_stdin.then(first_line).transpose()?;
    let draft = UserDraft {
        login: wanted.login.clone(),
        name: wanted.name.clone(),
        email: wanted.email.clone(),
        role: wanted.role.to_string(),
        scope: scope(store, wanted).await?,
        password,
    };
    let user = store.create_user(draft, stamp(settings)?).await?.row;
    let (login, role) = (&user.login, user.role);
    let without = if user.has_password {
        ""
    } else {
        " There is no password yet: set one with `rollcall user password`, if people sign in here."
    };
    Ok((format!("Added {login}, {role}.{without}"), json!(user)))
}

async fn list(store: &Store) -> Result<Answer, Failure> {
    let users = store.users(true).await?;
    let lines: Vec<String> = users
        .iter()
        .map(|it| {
            let inactive = if it.is_active { "" } else { " (inactive)" };
            let scope = if it.scope.is_some() {
                ", some customers"
            } else {
                ""
            };
            format!("{}: {}, {}{scope}{inactive}", it.login, it.name, it.role)
        })
        .collect();
    let sentence = if lines.is_empty() {
        "There are no users.".to_owned()
    } else {
        lines.join("\n")
    };
    Ok((sentence, json!({ "items": users })))
}

/// Runs a verb about users.
pub async fn user(settings: &Settings, command: UserCommand) -> Result<Exit, Failure> {
    let url = &settings.database_url;
    let database = match &command {
        UserCommand::Add(_) => database::open(url).await?.0,
        _ => database::open_existing(url).await?,
    };
    let store = as_program(&database, &settings.actor);
    let (output, result) = match command {
        UserCommand::Add(wanted) => (wanted.output, add(&store, settings, &wanted).await),
        UserCommand::List(output) => (output, list(&store).await),
        UserCommand::Password(wanted) => {
            let told = async {
                let user = find_user(&store, &wanted.login).await?;
                let password = password(wanted.password_stdin)?;
                let stamp = stamp(settings)?;
                let row = store.set_password(&user.login, password, stamp).await?.row;
                let sentence = format!("{} has another password, and no session.", row.login);
                Ok((sentence, json!(row)))
            };
            (wanted.output, told.await)
        }
        UserCommand::Deactivate(wanted) => {
            let told = async {
                let user = find_user(&store, &wanted.login).await?;
                let row = store.deactivate_user(user.id, stamp(settings)?).await?.row;
                Ok((format!("{} is inactive.", row.login), json!(row)))
            };
            (wanted.output, told.await)
        }
    };
    let (sentence, json) = close_after(database, result).await?;
    output.print(&sentence, &json)?;
    Ok(Exit::Done)
}

/// Runs a verb about tokens.
pub async fn token(settings: &Settings, command: TokenCommand) -> Result<Exit, Failure> {
    let TokenCommand::Create(wanted) = command;
    let text = random::token_text()?;
    let database = database::open_existing(&settings.database_url).await?;
    let store = as_program(&database, &settings.actor);
    let made = async {
        let user = find_user(&store, &wanted.user).await?;
        let draft = TokenDraft {
            name: wanted.name.clone(),
            role: wanted.role.map(|it| it.to_string()),
            scope: None,
            expires_in_days: wanted.days,
        };
        let made = store.create_token_of(user.id, draft, &text, stamp(settings)?);
        Ok(made.await?.row)
    };
    let row = close_after(database, made.await).await?;
    let mut json = json!(row);
    json["token"] = json!(text.as_str());
    wanted.output.print(text.as_str(), &json)?;
    Ok(Exit::Done)
}
