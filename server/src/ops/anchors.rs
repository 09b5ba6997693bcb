//! Heads of the history kept where the owner of the database cannot change them (R89): a file that only grows, on another
//! disk, gets a line every hour and at each report; a check holds the history against it. With a key, heads are signed.
use super::{
    config::{InvalidSetting, Settings},
    signing_key::{PublicKey, SigningKey},
};
use app::{
    api::context::now,
    domain::{
        check_finding::{Check, CheckFinding},
        history_chain::{Head, is_signature},
    },
    store::{
        Database,
        error::{StoreError, chain},
    },
};
use chrono::{DateTime, SecondsFormat, Utc};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The time between two lines.
const ANCHOR_INTERVAL: Duration = Duration::from_hours(1);

/// Signs heads, and writes them down.
#[derive(Default)]
pub struct Anchors {
    key: Option<SigningKey>,
    file: Option<AnchorFile>,
}

impl Anchors {
    /// Opens what the settings name. The file is created; the key must be there.
    pub fn open(settings: &Settings) -> Result<Self, InvalidSetting> {
        let key = settings.signing_key_file.as_deref();
        let file = settings.anchor_file.as_deref().map(|path| {
            let wrong = |it: io::Error| InvalidSetting::AnchorFile(shown(path), it.to_string());
            AnchorFile::open(path).map_err(wrong)
        });
        Ok(Self {
            key: key.map(read_key).transpose()?,
            file: file.transpose()?,
        })
    }

    /// What signatures of this program are verified by, if heads are signed.
    pub fn public_key(&self) -> Option<PublicKey> {
        self.key.as_ref().map(SigningKey::public_key)
    }

    /// The signature of a head, if heads are signed: of `ID:HASH`.
    pub fn signature(&self, head: &Head) -> Option<String> {
        self.key.as_ref().map(|it| it.sign(&head.to_string()))
    }

    /// Adds a line, if there is a file. A failure is logged and does not fail the caller.
    pub async fn add(self: &Arc<Self>, head: &Head) {
        if self.file.is_none() {
            return;
        }
        let (this, head) = (Arc::clone(self), head.clone());
        let written = tokio::task::spawn_blocking(move || this.append(&head)).await;
        if let Err(error) = written.map_err(io::Error::other).flatten() {
            count_failure();
            tracing::error!(%error, "the head of the history was not added to the anchor file");
        }
    }

    fn append(&self, head: &Head) -> io::Result<()> {
        match &self.file {
            Some(file) => file.append(head, self.key.as_ref()),
            None => Ok(()),
        }
    }

    /// Adds a line with the newest head, if there is a file.
    pub async fn add_newest(self: &Arc<Self>, database: &Database) {
        if self.file.is_none() {
            return;
        }
        match database.head().await {
            Ok(newest) => self.add(&newest.unwrap_or_default().0).await,
            Err(error) => {
                count_failure();
                tracing::error!(error = %chain(&error), "no head was read for the anchor file");
            }
        }
    }

    /// Adds a line every hour.
    pub async fn keep_adding(self: Arc<Self>, database: Database) {
        while self.file.is_some() {
            tokio::time::sleep(ANCHOR_INTERVAL).await;
            self.add_newest(&database).await;
        }
    }
}

fn count_failure() {
    metrics::counter!("rollcall_anchor_failures_total").increment(1);
}

/// The file that heads are added to. It is opened by its path for each line: one that was removed meanwhile would take lines
/// that nobody can read.
struct AnchorFile {
    path: PathBuf,
    /// The file after the last line.
    last: Mutex<FileState>,
}

/// Which file it is, and how long.
#[derive(Clone, Copy)]
struct FileState {
    device: u64,
    inode: u64,
    length: u64,
}

impl FileState {
    fn of(file: &File) -> io::Result<Self> {
        let file = file.metadata()?;
        Ok(Self {
            device: file.dev(),
            inode: file.ino(),
            length: file.len(),
        })
    }

    /// Whether it is the earlier file, which only grows. A new file may get the inode of one that was removed.
    fn continues(self, earlier: Self) -> bool {
        let is_same = (self.device, self.inode) == (earlier.device, earlier.inode);
        is_same && self.length >= earlier.length
    }
}

impl AnchorFile {
    /// Creates the file if there is none.
    fn open(path: &Path) -> io::Result<Self> {
        let state = FileState::of(&append_to(path)?)?;
        Ok(Self {
            path: path.to_owned(),
            last: Mutex::new(state),
        })
    }

    /// Adds a line. That earlier ones are gone is logged and counted, and the line is written all the same.
    fn append(&self, head: &Head, key: Option<&SigningKey>) -> io::Result<()> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = append_to(&self.path)?;
        if !FileState::of(&file)?.continues(*last) {
            count_failure();
            let path = self.path.display();
            tracing::error!(%path, "the anchor file was removed, replaced or cut off: heads that were kept are gone");
        }
        // No earlier: times are in the order of the lines.
        let line = line(now(), head, key);
        let written = file.write_all(line.as_bytes());
        let written = written.and_then(|()| file.sync_data());
        *last = FileState::of(&file)?;
        written
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Reads the key that signs heads.
pub fn read_key(path: &Path) -> Result<SigningKey, InvalidSetting> {
    let key = SigningKey::read(path).map_err(|it| InvalidSetting::SigningKey(shown(path), it))?;
    if fs::metadata(path).is_ok_and(|it| it.mode() & 0o077 != 0) {
        let path = path.display();
        tracing::warn!(%path, "others can read the signing key: chmod 600 it");
    }
    Ok(key)
}

/// Opens a file for lines at its end. One that was cut off in the middle of a line gets the rest of that line first.
fn append_to(path: &Path) -> io::Result<File> {
    let is_cut = last_byte(path).is_ok_and(|it| it != b'\n');
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    if is_cut {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

/// Errors: a file that cannot be read, or is empty.
fn last_byte(path: &Path) -> io::Result<u8> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last[0])
}

/// `2026-06-01T09:00:00Z 41 9f86…`, followed by the signature of that text if there is a key.
fn line(at: DateTime<Utc>, head: &Head, key: Option<&SigningKey>) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = format!("{at} {} {}", head.id, head.hash);
    match key {
        Some(key) => format!("{text} {}\n", key.sign(&text)),
        None => format!("{text}\n"),
    }
}

/// A line of the file.
struct Anchor<'a> {
    at: DateTime<Utc>,
    head: Head,
    /// What is signed.
    text: &'a str,
    signature: Option<&'a str>,
}

impl<'a> Anchor<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let at = words.next()?.parse().ok()?;
        let (id, hash) = (words.next()?, words.next()?);
        let signature = words.next();
        let text = match signature {
            Some(it) => line.strip_suffix(it)?.trim_end(),
            None => line,
        };
        let head = format!("{id}:{hash}").parse().ok()?;
        words.next().is_none().then_some(Self {
            at,
            head,
            text,
            signature,
        })
    }
}

/// Holds the history against a file of anchors. If there is a key, every line needs its signature: what anybody can write
/// proves nothing.
pub async fn check(
    database: &Database,
    anchors: &str,
    key: Option<PublicKey>,
) -> Result<Vec<CheckFinding>, StoreError> {
    let mut findings = Vec::new();
    let mut last: Option<(DateTime<Utc>, Head)> = None;
    if anchors.is_empty() {
        let detail = "anchors: there is no line, so the history was held against nothing";
        findings.push(CheckFinding::new(Check::Chain, detail));
    }
    for (index, line) in anchors.lines().enumerate() {
        let mut found = |problem: &str| {
            let detail = format!("anchors, line {}: {problem}", index + 1);
            findings.push(CheckFinding::new(Check::Chain, detail));
        };
        let Some(anchor) = Anchor::read(line) else {
            found("this is no time, id and hash");
            continue;
        };
        match (key, anchor.signature) {
            (Some(key), Some(signature)) if !key.verifies(anchor.text, signature) => {
                found("the signature is not of this line by this key");
            }
            (Some(_), None) => found("the signature is missing"),
            _ => {}
        }
        // Of two reports at a time the later one may have read the older head, and a clock may be set back; not both.
        if let Some((at, head)) = &last
            && anchor.at < *at
            && anchor.head.id < head.id
        {
            found("it is older than the line before it: lines were put elsewhere");
        }
        // Most hours nothing happens.
        if last.as_ref().is_none_or(|it| it.1 != anchor.head)
            && let Some(mismatch) = database.head_mismatch(&anchor.head).await?
        {
            found(&mismatch);
        }
        last = Some((anchor.at, anchor.head));
    }
    Ok(findings)
}

/// A head kept elsewhere: `ID:HASH`, or with its signature `ID:HASH:SIGNATURE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHead {
    head: Head,
    signature: Option<String>,
}

impl KeptHead {
    /// What is wrong with the signature. One that is missing is wrong only if there is a key.
    fn fault(&self, key: Option<PublicKey>) -> Option<&'static str> {
        match (&self.signature, key) {
            (Some(signature), Some(key)) => {
                let is_right = key.verifies(&self.head.to_string(), signature);
                (!is_right).then_some("the signature is not of this head by this key")
            }
            (Some(_), None) => Some("name the key of its signature with --public-key"),
            (None, Some(_)) => Some("the signature is missing: write ID:HASH:SIGNATURE"),
            (None, None) => None,
        }
    }
}

impl FromStr for KeptHead {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        let id = parts.next().unwrap_or_default();
        let hash = parts.next().unwrap_or_default();
        let head: Head = format!("{id}:{hash}").parse()?;
        let signature = parts.next().map(str::to_owned);
        if signature.as_deref().is_none_or(is_signature) {
            Ok(Self { head, signature })
        } else {
            Err("write ID:HASH:SIGNATURE, the signature as the 88 letters of its base64")
        }
    }
}

/// What the comparison of the history with heads has found, and what it could not compare.
#[derive(Debug, Default)]
pub struct HeadFindings {
    pub findings: Vec<CheckFinding>,
    pub notes: Vec<String>,
}

/// Compares the history with heads that were kept elsewhere, and verifies their signatures. With a key every head must be signed,
/// as the lines of a file must.
pub async fn check_heads(
    database: &Database,
    heads: &[KeptHead],
    key: Option<PublicKey>,
) -> Result<HeadFindings, StoreError> {
    let mut found = HeadFindings::default();
    for kept in heads {
        let head = &kept.head;
        if let Some(fault) = kept.fault(key) {
            let detail = format!("head {}: {fault}", head.id);
            found.findings.push(CheckFinding::new(Check::Chain, detail));
        }
        let Some(mismatch) = database.head_mismatch(head).await? else {
            continue;
        };
        if database.names_imported_head(head).await? {
            let note = format!(
                "Event {} is not here: this history began with the import of a release, and the event of that names this head.",
                head.id
            );
            found.notes.push(note);
        } else {
            found
                .findings
                .push(CheckFinding::new(Check::Chain, mismatch));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::domain::id::EventId;

    fn head() -> Head {
        Head {
            id: EventId(41),
            hash: "a0".repeat(32),
        }
    }

    fn at() -> DateTime<Utc> {
        "2026-06-01T09:00:00.123Z".parse().unwrap()
    }

    #[test]
    fn a_line_is_a_time_an_id_a_hash_and_perhaps_a_signature_of_these() {
        let plain = line(at(), &head(), None);
        let hash = "a0".repeat(32);
        assert_eq!(plain, format!("2026-06-01T09:00:00Z 41 {hash}\n"));
        let anchor = Anchor::read(plain.trim_end()).unwrap();
        assert_eq!((anchor.head, anchor.signature), (head(), None));
        let (text, public) = SigningKey::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, text).unwrap();
        let signed = line(at(), &head(), Some(&read_key(&path).unwrap()));
        let anchor = Anchor::read(signed.trim_end()).unwrap();
        assert_eq!(anchor.text, plain.trim_end());
        assert!(public.verifies(anchor.text, anchor.signature.unwrap()));
    }

    #[test]
    fn a_line_that_says_something_else_is_no_anchor() {
        let good = line(at(), &head(), None);
        let good = good.trim_end();
        for wrong in [
            String::new(),
            "# heads".to_owned(),
            good.replacen("2026", "x", 1),
            good.replacen("41", "-1", 1),
            good.replacen(" 41", "", 1),
            good.replacen("a0", "A0", 1),
            good[..good.len() - 1].to_owned(),
            format!("{good} a b"),
        ] {
            assert!(Anchor::read(&wrong).is_none(), "{wrong}");
        }
    }

    fn anchors(path: &Path) -> Arc<Anchors> {
        Arc::new(Anchors {
            key: None,
            file: Some(AnchorFile::open(path).unwrap()),
        })
    }

    #[tokio::test]
    async fn lines_are_added_behind_those_that_are_there_and_behind_one_that_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anchors");
        fs::write(&path, "2026-06-01T08").unwrap();
        for _ in 0..2 {
            anchors(&path).add(&head()).await;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, "2026-06-01T08"));
        assert!(lines[1..].iter().all(|it| Anchor::read(it).is_some()));
    }

    #[tokio::test]
    async fn a_line_goes_to_the_file_that_has_the_name_now() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("anchors"), folder.path().join("moved"));
        let anchors = anchors(&path);
        let n_lines = |path: &Path| fs::read_to_string(path).unwrap().lines().count();
        anchors.add(&head()).await;
        fs::remove_file(&path).unwrap();
        anchors.add(&head()).await;
        assert_eq!(n_lines(&path), 1);
        fs::rename(&path, &moved).unwrap();
        fs::write(&path, "another\n").unwrap();
        anchors.add(&head()).await;
        assert_eq!((n_lines(&path), n_lines(&moved)), (2, 1));
        // Without its folder there is no line, and it comes back with it.
        fs::remove_dir_all(folder.path()).unwrap();
        anchors.add(&head()).await;
        fs::create_dir(folder.path()).unwrap();
        anchors.add(&head()).await;
        assert_eq!(n_lines(&path), 1);
    }

    #[test]
    fn a_file_that_was_removed_replaced_or_cut_off_is_not_the_earlier_one() {
        let state = |device, inode, length| FileState {
            device,
            inode,
            length,
        };
        let last = state(1, 2, 80);
        assert!(last.continues(last) && state(1, 2, 160).continues(last));
        for other in [state(1, 2, 0), state(1, 3, 160), state(2, 2, 160)] {
            assert!(!other.continues(last));
        }
    }
}
