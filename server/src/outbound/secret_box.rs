//! Secrets of hooks at rest (R62): AES-256-GCM, with a key in a file of its own. The file is in no backup and no export, so whoever
//! gets one of those cannot sign as this server.
use crate::ops::config::{InvalidSetting, Settings};
use app::store::engine::{backup::with_suffix, database_url::file_of};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
    sync::OnceLock,
};

const KEY_BYTES: usize = 32;
/// What the key's file is called if no setting says: as the database's file, with this at its end.
const SUFFIX: &str = ".key";
/// What is authenticated beside a secret: a secret of something else is none of a hook.
const PURPOSE: &[u8] = b"rollcall hook secret";

/// Why a secret is not encrypted or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "ROLLCALL_KEY_FILE is not set: on PostgreSQL it has to name a key, the same on all servers. Make one with `openssl rand -base64 32 > FILE`"
    )]
    NoKeyFile,
    #[error("the key {path} cannot be read: {cause}")]
    NotRead { path: String, cause: io::Error },
    #[error("the key {path} cannot be made: {cause}")]
    NotMade { path: String, cause: io::Error },
    #[error("it was encrypted with another key than {0}")]
    OtherKey(String),
}

/// Encrypts and reads secrets.
pub struct SecretBox {
    /// None where a setting would have to name it.
    path: Option<PathBuf>,
    /// Whether a key that is missing is made. Several servers on one database would each make another.
    may_make: bool,
    key: OnceLock<LessSafeKey>,
}

impl SecretBox {
    /// With the key that the setting names, or with one beside the database's file. Reads nothing yet.
    pub fn of(settings: &Settings) -> Self {
        let database = file_of(&settings.database_url);
        let named = settings.out.key_file.clone();
        Self {
            may_make: database.is_some(),
            path: named.or_else(|| database.map(|it| with_suffix(&it, SUFFIX))),
            key: OnceLock::new(),
        }
    }

    /// With the key of this file, which is made if it is missing.
    pub fn at(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            may_make: true,
            key: OnceLock::new(),
        }
    }

    /// Fails if the setting names a key that cannot be used. One that is missing is made later, where one may be made.
    pub fn check(&self, settings: &Settings) -> Result<(), InvalidSetting> {
        let Some(path) = &settings.out.key_file else {
            return Ok(());
        };
        match read(path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.may_make => {
                let path = path.display();
                tracing::warn!(%path, "ROLLCALL_KEY_FILE names no file: a key is made there when it is needed, and what was encrypted with another cannot be read");
                Ok(())
            }
            Err(error) => Err(InvalidSetting::KeyFile(shown(path), error.to_string())),
        }
    }

    /// A secret as it is stored.
    pub fn seal(&self, secret: &str) -> Result<Vec<u8>, SecretError> {
        let path = self.path()?;
        let not_made = |cause| SecretError::NotMade {
            path: shown(path),
            cause,
        };
        if self.may_make && !path.exists() && self.key.get().is_none() {
            make(path).map_err(not_made)?;
        }
        let key = self.key()?;
        let mut nonce = [0; NONCE_LEN];
        let no_random = |_| not_made(no_random_numbers());
        SystemRandom::new().fill(&mut nonce).map_err(no_random)?;
        let mut sealed = secret.as_bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(PURPOSE),
            &mut sealed,
        )
        .map_err(|_| SecretError::OtherKey(shown(path)))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// The secret that was stored.
    pub fn open(&self, sealed: &[u8]) -> Result<String, SecretError> {
        let path = self.path()?;
        let key = self.key()?;
        let other = || SecretError::OtherKey(shown(path));
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(other)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| other())?;
        let mut secret = sealed.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(PURPOSE), &mut secret);
        let opened = opened.map_err(|_| other())?.to_vec();
        String::from_utf8(opened).map_err(|_| other())
    }

    /// Fails if the key cannot be read, and makes none.
    pub fn must_be_readable(&self) -> Result<(), SecretError> {
        self.key().map(|_| ())
    }

    fn path(&self) -> Result<&Path, SecretError> {
        self.path.as_deref().ok_or(SecretError::NoKeyFile)
    }

    /// The key, read once.
    fn key(&self) -> Result<&LessSafeKey, SecretError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let path = self.path()?;
        let key = read(path).map_err(|cause| SecretError::NotRead {
            path: shown(path),
            cause,
        })?;
        if fs::metadata(path).is_ok_and(|it| it.mode() & 0o077 != 0) {
            let path = path.display();
            tracing::warn!(%path, "others can read the key of the secrets: chmod 600 it");
        }
        Ok(self.key.get_or_init(|| key))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn no_random_numbers() -> io::Error {
    io::Error::other("the system gives no random numbers")
}

/// Reads a key: 32 bytes in base64.
fn read(path: &Path) -> io::Result<LessSafeKey> {
    let text = fs::read_to_string(path)?;
    let bytes = BASE64.decode(text.trim()).unwrap_or_default();
    let key = UnboundKey::new(&AES_256_GCM, &bytes);
    let key = key.map_err(|_| io::Error::other("it is not 32 bytes in base64"))?;
    Ok(LessSafeKey::new(key))
}

/// Makes the file of a new key. It has its name once it is whole, and one that another program made meanwhile stays.
fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; KEY_BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| no_random_numbers())?;
    let temporary = with_suffix(path, &format!(".{}", process::id()));
    // A program that was killed leaves its file behind.
    let _ = fs::remove_file(&temporary);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let written = writeln!(file, "{}", BASE64.encode(bytes)).and_then(|()| file.sync_all());
    let named = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // The file system has no hard links.
        Err(_) => fs::rename(&temporary, path),
        Ok(()) => Ok(()),
    });
    let _ = fs::remove_file(&temporary);
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_with_the_key_that_it_was_encrypted_with_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db.key");
        let secrets = SecretBox::at(path.clone());
        let sealed = secrets.seal("whsec_x").unwrap();
        assert_ne!(sealed, secrets.seal("whsec_x").unwrap());
        assert!(!String::from_utf8_lossy(&sealed).contains("whsec_x"));
        let again = SecretBox::at(path);
        assert_eq!(again.open(&sealed).unwrap(), "whsec_x");
        let other = SecretBox::at(folder.path().join("other.key"));
        other.seal("").unwrap();
        let refused = other.open(&sealed);
        assert!(matches!(refused, Err(SecretError::OtherKey(_))));
        for cut in [&[][..], &sealed[..5], &sealed[1..]] {
            assert!(again.open(cut).is_err());
        }
    }

    #[test]
    fn the_key_is_made_when_it_is_needed_first_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db.key");
        let secrets = SecretBox::at(path.clone());
        let refused = secrets.open(&[0; 40]);
        assert!(matches!(refused, Err(SecretError::NotRead { .. })));
        assert!(!path.exists());
        secrets.seal("x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1);
    }

    #[test]
    fn a_file_that_is_no_key_and_a_database_of_several_servers_without_one_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "too short\n").unwrap();
        let why = SecretBox::at(path).seal("x").unwrap_err().to_string();
        assert!(why.contains("32 bytes"), "{why}");
        let without = SecretBox {
            path: None,
            may_make: false,
            key: OnceLock::new(),
        };
        let why = without.seal("x").unwrap_err().to_string();
        assert!(why.contains("ROLLCALL_KEY_FILE"), "{why}");
    }
}
