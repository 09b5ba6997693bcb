//! The server that the client's verbs ask: `ROLLCALL_URL` and `ROLLCALL_TOKEN`, else what `rollcall login` has kept in the user's
//! folder for settings.
use crate::{
    cli::remote::RemoteServer,
    ops::{
        config::{self, InvalidSetting, variable},
        failure::Failure,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
};

const FILE: &str = "credentials.json";

/// A server, and the token for it if it asks for one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedServer {
    pub url: String,
    pub token: Option<String>,
}

/// `credentials.json` below `XDG_CONFIG_HOME/rollcall`, or below `HOME/.config/rollcall`.
pub fn path() -> Result<PathBuf, InvalidSetting> {
    let folder = match variable("XDG_CONFIG_HOME")? {
        Some(folder) => PathBuf::from(folder),
        None => match variable("HOME")? {
            Some(home) => Path::new(&home).join(".config"),
            None => return Err(InvalidSetting::NoConfigFolder),
        },
    };
    Ok(folder.join("rollcall").join(FILE))
}

/// What is kept there; none if nothing is. Errors: it cannot be read.
fn load(path: &Path) -> Result<Option<SavedServer>, Failure> {
    let unread = |cause: String| Failure::Read {
        path: path.display().to_string(),
        cause,
    };
    match fs::read_to_string(path) {
        Ok(text) => {
            let saved = serde_json::from_str(&text);
            saved.map(Some).map_err(|it| unread(it.to_string()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unread(error.to_string())),
    }
}

/// Keeps it, for the user's eyes only.
pub fn save(path: &Path, saved: &SavedServer) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(saved).map_err(|it| Failure::write(path, &it))?;
    write_private(path, &format!("{text}\n"))
}

/// Writes a file for the user's eyes only: a folder of mode 0700, and a new file of mode 0600 that takes the old one's place.
pub fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let written = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", process::id()));
        let new = folder.join(name);
        // It is there only if a process of the same number was killed while it wrote.
        let _ = fs::remove_file(&new);
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    written().map_err(|error| Failure::write(path, &error))
}

/// Which server is asked with which token: the environment before what is kept. The token that is kept goes to its own server only.
fn choose(
    url: Option<String>,
    token: Option<String>,
    saved: Option<SavedServer>,
) -> Result<SavedServer, InvalidSetting> {
    let Some(url) = url else {
        let saved = saved.ok_or(InvalidSetting::NoServer)?;
        let token = token.or(saved.token);
        return Ok(SavedServer { token, ..saved });
    };
    let plain = |it: &str| it.trim().trim_end_matches('/').to_owned();
    let own = saved.filter(|it| plain(&it.url) == plain(&url));
    let token = token.or(own.and_then(|it| it.token));
    Ok(SavedServer { url, token })
}

/// The server that the client's verbs ask. Errors: a wrong setting, or none that names it.
pub fn server() -> Result<RemoteServer, Failure> {
    let (url, token) = (variable("ROLLCALL_URL")?, variable("ROLLCALL_TOKEN")?);
    let saved = match path() {
        // With both in the environment nothing is looked for.
        Ok(path) if url.is_none() || token.is_none() => load(&path)?,
        Err(error) if url.is_none() && error != InvalidSetting::NoConfigFolder => {
            return Err(error.into());
        }
        _ => None,
    };
    let chosen = choose(url, token, saved)?;
    let actor = config::actor(&variable)?;
    RemoteServer::new(&chosen.url, chosen.token.as_deref(), &actor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(url: &str, token: &str) -> SavedServer {
        SavedServer {
            url: url.to_owned(),
            token: Some(token.to_owned()),
        }
    }

    #[test]
    fn the_environment_comes_before_what_is_kept() {
        let kept = || Some(saved("https://a.example", "kept"));
        let said = |it: &str| Some(it.to_owned());
        let chosen = choose(None, None, kept()).unwrap();
        assert_eq!(chosen, saved("https://a.example", "kept"));
        let chosen = choose(None, said("said"), kept()).unwrap();
        assert_eq!(chosen, saved("https://a.example", "said"));
        let chosen = choose(said("https://a.example/"), None, kept()).unwrap();
        assert_eq!(chosen, saved("https://a.example/", "kept"));
        assert_eq!(choose(None, None, None), Err(InvalidSetting::NoServer));
    }

    #[test]
    fn a_token_that_is_kept_goes_to_its_own_server_only() {
        let kept = Some(saved("https://a.example", "kept"));
        let chosen = choose(Some("https://b.example".to_owned()), None, kept).unwrap();
        assert_eq!(chosen.token, None);
    }
}
