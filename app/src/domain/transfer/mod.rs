//! Export format: the whole database, or one release, as one JSON text; and the first stage of reading it. Every row
//! is on a line of its own, so that two exports can be diffed and an error can name the line.
//!
//! ```text
//! {"rollcall":6,"schema":"m2026…","lastIds":{"clusters":2,…},
//! "clusters":[
//! {"id":1,…},
//! …
//! ],
//! "customers":[
//! ```
//!
//! Derived data (the variables that a text names) is not part of it; the output of runs only if it is asked for (R73). The export
//! of one release ends with the `head` of the history that it was made at (R89).
mod batch_order;
pub mod checked_row;
pub mod credentials;
pub mod json_lines;
pub mod proof_rows;
pub mod row_checker;
#[cfg(test)]
mod row_checker_tests;

use super::{
    decode::decode,
    history_chain::{Head, is_sha256, is_signature},
    id::{CustomerId, EventId, ReleaseId},
    transfer::json_lines::{JsonItems, key_and_value},
    unique_members,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

/// Version of the format; increases when a field is added or removed. Earlier versions are read too: what they lack may be
/// empty.
pub const FORMAT_VERSION: u32 = 6;
/// The format of an export whose events have no hashes: earlier ones, and those for a caller with a scope.
pub const FORMAT_WITHOUT_HASHES: u32 = 2;
/// The first version whose events have hashes (R89). Events of earlier ones are chained when they are imported.
const FIRST_VERSION_WITH_HASHES: u32 = 3;
/// The first version with users (R22), without their passwords (but see `credentials`).
const FIRST_VERSION_WITH_USERS: u32 = 4;
/// The first version with runs that are over (R71) and evidence (R74).
const FIRST_VERSION_WITH_PROOFS: u32 = 6;

/// The largest id or version: 2^53, the largest integer that every JSON reader represents exactly.
const JSON_INTEGER_MAX: i64 = 1 << 53;

/// What some editors and shells write before a text in UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with hashes in a text of an earlier format.
pub const NO_HASHES_IN_FORMAT: &str =
    "formats 1 and 2 have no hashes: was the number of the format changed?";

/// A report names at most this number of errors and counts the others.
const NAMED_ERRORS_MAX: usize = 100;

words! {
    /// The lists of an export, each after those that it refers to.
    TransferPart {
        Clusters = "clusters", Customers = "customers", Releases = "releases", Templates = "templates",
        Members = "members", Steps = "steps", Users = "users", Runs = "runs", Evidence = "evidence",
        Output = "output", Events = "events",
    }
}

/// The first line of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferHeader {
    /// The format version.
    pub rollcall: u32,
    /// The newest migration of the source database.
    pub schema: String,
    /// The highest id ever assigned per list, so that an import never reuses the id of a deleted row: the audit trail
    /// still refers to it.
    pub last_ids: BTreeMap<TransferPart, i64>,
}

/// A customer in a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    pub release_id: ReleaseId,
    pub customer_id: CustomerId,
    #[serde(with = "crate::domain::time_serde")]
    pub added_at: DateTime<Utc>,
}

/// One error in an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportError {
    /// Counts from 1.
    pub line: usize,
    /// Such as `customers.namespace`; empty if it concerns the text as a whole.
    pub field: String,
    pub problem: String,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "line {}: {}", self.line, self.problem)
        } else {
            write!(f, "line {}, {}: {}", self.line, self.field, self.problem)
        }
    }
}

/// All errors of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportErrors {
    #[serde(rename = "faults")]
    pub errors: Vec<ImportError>,
    /// The number of further errors that are not named.
    pub more: usize,
}

impl ImportErrors {
    /// Whether no error was found.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Adds an error, or counts it if `NAMED_ERRORS_MAX` are named already.
    pub fn add(&mut self, line: usize, field: impl Into<String>, problem: impl fmt::Display) {
        if self.errors.len() < NAMED_ERRORS_MAX {
            self.errors.push(ImportError {
                line,
                field: field.into(),
                problem: problem.to_string(),
            });
        } else {
            self.more += 1;
        }
    }

    fn one(line: usize, problem: impl fmt::Display) -> Self {
        let mut errors = Self::default();
        errors.add(line, "", problem);
        errors
    }
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "; " })?;
        }
        if self.more > 0 {
            write!(f, "; and {} more", self.more)?;
        }
        Ok(())
    }
}

/// An import whose lists were located; the rows are parsed one by one.
#[derive(Clone, Debug)]
pub struct Transfer {
    text: String,
    /// The byte range of each list, and its line.
    parts: BTreeMap<TransferPart, (Range<usize>, usize)>,
    /// The highest id ever assigned in each list, so that ids are not used twice after an import.
    pub last_ids: BTreeMap<TransferPart, i64>,
    /// The newest migration of the source database.
    pub schema: String,
    /// Whether its events have hashes.
    pub has_hashes: bool,
    /// The head of the history that the export of a release is a part of, and its line; none in an export of everything.
    pub head: Option<(Head, usize)>,
    /// The signature of that head, not verified.
    pub signature: Option<String>,
}

impl Transfer {
    /// Locates the lists of an export. Errors: not UTF-8 or JSON, not an export, a newer format, missing or doubled
    /// lists. A byte order mark before the text is skipped; with that of UTF-16 it may be UTF-16, as PowerShell writes files.
    pub fn read(mut bytes: Vec<u8>) -> Result<Self, ImportErrors> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            let text = decode(&bytes).map_err(|it| ImportErrors::one(1, it.to_string()))?;
            bytes = text.into_bytes();
        }
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let lines = good.unwrap_or_default().split(|it| *it == b'\n').count();
            let offset = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
            let problem =
                format!("the file is damaged: byte 0x{byte:02X} at offset {offset} is no UTF-8");
            ImportErrors::one(lines, problem)
        })?;
        if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
            let problem = format!(
                "the file is damaged, or no JSON: {}",
                json_error_message(&error)
            );
            return Err(ImportErrors::one(error.line(), problem));
        }
        let body = text.trim_start();
        let skipped = text.len() - body.len();
        let first = 1 + text
            .get(..skipped)
            .unwrap_or_default()
            .matches('\n')
            .count();
        let foreign = || ImportErrors::one(first, "not a Rollcall export");
        if !body.starts_with('{') {
            return Err(foreign());
        }
        let mut errors = ImportErrors::default();
        let (mut format, mut last_ids, mut parts) = (None, BTreeMap::new(), BTreeMap::new());
        let (mut schema, mut head, mut signature) = (String::new(), None, None);
        let mut is_there = BTreeSet::new();
        for (key, value) in JsonItems::new(body, first).filter_map(|it| key_and_value(&it)) {
            if !is_there.insert(key.clone()) {
                errors.add(value.line, key, "this is there twice");
                continue;
            }
            match key.as_str() {
                "rollcall" => format = serde_json::from_str::<u32>(value.text).ok(),
                "schema" => schema = serde_json::from_str(value.text).unwrap_or_default(),
                "head" => match read_head(value.text) {
                    Ok((it, signed)) => (head, signature) = (Some((it, value.line)), signed),
                    Err(problem) => errors.add(value.line, "head", problem),
                },
                "lastIds" => match read_last_ids(value.text) {
                    Ok(ids) => last_ids = ids,
                    Err(problem) => errors.add(value.line, "lastIds", problem),
                },
                name => match name.parse::<TransferPart>() {
                    Ok(_) if !value.text.starts_with('[') => {
                        errors.add(value.line, name, "write a list");
                    }
                    Ok(part) => {
                        let start = skipped + value.offset;
                        let range_and_line = (start..start + value.text.len(), value.line);
                        parts.insert(part, range_and_line);
                    }
                    Err(_) => errors.add(value.line, name, "unknown"),
                },
            }
        }
        match format {
            Some(1..=FORMAT_VERSION) => {}
            Some(newer) if newer > FORMAT_VERSION => {
                let problem =
                    format!("this was written by a newer Rollcall, in format {newer}: use that");
                return Err(ImportErrors::one(first, problem));
            }
            _ => return Err(foreign()),
        }
        let has_hashes = format.is_some_and(|it| it >= FIRST_VERSION_WITH_HASHES);
        // Who lowers the number of the format would get what was changed chained anew.
        if let (false, Some((_, line))) = (has_hashes, &head) {
            errors.add(*line, "head", NO_HASHES_IN_FORMAT);
        }
        for part in TransferPart::ALL {
            let first_version = match part {
                TransferPart::Users => FIRST_VERSION_WITH_USERS,
                TransferPart::Runs | TransferPart::Evidence => FIRST_VERSION_WITH_PROOFS,
                TransferPart::Output => continue,
                _ => 1,
            };
            let is_later = format.is_some_and(|it| it < first_version);
            if !is_later && !parts.contains_key(part) {
                errors.add(first, part.as_str(), "this list is missing");
            }
        }
        if errors.is_empty() {
            Ok(Self {
                text,
                parts,
                last_ids,
                schema,
                has_hashes,
                head,
                signature,
            })
        } else {
            Err(errors)
        }
    }

    /// The rows of a list, unparsed.
    pub fn rows(&self, part: TransferPart) -> JsonItems<'_> {
        let (range, line) = self.parts.get(&part).cloned().unwrap_or_default();
        JsonItems::new(self.text.get(range).unwrap_or_default(), line)
    }
}

/// A head as reports print it. The signature can be verified with the public key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHead {
    id: EventId,
    hash: String,
    signature: Option<String>,
}

/// The highest ids. Of a list that is there twice the one number could be read here, and the other elsewhere.
fn read_last_ids(text: &str) -> Result<BTreeMap<TransferPart, i64>, String> {
    let ids = unique_members::from_str(text).and_then(serde_json::from_value);
    let ids: BTreeMap<TransferPart, i64> = ids.map_err(|error| json_error_message(&error))?;
    if ids.values().all(|it| (0..=JSON_INTEGER_MAX).contains(it)) {
        Ok(ids)
    } else {
        Err("count from 0".to_owned())
    }
}

fn read_head(text: &str) -> Result<(Head, Option<String>), String> {
    let read: Result<WrittenHead, _> = serde_json::from_str(text);
    let WrittenHead {
        id,
        hash,
        signature,
    } = read.map_err(|error| json_error_message(&error))?;
    if id.0 < 1 || !is_sha256(&hash) {
        return Err("write the id and hash of an event".to_owned());
    }
    if signature.as_deref().is_some_and(|it| !is_signature(it)) {
        return Err("write the signature as the 88 letters of its base64".to_owned());
    }
    Ok((Head { id, hash }, signature))
}

/// The message of a JSON error without its position, which is reported separately.
fn json_error_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Transfer, String> {
        Transfer::read(text.as_bytes().to_vec()).map_err(|it| it.to_string())
    }

    const EMPTY: &str = "{\"rollcall\":1,\"schema\":\"x\",\"lastIds\":{},\n\"clusters\":[],\"customers\":[],\"releases\":[],\
        \"templates\":[],\"members\":[],\"steps\":[],\"events\":[]\n}\n";

    #[test]
    fn a_damaged_or_foreign_text_is_refused_with_the_line() {
        for (text, problem) in [
            ("", "line 1: the file is damaged"),
            ("<html>", "line 1: the file is damaged"),
            ("[]", "line 1: not a Rollcall export"),
            ("\n\n{}", "line 3: not a Rollcall export"),
            ("{\"rollcall\":0}", "not a Rollcall export"),
            ("{\"rollcall\":7}", "a newer Rollcall, in format 7"),
            ("{\"rollcall\":1}", "line 1, clusters: this list is missing"),
            (&EMPTY[..EMPTY.len() - 10], "line 2: the file is damaged"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        for (from, to, problem) in [
            ("[]\n}", "[]\n,\"x\":1}", "line 3, x: unknown"),
            (
                "\"steps\":[]",
                "\"steps\":{}",
                "line 2, steps: write a list",
            ),
            ("\"steps\":[]", "\"steps\":[],\"steps\":[]", "there twice"),
            (
                "\"lastIds\":{},",
                "\"lastIds\":{\"events\":9},\"lastIds\":{},",
                "line 1, lastIds: this is there twice",
            ),
            (
                "\"lastIds\":{}",
                "\"lastIds\":{\"events\":1,\"events\":9}",
                "line 1, lastIds: the member \"events\" is there twice",
            ),
            (
                "\"lastIds\":{}",
                "\"lastIds\":{\"events\":-1}",
                "line 1, lastIds: count from 0",
            ),
            (
                "[]\n}",
                "[]\n,\"head\":{\"id\":1,\"hash\":\"x\"}}",
                "line 3, head: write the id and hash of an event",
            ),
            ("[]\n}", "[]\n,\"head\":1}", "line 3, head: invalid type"),
            (
                "[]\n}",
                "[]\n,\"head\":{\"x\":1}}",
                "line 3, head: unknown field `x`",
            ),
        ] {
            let error = read(&EMPTY.replace(from, to)).unwrap_err();
            assert!(error.contains(problem), "{to}: {error}");
        }
        let error = Transfer::read(b"{\n\xff}".to_vec()).unwrap_err();
        assert_eq!(error.errors[0].line, 2);
    }

    #[test]
    fn a_byte_order_mark_before_the_text_is_no_damage() {
        let marked = [BYTE_ORDER_MARK, EMPTY.as_bytes()].concat();
        let file = Transfer::read(marked.clone()).unwrap();
        assert_eq!(file.rows(TransferPart::Events).count(), 0);
        let twice = Transfer::read([BYTE_ORDER_MARK, marked.as_slice()].concat()).unwrap_err();
        assert!(twice.to_string().starts_with("line 1: the file is damaged"));
        let mut wide = vec![0xff, 0xfe];
        wide.extend(EMPTY.encode_utf16().flat_map(u16::to_le_bytes));
        assert!(Transfer::read(wide.clone()).is_ok());
        wide.push(0);
        let torn = Transfer::read(wide).unwrap_err();
        assert_eq!(torn.errors[0].line, 1);
    }

    #[test]
    fn the_text_of_a_release_ends_with_the_head_of_its_history() {
        let hash = "a0".repeat(32);
        let head = format!("[]\n,\"head\":{{\"id\":41,\"hash\":\"{hash}\"}}}}");
        let empty = EMPTY.replace("\"rollcall\":1", "\"rollcall\":3");
        let file = read(&empty.replace("[]\n}", &head)).unwrap();
        let id = EventId(41);
        let expected = Head { id, hash };
        assert_eq!(file.head, Some((expected.clone(), 3)));
        let signed = |signature: &str| {
            let signed = head.replacen("\"}", &format!("\",\"signature\":\"{signature}\"}}"), 1);
            read(&empty.replace("[]\n}", &signed))
        };
        let signature = format!("{}A==", "x".repeat(85));
        let file = signed(&signature).unwrap();
        assert_eq!(file.head, Some((expected, 3)));
        assert_eq!(file.signature.as_deref(), Some(signature.as_str()));
        for wrong in ["", "AAAA", &signature[1..]] {
            let problem = signed(wrong).unwrap_err();
            assert!(
                problem.contains("line 3, head: write the signature"),
                "{problem}"
            );
        }
        let twice = format!("{}{}", &head[..head.len() - 1], &head[3..]);
        let problem = read(&empty.replace("[]\n}", &twice)).unwrap_err();
        assert!(problem.contains("head: this is there twice"), "{problem}");
        // Earlier formats have none.
        let problem = read(&EMPTY.replace("[]\n}", &head)).unwrap_err();
        assert!(problem.contains(NO_HASHES_IN_FORMAT), "{problem}");
        let whole = read(&EMPTY.replace("\"rollcall\":1", "\"rollcall\":3")).unwrap();
        assert!(whole.has_hashes && whole.head.is_none());
        let with_users = EMPTY.replace("\"rollcall\":1", "\"rollcall\":4");
        let without = read(&with_users).unwrap_err();
        assert!(without.contains("users: this list is missing"), "{without}");
        let with_users = with_users.replace("\"events\"", "\"users\":[],\"events\"");
        assert!(read(&with_users).unwrap().has_hashes);
        let with_proofs = with_users.replace("\"rollcall\":4", "\"rollcall\":6");
        let without = read(&with_proofs).unwrap_err();
        for part in ["runs", "evidence"] {
            let missing = format!("{part}: this list is missing");
            assert!(without.contains(&missing), "{without}");
        }
        // The output of runs is there only if it was asked for.
        let lists = "\"runs\":[],\"evidence\":[],\"events\"";
        assert!(read(&with_proofs.replace("\"events\"", lists)).is_ok());
        let earlier = read(&EMPTY.replace("\"rollcall\":1", "\"rollcall\":2")).unwrap();
        assert!(!earlier.has_hashes && !read(EMPTY).unwrap().has_hashes);
    }

    #[test]
    fn rows_are_found_with_their_lines() {
        let text = EMPTY.replace("\"clusters\":[]", "\"clusters\":[\n{},\n{}]");
        let file = read(&text).unwrap();
        let lines: Vec<usize> = file
            .rows(TransferPart::Clusters)
            .map(|it| it.line)
            .collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(file.rows(TransferPart::Events).count(), 0);
    }

    #[test]
    fn so_many_faults_are_named_and_the_others_counted() {
        let mut errors = ImportErrors::default();
        (0..NAMED_ERRORS_MAX + 2).for_each(|line| errors.add(line, "", "x"));
        assert_eq!((errors.errors.len(), errors.more), (NAMED_ERRORS_MAX, 2));
        assert!(errors.to_string().ends_with("; and 2 more"));
    }
}
