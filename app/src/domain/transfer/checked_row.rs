//! One row of an import under validation: records errors with the list, line and field that they belong to.
use super::{
    ImportErrors, JSON_INTEGER_MAX, TransferPart,
    json_lines::{JsonItem, JsonItems, key_and_value},
};
use crate::domain::{
    event::{Entity, Event, EventAction},
    field_error::FieldError,
    history_chain::is_sha256,
    invisible::without_unseen,
    step::CustomerStep,
    text::Name,
    validation_errors::ValidationErrors,
    vocabulary::StepStatus,
};
use serde_json::Value;
use std::fmt;

/// The row under validation.
pub struct CheckedRow<'a> {
    pub errors: &'a mut ImportErrors,
    pub part: TransferPart,
    /// From 1.
    pub line: usize,
}

impl CheckedRow<'_> {
    /// Records an error at a field of the row.
    pub fn add(&mut self, field: impl fmt::Display, problem: impl fmt::Display) {
        let field = format!("{}.{field}", self.part);
        self.errors.add(self.line, field, problem);
    }

    /// Records the problem unless the condition holds.
    pub fn check(&mut self, field: &str, holds: bool, problem: &str) {
        if !holds {
            self.add(field, problem);
        }
    }

    /// Versions count from 1.
    pub fn version(&mut self, version: i64) {
        let is_one = (1..=JSON_INTEGER_MAX).contains(&version);
        self.check("version", is_one, "count from 1");
    }

    /// The parsed fields; records every wrong one.
    pub fn parsed<T>(&mut self, parsed: Result<T, ValidationErrors>) -> Option<T> {
        match parsed {
            Ok(fields) => Some(fields),
            Err(ValidationErrors(problems)) => {
                for it in problems {
                    self.add(it.field, it.message());
                }
                None
            }
        }
    }

    /// Normalizes an optional text.
    pub fn text<T: Into<String>>(
        &mut self,
        field: &str,
        text: Option<String>,
        parse: impl Fn(&str) -> Result<Option<T>, FieldError>,
    ) -> Option<String> {
        match parse(&text?) {
            Ok(text) => text.map(Into::into),
            Err(problem) => {
                self.add(field, problem);
                None
            }
        }
    }

    /// Normalizes the optional name of a person. A recorded name may have characters that nobody sees, which names could
    /// have before R84: what was recorded stays.
    pub fn person(&mut self, field: &str, name: Option<String>) -> Option<String> {
        let name = name?;
        let plain = without_unseen(&name);
        let is_plain = plain == name;
        let parsed = self.text(field, Some(plain), |it| Name::parse(it).map(Some))?;
        Some(if is_plain { parsed } else { name })
    }
}

/// Every state but pending needs author and time, failed and skipped also a reason (R2).
pub fn check_state(row: &mut CheckedRow<'_>, it: &CustomerStep) {
    let said = |at: bool, by: &Option<String>| at && by.is_some();
    let who = "say who and when";
    if it.status != StepStatus::Pending {
        let is_said = said(it.state_at.is_some(), &it.state_by);
        row.check("stateBy", is_said, who);
    }
    if it.status == StepStatus::Done {
        let is_said = said(it.executed_at.is_some(), &it.executed_by);
        row.check("executedBy", is_said, who);
    }
    if it.status == StepStatus::InProgress {
        let is_said = said(it.started_at.is_some(), &it.started_by);
        row.check("startedBy", is_said, who);
    }
    if it.status == StepStatus::Failed {
        row.check("failReason", it.fail_reason.is_some(), "say why");
    }
    if it.status == StepStatus::Skipped {
        row.check("skipReason", it.skip_reason.is_some(), "say why");
    }
}

/// The batch id of an event, and its text: with the SHA-256 of it, only on actions that run a text (R17), never with NUL.
pub fn check_event(row: &mut CheckedRow<'_>, it: &Event) {
    let batch = Name::parse(&it.batch_id.0);
    row.check(
        "batchId",
        batch.is_ok_and(|name| name.as_str() == it.batch_id.0),
        "1 to 100 characters",
    );
    let text = it.resolved_text.as_deref().unwrap_or_default();
    row.check("resolvedText", !text.contains('\0'), "no text has NUL");
    row.check(
        "resolvedSha256",
        it.resolved_text.is_some() == it.resolved_sha256.is_some()
            || (it.resolved_text.is_none() && it.action == EventAction::Start),
        "a text and its SHA-256 come together; a start has the SHA-256 alone",
    );
    row.check(
        "resolvedSha256",
        it.resolved_text.is_some() || it.resolved_sha256.as_deref().is_none_or(is_sha256),
        "Enter 64 lowercase hexadecimal digits",
    );
    row.check(
        "resolvedText",
        (it.entity, it.action) != (Entity::Step, EventAction::Done) || it.resolved_text.is_some(),
        "a done step has the text that was executed",
    );
    row.check(
        "textShown",
        it.text_shown.is_none() || matches!(it.action, EventAction::Done | EventAction::Start),
        "only on start and done",
    );
    for (field, value) in [("before", &it.before), ("after", &it.after)] {
        let is_object = value.as_ref().is_none_or(Value::is_object);
        row.check(field, is_object, "write an object");
    }
}

/// The field that a JSON error is about: named in its message, or found by its position.
pub fn field_of(item: &JsonItem<'_>, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let named = text
        .split_once("field `")
        .and_then(|(_, rest)| rest.split_once('`'));
    if let Some((name, _)) = named {
        return name.to_owned();
    }
    let lines = item.text.split_inclusive('\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let error_offset = before + error.column();
    JsonItems::new(item.text, 1)
        .take_while(|it| it.offset <= error_offset)
        .last()
        .and_then(|it| key_and_value(&it))
        .map(|(key, _)| key)
        .unwrap_or_default()
}
