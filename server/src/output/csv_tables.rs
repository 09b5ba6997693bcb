//! Export tables: a release, the history, and which version each customer is on, as CSV that a spreadsheet opens safely.
use app::domain::{
    customer_version::CustomerVersion,
    event::Event,
    release_sheet::{ReleaseSheet, SheetRow},
    summary::Member,
    time_serde::six_decimals,
};
use chrono::{DateTime, SecondsFormat, Utc};
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use std::borrow::Cow;

/// A CSV table that is being written. Every cell is quoted, and none can be run as a formula.
struct CsvTable(Writer<Vec<u8>>);

impl CsvTable {
    fn new() -> Self {
        let writer = WriterBuilder::new()
            .quote_style(QuoteStyle::Always)
            .terminator(Terminator::CRLF)
            .flexible(true)
            .from_writer(Vec::new());
        Self(writer)
    }

    fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cow<'a, str>>) {
        let cells: Vec<String> = cells.into_iter().map(|it| defuse_formula(&it)).collect();
        // Cannot fail: it writes into memory, and rows may have any length.
        let _ = self.0.write_record(&cells);
    }

    fn header_row(&mut self, names: &'static [&'static str]) {
        self.row(names.iter().map(|it| Cow::Borrowed(*it)));
    }

    fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// Puts an apostrophe before a text that a spreadsheet would take for a formula (CSV injection): one that begins with one of
/// these signs, also after white space.
fn defuse_formula(text: &str) -> String {
    let is_blank = |it: char| {
        it.is_whitespace()
            || it.is_control()
            || matches!(it, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
    };
    let is_formula = text
        .trim_start_matches(is_blank)
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_formula || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn time(at: Option<DateTime<Utc>>) -> Cow<'static, str> {
    at.map(|it| it.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
        .into()
}

fn number(id: impl Into<Option<i64>>) -> Cow<'static, str> {
    let id: Option<i64> = id.into();
    id.map(|it| it.to_string()).unwrap_or_default().into()
}

fn text(text: Option<&str>) -> Cow<'_, str> {
    text.unwrap_or_default().into()
}

fn flag(is: bool) -> Cow<'static, str> {
    Cow::Borrowed(if is { "true" } else { "false" })
}

const RELEASE_COLUMNS: &[&str] = &[
    "release",
    "versionNumber",
    "category",
    "number",
    "step",
    "type",
    "customer",
    "namespace",
    "cluster",
    "status",
    "by",
    "at",
    "executedBy",
    "executedAt",
    "reason",
    "notes",
    "overridden",
    "custom",
    "stepId",
];

/// A release as CSV: a header row, and a row for every cell of its matrix.
pub fn release_csv(sheet: &ReleaseSheet) -> Vec<u8> {
    let mut table = CsvTable::new();
    table.header_row(RELEASE_COLUMNS);
    for row in &sheet.rows {
        if let Some(member) = sheet.members.get(row.member) {
            table.row(cells(sheet, member, row));
        }
    }
    table.finish()
}

fn cells<'a>(sheet: &'a ReleaseSheet, member: &'a Member, row: &'a SheetRow) -> [Cow<'a, str>; 19] {
    [
        sheet.release.name.as_str().into(),
        text(sheet.release.version_number.as_deref()),
        row.category.as_str().into(),
        number(i64::from(row.number)),
        row.name.as_str().into(),
        row.kind.as_str().into(),
        member.name.as_str().into(),
        member.namespace.as_str().into(),
        member.cluster.name.as_str().into(),
        row.status.as_str().into(),
        text(row.state_by.as_deref()),
        time(row.state_at),
        text(row.executed_by.as_deref()),
        time(row.executed_at),
        text(row.reason.as_deref()),
        text(row.notes.as_deref()),
        flag(row.is_overridden),
        flag(row.is_custom),
        number(row.id.0),
    ]
}

const VERSION_COLUMNS: &[&str] = &[
    "customer",
    "cluster",
    "release",
    "versionNumber",
    "finishedAt",
    "customerId",
    "releaseId",
];

/// Which version each customer is on, as CSV: a header row, and a row for every customer.
pub fn versions_csv(rows: &[CustomerVersion]) -> Vec<u8> {
    let mut table = CsvTable::new();
    table.header_row(VERSION_COLUMNS);
    for row in rows {
        let finished = row.finished.as_ref();
        table.row([
            row.customer.as_str().into(),
            row.cluster.as_str().into(),
            text(finished.map(|it| it.name.as_str())),
            text(finished.and_then(|it| it.version_number.as_deref())),
            time(finished.map(|it| it.at)),
            number(row.id.0),
            number(finished.map(|it| it.id.0)),
        ]);
    }
    table.finish()
}

const EVENT_COLUMNS: &[&str] = &[
    "id",
    "at",
    "actor",
    "action",
    "entity",
    "entityId",
    "releaseId",
    "customerId",
    "batchId",
    "undoes",
    "before",
    "after",
    "resolvedText",
    "resolvedSha256",
    "hash",
    "previousHash",
    "textShown",
    "userId",
    "via",
];

/// The header row of the history's table, which has all that a hash is computed from (R89).
pub fn event_csv_header() -> Vec<u8> {
    let mut table = CsvTable::new();
    table.header_row(EVENT_COLUMNS);
    table.finish()
}

/// Events as CSV rows, without the header row.
pub fn event_csv_rows(events: &[Event]) -> Vec<u8> {
    let mut table = CsvTable::new();
    let via = |it: &Event| -> Cow<'static, str> {
        let text = it.via.as_ref().map(ToString::to_string);
        text.unwrap_or_default().into()
    };
    let json = |it: &Option<serde_json::Value>| -> Cow<'static, str> {
        let text = it.as_ref().map(ToString::to_string);
        text.unwrap_or_default().into()
    };
    for it in events {
        table.row([
            number(it.id.0),
            six_decimals(it.at).into(),
            it.actor.as_str().into(),
            it.action.as_str().into(),
            it.entity.as_str().into(),
            number(it.entity_id),
            number(it.release_id.map(|id| id.0)),
            number(it.customer_id.map(|id| id.0)),
            it.batch_id.0.as_str().into(),
            text(it.undoes.as_ref().map(|id| id.0.as_str())),
            json(&it.before),
            json(&it.after),
            text(it.resolved_text.as_deref()),
            text(it.resolved_sha256.as_deref()),
            text(it.hash.as_deref()),
            text(it.previous_hash.as_deref()),
            text(it.text_shown.map(|it| if it { "true" } else { "false" })),
            number(it.user_id.map(|id| id.0)),
            via(it),
        ]);
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[&str] = &[
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n1",
        "  =cmd|' /C calc'!A0",
        "\u{a0}=1",
        "\u{feff}=1",
        "＝1",
    ];

    #[test]
    fn no_cell_is_a_formula_and_no_text_is_lost() {
        for text in HOSTILE {
            assert_eq!(defuse_formula(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "Acme", "a=1", "3", "'quoted'", " a"] {
            assert_eq!(defuse_formula(text), text);
        }
    }

    #[test]
    fn a_cell_stays_one_cell_whatever_is_in_it() {
        let mut table = CsvTable::new();
        let cells = ["a,b;c", "\"quoted\"", "two\r\nlines", "\u{2028}", "x;=1+1"];
        table.row(cells.map(Cow::Borrowed));
        let bytes = table.finish();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(bytes.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), cells);
        // It is quoted, so readers with another separator do not split it.
        assert!(bytes.starts_with(b"\"a,b;c\",\"\"\"quoted\"\"\","));
    }
}
