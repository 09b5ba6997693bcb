//! The verbs of the command line, except `serve` and `steps`: one function each. It prints its result on standard output and shows a
//! spinner meanwhile.
use super::{
    CheckArguments,
    output::{CliOutput, ProgressSpinner, stdout_name, write},
};
use crate::{
    demo as example,
    ops::{
        anchors::{self, HeadFindings, KeptHead},
        backup as backups,
        config::{InvalidSetting, Settings},
        database,
        failure::{Exit, Failure},
        import_notes::{self, ImportKey},
        signing_key::{PublicKey, SigningKey},
    },
};
use app::{
    api::context::now,
    domain::{
        actor_stamp::ActorStamp,
        caller::Caller,
        check_finding::{Check, CheckFinding},
        id::ReleaseId,
        transfer::{ImportErrors, Transfer, TransferPart},
        via::Via,
    },
    store::{
        Database, Store, engine::database_url::file_of, error::StoreError, transfer::export::Export,
    },
};
use serde_json::json;
use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Closes the database, whether the verb succeeded or not, so that its write-ahead log is merged. Returns the result.
pub async fn close_after<T>(database: Database, result: Result<T, Failure>) -> Result<T, Failure> {
    let closed = database.close().await;
    let result = result?;
    closed?;
    Ok(result)
}

/// The store of the command line. It has all rights: with the file at hand nothing could be refused.
pub fn as_program(database: &Database, actor: &str) -> Store {
    database.as_caller(Arc::new(Caller::program(Via::Cli, actor)))
}

pub async fn migrate(url: &str, output: CliOutput) -> Result<Exit, Failure> {
    let spinner = ProgressSpinner::start("Bringing the database up to date");
    let (database, applied) = database::open(url).await?;
    close_after(database, Ok(())).await?;
    drop(spinner);
    let sentence = if applied.is_empty() {
        "The database is up to date.".to_owned()
    } else {
        format!("Applied {}.", applied.join(", "))
    };
    output.print(&sentence, &json!({ "applied": applied }))?;
    Ok(Exit::Done)
}

pub async fn backup(url: &str, file: &Path, output: CliOutput) -> Result<Exit, Failure> {
    let database = file_of(url).ok_or(InvalidSetting::NoBackup("rollcall backup"))?;
    let spinner = ProgressSpinner::start("Copying the database");
    backups::create(&database, file).await?;
    drop(spinner);
    let size = fs::metadata(file)
        .map_err(|it| Failure::write(file, &it))?
        .len();
    let file = file.display().to_string();
    let sentence = format!("Backed up to {file}, {size} bytes, verified.");
    output.print(&sentence, &json!({ "file": file, "bytes": size }))?;
    Ok(Exit::Done)
}

pub async fn restore(url: &str, file: &Path, output: CliOutput) -> Result<Exit, Failure> {
    let path = file_of(url).ok_or(InvalidSetting::NoRestore("rollcall restore"))?;
    let spinner = ProgressSpinner::start("Restoring the database");
    let aside = backups::restore(file, &path, now()).await?;
    drop(spinner);
    let file = file.display().to_string();
    let database = path.display().to_string();
    let aside = aside.map(|it| it.display().to_string());
    let mut sentence = format!("Restored {file} to {database}.");
    if let Some(aside) = &aside {
        sentence = format!("{sentence} What was there is now {aside}.");
    }
    let json = json!({ "file": file, "database": database, "aside": aside });
    output.print(&sentence, &json)?;
    Ok(Exit::Done)
}

pub async fn check(settings: &Settings, arguments: CheckArguments) -> Result<Exit, Failure> {
    let output = arguments.output;
    let spinner = ProgressSpinner::start("Checking the database");
    let HeadFindings { findings, notes } = findings(settings, arguments).await?;
    drop(spinner);
    let mut sentence = String::new();
    for it in &findings {
        sentence = format!("{sentence}{}: {}\n", it.check, it.detail);
    }
    for note in &notes {
        sentence = format!("{sentence}{note}\n");
    }
    sentence.push_str(if findings.is_empty() {
        "All is well."
    } else {
        "Something is not as it should be."
    });
    let json = json!({ "ok": findings.is_empty(), "findings": findings, "notes": notes });
    output.print(&sentence, &json)?;
    Ok(if findings.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    })
}

/// The faults of a database. One that cannot be opened has one finding: why.
async fn findings(settings: &Settings, arguments: CheckArguments) -> Result<HeadFindings, Failure> {
    let kept = KeptHeads::read(settings, arguments)?;
    let found = |check, failure: Failure| HeadFindings {
        findings: vec![CheckFinding::new(check, failure.to_string())],
        notes: Vec::new(),
    };
    let is_damage = |text: &str| text.contains("malformed") || text.contains("not a database");
    let database = match database::open_existing(&settings.database_url).await {
        Ok(database) => database,
        Err(failure @ (Failure::Newer(_) | Failure::Older(_))) => {
            return Ok(found(Check::Schema, failure));
        }
        Err(failure) if is_damage(&failure.to_string()) => {
            return Ok(found(Check::Integrity, failure));
        }
        Err(failure) => return Err(failure),
    };
    let findings = match kept
        .check(&database, &settings.actor)
        .await
        .map_err(Failure::from)
    {
        Err(failure) if is_damage(&failure.to_string()) => Ok(found(Check::Integrity, failure)),
        findings => findings,
    };
    close_after(database, findings).await
}

/// What the history is compared with.
struct KeptHeads {
    heads: Vec<KeptHead>,
    anchors: Option<String>,
    /// By which every head and every line of the file needs a signature.
    key: Option<PublicKey>,
}

impl KeptHeads {
    fn read(settings: &Settings, arguments: CheckArguments) -> Result<Self, Failure> {
        let anchors = arguments.anchors.map(|path| {
            fs::read_to_string(&path).map_err(|error| Failure::Read {
                path: path.display().to_string(),
                cause: error.to_string(),
            })
        });
        let heads = arguments.head;
        // Without --public-key the key of the settings is used, and requires signatures in the same way.
        let is_anything_kept = anchors.is_some() || !heads.is_empty();
        let key = match (arguments.public_key, &settings.signing_key_file) {
            (None, Some(path)) if is_anything_kept => Some(anchors::read_key(path)?.public_key()),
            (key, _) => key,
        };
        Ok(Self {
            heads,
            anchors: anchors.transpose()?,
            key,
        })
    }

    async fn check(&self, database: &Database, actor: &str) -> Result<HeadFindings, StoreError> {
        let mut findings = as_program(database, actor).check().await?;
        let of_heads = anchors::check_heads(database, &self.heads, self.key).await?;
        findings.extend(of_heads.findings);
        if let Some(anchors) = &self.anchors {
            findings.extend(anchors::check(database, anchors, self.key).await?);
        }
        let notes = of_heads.notes;
        Ok(HeadFindings { findings, notes })
    }
}

/// What an export has only if it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ExportExtras {
    /// Hashes of passwords and tokens.
    pub credentials: bool,
    /// The output of runs.
    pub output: bool,
}

pub async fn export(
    settings: &Settings,
    file: Option<PathBuf>,
    release: Option<i64>,
    extras: ExportExtras,
) -> Result<Exit, Failure> {
    let key = settings.signing_key_file.as_deref();
    let key = key.map(anchors::read_key).transpose()?;
    let database = database::open_existing(&settings.database_url).await?;
    let store = as_program(&database, &settings.actor);
    let release = release.map(ReleaseId);
    let export = async |out: &mut (dyn Write + Send), path: &Path| {
        let mut export = store.export(release).await?;
        if extras.credentials {
            export = export.with_credentials();
        }
        if extras.output {
            export = export.with_output();
        }
        if let Some((key, head)) = key.as_ref().zip(export.head()) {
            export.sign(key.sign(&head.to_string()));
        }
        write_export(export, out, path).await
    };
    let result = match &file {
        None => export(&mut io::stdout(), stdout_name()).await,
        Some(path) => match create_new(path, extras.credentials) {
            Ok(mut out) => {
                let written = export(&mut out, path).await;
                if written.is_err() {
                    let _ = fs::remove_file(path);
                }
                written
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Failure::Exists(path.display().to_string()))
            }
            Err(error) => Err(Failure::write(path, &error)),
        },
    };
    close_after(database, result).await?;
    Ok(Exit::Done)
}

/// Creates a new file, readable only for its owner if it holds secrets.
fn create_new(path: &Path, is_secret: bool) -> io::Result<fs::File> {
    let mode = if is_secret { 0o600 } else { 0o666 };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(path)
}

async fn write_export(
    mut export: Export,
    out: &mut (dyn Write + Send),
    path: &Path,
) -> Result<(), Failure> {
    let spinner = ProgressSpinner::start("Exporting");
    let mut bytes = 0;
    while let Some(piece) = export.next_chunk().await? {
        if !write(out, piece.as_bytes(), path)? {
            break;
        }
        bytes += piece.len();
        let message = format!("Exporting, {} kB", bytes / 1_000);
        spinner.0.set_message(message);
    }
    Ok(())
}

pub async fn import(
    settings: &Settings,
    file: &Path,
    public_key: Option<PublicKey>,
    output: CliOutput,
) -> Result<Exit, Failure> {
    let key = match (public_key, &settings.signing_key_file) {
        (Some(key), _) => Some(ImportKey::Named(key)),
        (None, Some(path)) => Some(ImportKey::Own(anchors::read_key(path)?.public_key())),
        (None, None) => None,
    };
    let stamp = ActorStamp::new(&settings.actor, now())
        .map_err(|problem| InvalidSetting::User(settings.actor.clone(), problem))?;
    let path = file.display().to_string();
    let spinner = ProgressSpinner::start("Importing");
    let bytes = read(file).map_err(|error| Failure::Read {
        path: path.clone(),
        cause: error.to_string(),
    })?;
    let read = Transfer::read(bytes).and_then(|transfer| {
        let signature = import_notes::signature_note(&transfer, key)?;
        Ok((transfer, signature))
    });
    let (transfer, signature) = match read {
        Ok(read) => read,
        Err(faults) => {
            drop(spinner);
            return print_import_errors(path, &faults, output);
        }
    };
    let (database, _) = database::open(&settings.database_url).await?;
    let store = as_program(&database, &settings.actor);
    let result = store.import(&transfer, stamp).await.map_err(Failure::from);
    let taken = match close_after(database, result).await? {
        Ok(taken) => taken,
        Err(faults) => {
            drop(spinner);
            return print_import_errors(path, &faults, output);
        }
    };
    drop(spinner);
    let counts: Vec<String> = TransferPart::ALL
        .iter()
        .map(|it| {
            let n = taken.imported.get(it).copied().unwrap_or_default();
            format!("{n} {it}")
        })
        .collect();
    let notes = import_notes::notes(&taken, signature);
    let mut sentence = format!("Imported {}.", counts.join(", "));
    for note in &notes {
        sentence = format!("{sentence} {note}");
    }
    let json = json!({ "imported": taken.imported, "batchId": taken.batch_id, "notes": notes });
    output.print(&sentence, &json)?;
    Ok(Exit::Done)
}

/// Prints what is wrong with an import file, by line and field, and returns the failure.
fn print_import_errors(
    path: String,
    faults: &ImportErrors,
    output: CliOutput,
) -> Result<Exit, Failure> {
    let mut lines: Vec<String> = faults.errors.iter().map(ToString::to_string).collect();
    if faults.more > 0 {
        lines.push(format!("and {} more", faults.more));
    }
    output.print(&lines.join("\n"), &json!(faults))?;
    let n = faults.errors.len() + faults.more;
    Err(Failure::Faults { path, n })
}

/// Reads a file; `-` is standard input.
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        Ok(bytes)
    } else {
        fs::read(file)
    }
}

pub async fn demo(url: &str, output: CliOutput) -> Result<Exit, Failure> {
    let spinner = ProgressSpinner::start("Loading the example");
    let (database, _) = database::open(url).await?;
    let loaded: Result<bool, StoreError> = example::load(&database, now()).await;
    let result = match loaded {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::NotEmpty),
        Err(error) => Err(error.into()),
    };
    close_after(database, result).await?;
    drop(spinner);
    output.print("The example is loaded.", &json!({ "loaded": true }))?;
    Ok(Exit::Done)
}

/// Makes a key. It is never overwritten: what it has signed could not be verified any more. Without a file the key goes to
/// standard output, and the sentence about it to standard error, so that a pipe gets nothing but the key.
pub fn keygen(file: Option<&Path>, output: CliOutput) -> Result<Exit, Failure> {
    let (text, public) = SigningKey::generate().map_err(|it| Failure::Refused(it.to_string()))?;
    let Some(path) = file else {
        let public = public.to_string();
        if output.json {
            output.print("", &json!({ "key": text, "publicKey": public }))?;
        } else {
            write(&mut io::stdout(), text.as_bytes(), stdout_name())?;
            let sentence = format!("The public key is {public}.\n");
            write(
                &mut io::stderr(),
                sentence.as_bytes(),
                Path::new("standard error"),
            )?;
        }
        return Ok(Exit::Done);
    };
    let mut options = fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let mut out = opened.map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::Exists(path.display().to_string())
        } else {
            Failure::write(path, &error)
        }
    })?;
    write(&mut out, text.as_bytes(), path)?;
    let (file, public) = (path.display().to_string(), public.to_string());
    let sentence = format!("Made the key {file}. Its public key is {public}.");
    output.print(&sentence, &json!({ "file": file, "publicKey": public }))?;
    Ok(Exit::Done)
}
