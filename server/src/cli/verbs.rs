//! The verbs of the command line, except `serve` and `steps`: one function each. It prints its result on standard output and shows a
//! spinner meanwhile.
use super::output::{CliOutput, ProgressSpinner, standard_output, write};
use crate::{
    demo as example,
    ops::{
        backup as backups, database,
        failure::{Exit, Failure},
    },
};
use app::{
    api::context::now,
    domain::{
        check_finding::{Check, CheckFinding},
        id::ReleaseId,
        transfer::{ImportErrors, Transfer, TransferPart},
    },
    store::{Store, engine::sqlite, error::StoreError},
};
use serde_json::json;
use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Closes the database, whether the verb succeeded or not, so that its write-ahead log is merged. Returns the result.
pub async fn close_after<T>(store: Store, result: Result<T, Failure>) -> Result<T, Failure> {
    let closed = store.close().await;
    let result = result?;
    closed?;
    Ok(result)
}

pub async fn migrate(url: &str, output: CliOutput) -> Result<Exit, Failure> {
    let spinner = ProgressSpinner::start("Bringing the database up to date");
    let (store, applied) = database::open(url).await?;
    close_after(store, Ok(())).await?;
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
    let spinner = ProgressSpinner::start("Copying the database");
    backups::create(&sqlite::path_of(url), file).await?;
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
    let spinner = ProgressSpinner::start("Restoring the database");
    let path = sqlite::path_of(url);
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

pub async fn check(url: &str, output: CliOutput) -> Result<Exit, Failure> {
    let spinner = ProgressSpinner::start("Checking the database");
    let findings = findings(url).await?;
    drop(spinner);
    let mut sentence = String::new();
    for it in &findings {
        sentence = format!("{sentence}{}: {}\n", it.check, it.detail);
    }
    sentence.push_str(if findings.is_empty() {
        "All is well."
    } else {
        "Something is not as it should be."
    });
    let json = json!({ "ok": findings.is_empty(), "findings": findings });
    output.print(&sentence, &json)?;
    Ok(if findings.is_empty() {
        Exit::Done
    } else {
        Exit::Found
    })
}

/// The faults of a database. One that cannot be opened has one finding: why.
async fn findings(url: &str) -> Result<Vec<CheckFinding>, Failure> {
    let found = |check, failure: Failure| vec![CheckFinding::new(check, failure.to_string())];
    let is_damage = |text: &str| text.contains("malformed") || text.contains("not a database");
    let store = match database::open_existing(url).await {
        Ok(store) => store,
        Err(failure @ (Failure::Newer(_) | Failure::Older(_))) => {
            return Ok(found(Check::Schema, failure));
        }
        Err(failure) if is_damage(&failure.to_string()) => {
            return Ok(found(Check::Integrity, failure));
        }
        Err(failure) => return Err(failure),
    };
    let findings = match store.check().await.map_err(Failure::from) {
        Err(failure) if is_damage(&failure.to_string()) => Ok(found(Check::Integrity, failure)),
        findings => findings,
    };
    close_after(store, findings).await
}

pub async fn export(
    url: &str,
    file: Option<PathBuf>,
    release: Option<i64>,
) -> Result<Exit, Failure> {
    let store = database::open_existing(url).await?;
    let release = release.map(ReleaseId);
    let result = match &file {
        None => write_export(&store, release, &mut io::stdout(), standard_output()).await,
        Some(path) => match fs::File::create_new(path) {
            Ok(mut out) => {
                let written = write_export(&store, release, &mut out, path).await;
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
    close_after(store, result).await?;
    Ok(Exit::Done)
}

async fn write_export(
    store: &Store,
    release: Option<ReleaseId>,
    out: &mut (dyn Write + Send),
    path: &Path,
) -> Result<(), Failure> {
    let spinner = ProgressSpinner::start("Exporting");
    let mut export = store.export(release).await?;
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

pub async fn import(url: &str, file: &Path, output: CliOutput) -> Result<Exit, Failure> {
    let path = file.display().to_string();
    let spinner = ProgressSpinner::start("Importing");
    let bytes = read(file).map_err(|error| Failure::Read {
        path: path.clone(),
        cause: error.to_string(),
    })?;
    let transfer = match Transfer::read(bytes) {
        Ok(transfer) => transfer,
        Err(faults) => {
            drop(spinner);
            return print_import_errors(path, &faults, output);
        }
    };
    let (store, _) = database::open(url).await?;
    let result = store.import(&transfer).await.map_err(Failure::from);
    let taken = match close_after(store, result).await? {
        Ok(taken) => taken,
        Err(faults) => {
            drop(spinner);
            return print_import_errors(path, &faults, output);
        }
    };
    drop(spinner);
    let counts: Vec<String> = TransferPart::ALL
        .iter()
        .map(|it| format!("{} {it}", taken.get(it).copied().unwrap_or_default()))
        .collect();
    let sentence = format!("Imported {}.", counts.join(", "));
    output.print(&sentence, &json!({ "imported": taken }))?;
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
    let (store, _) = database::open(url).await?;
    let loaded: Result<bool, StoreError> = example::load(&store, now()).await;
    let result = match loaded {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::NotEmpty),
        Err(error) => Err(error.into()),
    };
    close_after(store, result).await?;
    drop(spinner);
    output.print("The example is loaded.", &json!({ "loaded": true }))?;
    Ok(Exit::Done)
}
