//! The whole database, or one release of it, as one JSON text, and what is asked of such a text before it is taken in.
//! One row a line: two exports can be compared line by line, and a report names the line.
//!
//! ```text
//! {"rollcall":2,"schema":"m2026…","lastIds":{"clusters":2,…},
//! "clusters":[
//! {"id":1,…},
//! …
//! ],
//! "customers":[
//! ```
//!
//! What follows from the rest (which variables a text names) is not in it. The text of one release ends with the `head` of
//! the history that it was made at (R89).
pub mod json_lines;
pub mod row_checker;

use super::{
    history_chain::{Head, is_sha256},
    id::{CustomerId, ReleaseId},
    transfer::json_lines::{JsonItems, pair},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{collections::BTreeMap, fmt, ops::Range};

/// Grows whenever a field comes or goes. Format 1 had no hashes of events; its events are chained when they come in.
pub const FORMAT: u32 = 2;
const FORMAT_WITHOUT_HASHES: u32 = 1;

/// The largest id or version: what every reader of JSON reads exactly.
const NUMBER_MAX: i64 = 1 << 53;

/// So many faults are named; the others are counted.
const ERRORS_MAX: usize = 100;

words! {
    /// The lists of the text, each after those that it refers to.
    Part {
        Clusters = "clusters", Customers = "customers", Releases = "releases", Templates = "templates",
        Members = "members", Steps = "steps", Events = "events",
    }
}

/// How the text begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferHeader {
    /// The format.
    pub rollcall: u32,
    /// The newest migration of the database that it comes from.
    pub schema: String,
    /// The highest id that was ever given, so that what was deleted never shares its id with something new: the history
    /// still speaks of it.
    pub last_ids: BTreeMap<Part, i64>,
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

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportError {
    pub line: usize,
    /// `customers.namespace`; empty where it is the text as a whole.
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

/// Everything that is wrong with a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportErrors {
    pub faults: Vec<ImportError>,
    /// How many more there are than are named.
    pub more: usize,
}

impl ImportErrors {
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    pub fn add(&mut self, line: usize, field: impl Into<String>, problem: impl fmt::Display) {
        if self.faults.len() < ERRORS_MAX {
            self.faults.push(ImportError {
                line,
                field: field.into(),
                problem: problem.to_string(),
            });
        } else {
            self.more += 1;
        }
    }

    fn one(line: usize, problem: impl fmt::Display) -> Self {
        let mut faults = Self::default();
        faults.add(line, "", problem);
        faults
    }
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if index == 0 { "" } else { "; " })?;
        }
        if self.more > 0 {
            write!(f, "; and {} more", self.more)?;
        }
        Ok(())
    }
}

/// An export that was read as far as its lists; its rows are read one by one.
#[derive(Clone, Debug)]
pub struct Transfer {
    text: String,
    /// Where each list begins, and on which line.
    parts: BTreeMap<Part, (Range<usize>, usize)>,
    pub last_ids: BTreeMap<Part, i64>,
    /// The newest migration of the database that it comes from.
    pub schema: String,
    /// Whether its events have hashes.
    pub has_hashes: bool,
    /// The head of the history that it is a part of, and the line of that; none if the text is of everything.
    pub head: Option<(Head, usize)>,
}

impl Transfer {
    /// Damaged and foreign texts end here.
    pub fn read(bytes: Vec<u8>) -> Result<Self, ImportErrors> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let lines = good.unwrap_or_default().split(|it| *it == b'\n').count();
            ImportErrors::one(lines, "the file is damaged: this is no UTF-8")
        })?;
        if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
            let problem = format!("the file is damaged, or no JSON: {}", message(&error));
            return Err(ImportErrors::one(error.line(), problem));
        }
        let body = text.trim_start();
        let skipped = text.len() - body.len();
        let first = 1 + text
            .get(..skipped)
            .unwrap_or_default()
            .matches('\n')
            .count();
        let foreign = || ImportErrors::one(first, "this is no export of Rollcall");
        if !body.starts_with('{') {
            return Err(foreign());
        }
        let mut faults = ImportErrors::default();
        let (mut format, mut last_ids, mut parts) = (None, BTreeMap::new(), BTreeMap::new());
        let (mut schema, mut head) = (String::new(), None);
        for (key, value) in JsonItems::of(body, first).filter_map(|it| pair(&it)) {
            match key.as_str() {
                "rollcall" => format = serde_json::from_str::<u32>(value.text).ok(),
                "schema" => schema = serde_json::from_str(value.text).unwrap_or_default(),
                "head" => match serde_json::from_str::<Head>(value.text) {
                    Ok(it) if it.id.0 > 0 && is_sha256(&it.hash) => head = Some((it, value.line)),
                    Ok(_) => faults.add(value.line, "head", "write the id and hash of an event"),
                    Err(error) => faults.add(value.line, "head", message(&error)),
                },
                "lastIds" => match serde_json::from_str::<BTreeMap<Part, i64>>(value.text) {
                    Ok(ids) if ids.values().all(|it| (0..=NUMBER_MAX).contains(it)) => {
                        last_ids = ids;
                    }
                    Ok(_) => faults.add(value.line, "lastIds", "count from 0"),
                    Err(error) => faults.add(value.line, "lastIds", message(&error)),
                },
                name => match name.parse::<Part>() {
                    Ok(_) if !value.text.starts_with('[') => {
                        faults.add(value.line, name, "write a list");
                    }
                    Ok(part) => {
                        let start = skipped + value.offset;
                        let place = (start..start + value.text.len(), value.line);
                        if parts.insert(part, place).is_some() {
                            faults.add(value.line, name, "this list is there twice");
                        }
                    }
                    Err(_) => faults.add(value.line, name, "unknown"),
                },
            }
        }
        match format {
            Some(FORMAT_WITHOUT_HASHES | FORMAT) => {}
            Some(newer) if newer > FORMAT => {
                let problem =
                    format!("this was written by a newer Rollcall, in format {newer}: use that");
                return Err(ImportErrors::one(first, problem));
            }
            _ => return Err(foreign()),
        }
        for part in Part::ALL {
            if !parts.contains_key(part) {
                faults.add(first, part.as_str(), "this list is missing");
            }
        }
        if faults.is_empty() {
            Ok(Self {
                text,
                parts,
                last_ids,
                schema,
                has_hashes: format == Some(FORMAT),
                head,
            })
        } else {
            Err(faults)
        }
    }

    /// The rows of a list, as they stand in the text.
    pub fn rows(&self, part: Part) -> JsonItems<'_> {
        let (range, line) = self.parts.get(&part).cloned().unwrap_or_default();
        JsonItems::of(self.text.get(range).unwrap_or_default(), line)
    }
}

/// What a reader of JSON complains of, without the place: that is said apart.
fn message(error: &serde_json::Error) -> String {
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
            ("[]", "line 1: this is no export"),
            ("\n\n{}", "line 3: this is no export"),
            ("{\"rollcall\":0}", "no export"),
            ("{\"rollcall\":3}", "a newer Rollcall, in format 3"),
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
                "[]\n}",
                "[]\n,\"head\":{\"id\":1,\"hash\":\"x\"}}",
                "line 3, head: write the id and hash of an event",
            ),
            ("[]\n}", "[]\n,\"head\":1}", "line 3, head: invalid type"),
        ] {
            let error = read(&EMPTY.replace(from, to)).unwrap_err();
            assert!(error.contains(problem), "{to}: {error}");
        }
        let error = Transfer::read(b"{\n\xff}".to_vec()).unwrap_err();
        assert_eq!(error.faults[0].line, 2);
    }

    #[test]
    fn the_text_of_a_release_ends_with_the_head_of_its_history() {
        let hash = "a0".repeat(32);
        let head = format!("[]\n,\"head\":{{\"id\":41,\"hash\":\"{hash}\"}}}}");
        let file = read(&EMPTY.replace("[]\n}", &head)).unwrap();
        let id = crate::domain::id::EventId(41);
        assert_eq!(file.head, Some((Head { id, hash }, 3)));
        let whole = read(&EMPTY.replace("\"rollcall\":1", "\"rollcall\":2")).unwrap();
        assert!(whole.has_hashes && whole.head.is_none());
        assert!(!read(EMPTY).unwrap().has_hashes);
    }

    #[test]
    fn rows_are_found_with_their_lines() {
        let text = EMPTY.replace("\"clusters\":[]", "\"clusters\":[\n{},\n{}]");
        let file = read(&text).unwrap();
        let lines: Vec<usize> = file.rows(Part::Clusters).map(|it| it.line).collect();
        assert_eq!(lines, [3, 4]);
        assert_eq!(file.rows(Part::Events).count(), 0);
    }

    #[test]
    fn so_many_faults_are_named_and_the_others_counted() {
        let mut faults = ImportErrors::default();
        (0..ERRORS_MAX + 2).for_each(|line| faults.add(line, "", "x"));
        assert_eq!((faults.faults.len(), faults.more), (ERRORS_MAX, 2));
        assert!(faults.to_string().ends_with("; and 2 more"));
    }
}
