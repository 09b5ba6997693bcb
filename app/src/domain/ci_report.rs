//! What CI says of a step (R63): our own body, and that of Jenkins' Notification plugin. Which customer and step are meant is
//! found among those of the address.
use super::{
    evidence::parse_url,
    field_error::FieldError,
    slug::find_named,
    text::{Name, Reason},
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::{Field, StepAction},
};
use serde_json::Value;

/// Bytes of the output that a report brings: 64 KiB.
pub const REPORT_OUTPUT_MAX_BYTES: usize = 64 * 1024;
/// Characters of what a report calls itself.
const ID_MAX_CHARS: usize = 500;
/// The reason of a failure that brings neither reason nor address.
pub const FAILED_IN_CI: &str = "failed in CI";

words! {
    /// What became of a step.
    ReportedStatus { Started = "started", Done = "done", Failed = "failed" }
}

impl ReportedStatus {
    /// The transition that it asks for.
    pub fn action(self) -> StepAction {
        match self {
            Self::Started => StepAction::Start,
            Self::Done => StepAction::Done,
            Self::Failed => StepAction::Fail,
        }
    }
}

/// How a report names a customer or a step: by a number, or by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowReference {
    Number(i64),
    Text(String),
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiReport {
    pub customer: RowReference,
    /// None: the step of the address.
    pub step: Option<RowReference>,
    pub status: ReportedStatus,
    /// Of a failure; there always is one then.
    pub reason: Option<String>,
    pub url: Option<String>,
    /// At most `REPORT_OUTPUT_MAX_BYTES`; never empty.
    pub output: Option<String>,
    /// What the report calls itself: a second one of the same id, step and status is the same report, and no other may have that id.
    pub id: Option<String>,
}

impl CiReport {
    /// Reads a body; none if it says nothing that changes a step, as of a build that waits. Errors: wrong fields.
    pub fn read(body: &Value) -> Result<Option<Self>, ValidationErrors> {
        match body.get("build") {
            Some(build) if build.is_object() => of_jenkins(body, build),
            _ => of_ours(body).map(Some),
        }
    }
}

/// A member that is a text or a number, as a text; none if it is missing, null or empty.
fn text_of(value: &Value, name: &str) -> Result<Option<String>, FieldError> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|it| !it.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(FieldError::Faults {
            faults: vec!["Send a text".to_owned()],
        }),
    }
}

/// A customer or a step.
fn reference(value: &Value, name: &str) -> Result<Option<RowReference>, FieldError> {
    if let Some(number) = value.get(name).and_then(Value::as_i64) {
        return Ok(Some(RowReference::Number(number)));
    }
    let text = text_of(value, name)?;
    let text = text.map(|it| it.trim().to_owned());
    Ok(text.filter(|it| !it.is_empty()).map(RowReference::Text))
}

/// What a report says beside its subject, before it is checked.
struct ReportTexts {
    url: Option<String>,
    output: Option<String>,
    reason: Option<String>,
    id: Option<String>,
}

/// The whole report, with all wrong fields at once.
fn checked(
    mut errors: ErrorCollector,
    status: Option<ReportedStatus>,
    customer: Result<Option<RowReference>, FieldError>,
    step: Result<Option<RowReference>, FieldError>,
    said: ReportTexts,
) -> Result<CiReport, ValidationErrors> {
    let customer = customer.and_then(|it| it.ok_or(FieldError::Missing));
    let customer = errors.check(Field::Customer, customer);
    let step = errors.check(Field::Step, step);
    let url = errors.check(Field::Url, said.url.as_deref().map(parse_url).transpose());
    let output = errors.check(Field::Output, check_output(said.output));
    let id = errors.check(Field::MessageId, check_id(said.id));
    let reason = said.reason.as_deref().map_or(Ok(None), Reason::parse);
    let reason = errors.check(Field::Reason, reason);
    let whole = status
        .zip(customer)
        .zip(step.zip(url))
        .zip(output.zip(id).zip(reason));
    let (((status, customer), (step, url)), ((output, id), reason)) = errors.finish(whole)?;
    let said = reason.map(String::from);
    let reason = said
        .or_else(|| url.clone())
        .unwrap_or_else(|| FAILED_IN_CI.to_owned());
    Ok(CiReport {
        customer,
        step,
        status,
        reason: (status == ReportedStatus::Failed).then_some(reason),
        url,
        output,
        id,
    })
}

fn check_output(output: Option<String>) -> Result<Option<String>, FieldError> {
    match output.as_ref().map(String::len) {
        Some(long) if long > REPORT_OUTPUT_MAX_BYTES => Err(FieldError::TooManyBytes {
            max: REPORT_OUTPUT_MAX_BYTES,
            long,
        }),
        _ => Ok(output),
    }
}

fn check_id(id: Option<String>) -> Result<Option<String>, FieldError> {
    match id.as_ref().map(|it| it.chars().count()) {
        Some(long) if long > ID_MAX_CHARS => Err(FieldError::TooLong {
            max: ID_MAX_CHARS,
            long,
        }),
        _ => match id
            .as_ref()
            .and_then(|it| it.chars().find(|it| it.is_control()))
        {
            Some(it) => Err(FieldError::ControlCharacter { code: it.into() }),
            None => Ok(id),
        },
    }
}

fn of_ours(body: &Value) -> Result<CiReport, ValidationErrors> {
    let mut errors = ErrorCollector::default();
    let status = text_of(body, "status").and_then(|it| it.ok_or(FieldError::Missing));
    let status = status.and_then(|it| it.parse::<ReportedStatus>());
    let status = errors.check(Field::Status, status);
    let mut text = |field: Field| errors.check(field, text_of(body, field.as_str())).flatten();
    let said = ReportTexts {
        url: text(Field::Url),
        output: text(Field::Output),
        reason: text(Field::Reason),
        id: text(Field::MessageId),
    };
    let (customer, step) = (reference(body, "customer"), reference(body, "step"));
    checked(errors, status, customer, step, said)
}

/// Jenkins' Notification plugin: `name`, `url`, and of the build `full_url`, `number`, `phase`, `status`, `log` and
/// `parameters`, which are texts.
fn of_jenkins(body: &Value, build: &Value) -> Result<Option<CiReport>, ValidationErrors> {
    let text = |of: &Value, name: &str| text_of(of, name).ok().flatten();
    let phase = text(build, "phase").unwrap_or_default();
    let result = text(build, "status");
    let status = match (phase.as_str(), result.as_deref()) {
        ("STARTED", _) => Ok(ReportedStatus::Started),
        ("COMPLETED" | "FINALIZED", Some("SUCCESS")) => Ok(ReportedStatus::Done),
        ("COMPLETED" | "FINALIZED", Some("UNSTABLE" | "FAILURE" | "ABORTED" | "NOT_BUILT")) => {
            Ok(ReportedStatus::Failed)
        }
        ("QUEUED" | "NONE", _) => return Ok(None),
        _ => Err(FieldError::Faults {
            faults: vec![
                "Send a phase (QUEUED, STARTED, COMPLETED, FINALIZED), and with the last two a status"
                    .to_owned(),
            ],
        }),
    };
    let mut errors = ErrorCollector::default();
    let status = errors.check(Field::Build, status);
    let nothing = Value::Null;
    let parameters = build.get("parameters").unwrap_or(&nothing);
    // The name of a job in a folder is that of others too; its address is not.
    let job = text(body, "url").or_else(|| text(body, "name"));
    let id = job
        .zip(text(build, "number"))
        .map(|(job, number)| format!("{} #{number} {phase}", job.trim_end_matches('/')));
    let said = ReportTexts {
        url: text(build, "full_url"),
        output: text(build, "log").map(|it| end_of(&it).to_owned()),
        reason: None,
        id,
    };
    let customer = reference(parameters, "CUSTOMER").and_then(|it| {
        let faults = vec!["Give the build a parameter CUSTOMER".to_owned()];
        it.map(Some).ok_or(FieldError::Faults { faults })
    });
    let step = reference(parameters, "STEP");
    checked(errors, status, customer, step, said).map(Some)
}

/// The end of a log: the plugin may send all of it.
fn end_of(log: &str) -> &str {
    let mut start = log.len().saturating_sub(REPORT_OUTPUT_MAX_BYTES);
    while !log.is_char_boundary(start) {
        start += 1;
    }
    &log[start..]
}

/// What a reference is compared with.
#[derive(Clone, Debug)]
pub struct NamedRow {
    pub id: i64,
    pub name: String,
    /// Of a customer.
    pub namespace: Option<String>,
    /// Of a step: its number in the customer's list.
    pub number: Option<i64>,
}

impl RowReference {
    /// The rows that this may mean, all of which `find_named` finds by a text: a step by its number, name or slug, a customer by its
    /// id, name, namespace or slug. A step that is found in none of these ways is that of this id. A number is no name.
    pub fn find<'a>(&self, rows: &'a [NamedRow]) -> Vec<&'a NamedRow> {
        let text = match self {
            Self::Number(number) => return by_number(*number, rows),
            Self::Text(text) => text,
        };
        let name = Name::parse(text).map_or_else(|_| text.clone(), String::from);
        let found = find_named(
            &name,
            rows,
            |it| it.name.as_str(),
            |it| it.namespace.as_deref(),
            |it| Some(it.number.unwrap_or(it.id)),
        );
        match text.parse() {
            Ok(number) if found.is_empty() => by_number(number, rows),
            _ => found,
        }
    }
}

fn by_number(number: i64, rows: &[NamedRow]) -> Vec<&NamedRow> {
    let of_number = rows.iter().find(|it| it.number == Some(number));
    let found = of_number.or_else(|| rows.iter().find(|it| it.id == number));
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What the Notification plugin sends, in the shape of its `Phase.buildJobState` and `model/BuildState.java`
    /// (github.com/jenkinsci/notification-plugin): members are written in lower case with underscores.
    fn of_plugin(phase: &str, status: &Value) -> Value {
        json!({
            "name": "acme",
            "display_name": "acme",
            "url": "job/deploy/job/acme/",
            "build": {
                "full_url": "https://ci.example.com/job/deploy/job/acme/18/",
                "number": 18,
                "queue_id": 2077,
                "timestamp": 1_780_000_000_000_i64,
                "duration": 5_021,
                "phase": phase,
                "status": status,
                "url": "job/deploy/job/acme/18/",
                "scm": { "changes": [], "culprits": [] },
                "parameters": { "CUSTOMER": "acme", "STEP": "Upgrade" },
                "log": "",
                "notes": "",
                "artifacts": {},
            },
        })
    }

    fn read(body: &Value) -> CiReport {
        CiReport::read(body).unwrap().unwrap()
    }

    fn wrong_fields(body: &Value) -> Vec<Field> {
        let errors = CiReport::read(body).unwrap_err();
        errors.0.iter().map(|it| it.field).collect()
    }

    #[test]
    fn our_body_names_customer_step_and_status() {
        let report = read(&json!({
            "customer": "acme", "step": 4, "status": "failed", "url": "https://ci.example.com/7", "output": "no", "id": 7,
        }));
        assert_eq!(report.customer, RowReference::Text("acme".into()));
        assert_eq!(report.step, Some(RowReference::Number(4)));
        assert_eq!(report.status, ReportedStatus::Failed);
        assert_eq!(report.output.as_deref(), Some("no"));
        assert_eq!(report.id.as_deref(), Some("7"));
        // Without a reason it is the address.
        assert_eq!(report.reason.as_deref(), Some("https://ci.example.com/7"));
        let bare = json!({ "customer": 1, "status": "failed" });
        assert_eq!(read(&bare).reason.as_deref(), Some(FAILED_IN_CI));
        let done = json!({ "customer": 1, "status": "done", "reason": "x" });
        assert_eq!(read(&done).reason, None);
    }

    #[test]
    fn what_is_wrong_in_our_body_is_told_at_once() {
        let long = "a".repeat(REPORT_OUTPUT_MAX_BYTES + 1);
        let body = json!({ "status": "ok", "url": "ftp://x", "output": long });
        let wrong = [Field::Status, Field::Customer, Field::Url, Field::Output];
        assert_eq!(wrong_fields(&body), wrong);
        let most = "a".repeat(REPORT_OUTPUT_MAX_BYTES);
        let body = json!({ "customer": 1, "status": "done", "output": most });
        assert_eq!(read(&body).output, Some(most));
        let body = json!({ "customer": [1], "status": "done" });
        assert_eq!(wrong_fields(&body), [Field::Customer]);
    }

    #[test]
    fn phase_and_status_of_jenkins_say_what_became_of_the_step() {
        for (phase, status, expected) in [
            ("STARTED", Value::Null, ReportedStatus::Started),
            ("COMPLETED", json!("SUCCESS"), ReportedStatus::Done),
            ("FINALIZED", json!("SUCCESS"), ReportedStatus::Done),
            ("FINALIZED", json!("UNSTABLE"), ReportedStatus::Failed),
            ("COMPLETED", json!("FAILURE"), ReportedStatus::Failed),
            ("COMPLETED", json!("ABORTED"), ReportedStatus::Failed),
        ] {
            let report = read(&of_plugin(phase, &status));
            assert_eq!(report.status, expected, "{phase} {status}");
        }
        assert_eq!(CiReport::read(&of_plugin("QUEUED", &Value::Null)), Ok(None));
        let mut without = of_plugin("STARTED", &Value::Null);
        without["build"]["parameters"] = json!({});
        let refused = CiReport::read(&without).unwrap_err();
        assert_eq!(refused.0[0].field, Field::Customer);
        assert!(format!("{:?}", refused.0[0]).contains("CUSTOMER"));
        let unknown = wrong_fields(&of_plugin("COMPLETED", &Value::Null));
        assert_eq!(unknown, [Field::Build]);
    }

    #[test]
    fn a_report_of_jenkins_is_known_by_job_number_and_phase() {
        let report = read(&of_plugin("COMPLETED", &json!("FAILURE")));
        let url = "https://ci.example.com/job/deploy/job/acme/18/";
        assert_eq!(
            report.id.as_deref(),
            Some("job/deploy/job/acme #18 COMPLETED")
        );
        assert_eq!(report.url.as_deref(), Some(url));
        assert_eq!(report.reason.as_deref(), Some(url));
        assert_eq!(report.customer, RowReference::Text("acme".into()));
        assert_eq!(report.step, Some(RowReference::Text("Upgrade".into())));
        assert_eq!(report.output, None);
        let mut long = of_plugin("COMPLETED", &json!("SUCCESS"));
        long["build"]["log"] = json!(format!("{}end", "é".repeat(REPORT_OUTPUT_MAX_BYTES)));
        let output = read(&long).output.unwrap();
        assert!(output.len() <= REPORT_OUTPUT_MAX_BYTES && output.ends_with("end"));
    }

    #[test]
    fn a_row_is_found_by_name_namespace_slug_number_and_id() {
        let row = |id, name: &str, namespace: &str, number| NamedRow {
            id,
            name: name.into(),
            namespace: Some(namespace.into()).filter(|it: &String| !it.is_empty()),
            number,
        };
        let customers = [
            row(7, "Müller & Söhne", "mueller", None),
            row(8, "Acme", "acme-prod", None),
            row(9, "Acme Two", "acme", None),
        ];
        let ids = |reference: RowReference, rows: &[NamedRow]| -> Vec<i64> {
            reference.find(rows).iter().map(|it| it.id).collect()
        };
        let text = |it: &str| RowReference::Text(it.into());
        for (name, found) in [
            ("Müller & Söhne", &[7][..]),
            ("muller-sohne", &[7]),
            ("mu-ller-so-hne", &[7]),
            ("mueller", &[7]),
            ("Muller-Sohne", &[7]),
            ("Acme", &[8]),
            // The namespace of one is the slug of another.
            ("acme", &[8, 9]),
            ("ACME", &[8, 9]),
            ("9", &[9]),
            ("initech", &[]),
            ("", &[]),
        ] {
            assert_eq!(ids(text(name), &customers), found, "{name}");
        }
        assert_eq!(ids(RowReference::Number(8), &customers), [8]);
        let steps = [row(2, "Upgrade", "", Some(1)), row(1, "3", "", Some(2))];
        assert_eq!(ids(text("upgrade"), &steps), [2]);
        // The number that people see goes before an id.
        assert_eq!(ids(RowReference::Number(1), &steps), [2]);
        assert_eq!(ids(RowReference::Number(2), &steps), [1]);
        assert_eq!(ids(text("3"), &steps), [1]);
        let steps = [row(2, "Upgrade", "", Some(1)), row(1, "1", "", Some(2))];
        // A text may be the number of one and the name of another; a number is no name.
        assert_eq!(ids(text("1"), &steps), [2, 1]);
        assert_eq!(ids(RowReference::Number(1), &steps), [2]);
        assert_eq!(ids(RowReference::Number(4), &steps), [0_i64; 0]);
    }
}
