//! `rollcall login`: keeps a server and a token for the client's verbs, once the server has let the token in.
use super::credentials::{self, SavedServer};
use crate::{
    cli::{output::CliOutput, remote::RemoteServer},
    ops::{
        config::{self, variable},
        failure::{Exit, Failure},
    },
};
use clap::Args;
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Write};

#[derive(Debug, Args)]
pub struct LoginArguments {
    /// Address of the server, as a browser opens it
    url: String,
    /// Read the token from the first line of standard input
    #[arg(long)]
    token_stdin: bool,
    #[command(flatten)]
    output: CliOutput,
}

/// The token: from standard input, or from a terminal, where it is not shown. None if there is none, which a server in `open` mode takes.
fn token(is_from_stdin: bool) -> Result<Option<String>, Failure> {
    let mut line = String::new();
    let read = if is_from_stdin {
        io::stdin().lock().read_line(&mut line).map(|_| ())
    } else if io::stdin().is_terminal() {
        eprint!("Token (made at \"Your account\"; empty if the server asks for none): ");
        let asked = io::stderr().flush();
        asked.and_then(|()| rpassword::read_password().map(|it| line = it))
    } else {
        Ok(())
    };
    read.map_err(|error| Failure::Read {
        path: "the token".to_owned(),
        cause: error.to_string(),
    })?;
    let token = line.trim();
    Ok((!token.is_empty()).then(|| token.to_owned()))
}

pub async fn login(wanted: LoginArguments) -> Result<Exit, Failure> {
    let path = credentials::path()?;
    let actor = config::actor(&variable)?;
    let token = token(wanted.token_stdin)?;
    let server = RemoteServer::new(&wanted.url, token.as_deref(), &actor)?;
    let session = match server.try_get("/api/session").await? {
        Ok((session, _)) => session,
        // It lets in nobody by the name that is sent instead.
        Err(refusal) if token.is_none() && matches!(refusal.status, 401 | 403) => {
            return Err(Failure::Refused(format!(
                "{} wants a token. Make one at \"Your account\" there, and send it with --token-stdin",
                server.url()
            )));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let name = session["user"]["name"].as_str();
    let url = server.url().to_owned();
    // A server in `open` mode asks for none, and with one it would not be told the name.
    let has_needless_token = token.is_some() && session["mode"] == "open";
    let token = token.filter(|_| !has_needless_token);
    let mut sentence = match name {
        Some(name) => format!("Logged in to {url} as {name}."),
        None => format!("{url} is the server from now on; it takes changes in the name {actor}."),
    };
    if has_needless_token {
        sentence.push_str(" It asks for no token: none is kept.");
    }
    credentials::save(&path, &SavedServer { url, token })?;
    let file = path.display().to_string();
    let json = json!({ "url": server.url(), "user": session["user"], "file": file });
    wanted.output.print(&sentence, &json)?;
    Ok(Exit::Done)
}
