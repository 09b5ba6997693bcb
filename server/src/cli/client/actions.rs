//! The client's verbs that act on steps: `start`, `done`, `fail`, `skip`, `revert` and `reopen`. One step is changed on the version
//! that was read when it was found; several are one bulk.
use super::names::{self, NamedStep};
use crate::{
    cli::{
        output::CliOutput,
        remote::{RemoteServer, RestRefusal},
    },
    ops::failure::{Exit, Failure},
};
use app::domain::{plural::pluralize, vocabulary::StepAction};
use clap::Args;
use serde_json::{Map, Value, json};

#[derive(Debug, Args)]
pub struct ActedSteps {
    /// The steps: ids, or RELEASE/CUSTOMER/STEP by names, slugs or numbers
    #[arg(required = true, value_name = "STEP")]
    steps: Vec<String>,
    #[command(flatten)]
    output: CliOutput,
}

#[derive(Debug, Args)]
pub struct StartArguments {
    #[command(flatten)]
    on: ActedSteps,
    /// Start it anew although somebody else has it in progress; for one step
    #[arg(long)]
    take_over: bool,
    /// SHA-256 of the text that will be run, as `show --json` names it: refused if the text is another by now; for one step
    #[arg(long, value_name = "HEX")]
    text_sha256: Option<String>,
}

#[derive(Debug, Args)]
pub struct DoneArguments {
    #[command(flatten)]
    on: ActedSteps,
    /// New notes, which replace the steps' notes
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// Also steps whose text has a variable without a value
    #[arg(long)]
    allow_unresolved: bool,
    /// SHA-256 of the text that was run, as `show --json` names it: refused if the text is another by now; for one step
    #[arg(long, value_name = "HEX")]
    text_sha256: Option<String>,
}

#[derive(Debug, Args)]
pub struct ReasonedArguments {
    #[command(flatten)]
    on: ActedSteps,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, Args)]
pub struct RevertArguments {
    #[command(flatten)]
    on: ActedSteps,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// An action as it is asked for, whichever it is.
pub struct AskedAction {
    action: StepAction,
    on: ActedSteps,
    /// Members of the request, for one step and for several.
    members: Map<String, Value>,
    /// Those that a bulk does not take, by the option that says them.
    of_one: Vec<(&'static str, &'static str, Value)>,
}

impl AskedAction {
    fn new(action: StepAction, on: ActedSteps) -> Self {
        Self {
            action,
            on,
            members: Map::new(),
            of_one: Vec::new(),
        }
    }

    /// With a member of the request; none if there is no value.
    fn with(mut self, name: &str, value: Option<Value>) -> Self {
        if let Some(value) = value {
            self.members.insert(name.to_owned(), value);
        }
        self
    }

    /// With a member that is for one step.
    fn with_of_one(
        mut self,
        option: &'static str,
        name: &'static str,
        value: Option<Value>,
    ) -> Self {
        self.of_one.extend(value.map(|it| (option, name, it)));
        self
    }

    /// `reopen`.
    pub fn reopen(on: ActedSteps) -> Self {
        Self::new(StepAction::Reopen, on)
    }

    /// `fail` or `skip`.
    pub fn reasoned(action: StepAction, wanted: ReasonedArguments) -> Self {
        Self::new(action, wanted.on).with("reason", Some(json!(wanted.reason)))
    }
}

impl From<StartArguments> for AskedAction {
    fn from(wanted: StartArguments) -> Self {
        let take_over = wanted.take_over.then_some(Value::Bool(true));
        let sha256 = wanted.text_sha256.map(Value::String);
        Self::new(StepAction::Start, wanted.on)
            .with_of_one("--take-over", "takeOver", take_over)
            .with_of_one("--text-sha256", "textSha256", sha256)
    }
}

impl From<DoneArguments> for AskedAction {
    fn from(wanted: DoneArguments) -> Self {
        let allowed = wanted.allow_unresolved.then_some(Value::Bool(true));
        let sha256 = wanted.text_sha256.map(Value::String);
        Self::new(StepAction::Done, wanted.on)
            .with("notes", wanted.notes.map(Value::String))
            .with("allowUnresolved", allowed)
            .with_of_one("--text-sha256", "textSha256", sha256)
    }
}

impl From<RevertArguments> for AskedAction {
    fn from(wanted: RevertArguments) -> Self {
        Self::new(StepAction::Revert, wanted.on).with("reason", wanted.reason.map(Value::String))
    }
}

/// Finds the steps, acts on them, and prints the report of a bulk. Errors also if a step was not changed by a rule.
pub async fn act(server: &RemoteServer, asked: AskedAction) -> Result<Exit, Failure> {
    let mut found: Vec<NamedStep> = Vec::new();
    for written in &asked.on.steps {
        let step = names::step(server, written).await?;
        if found.iter().all(|it| it.id != step.id) {
            found.push(step);
        }
    }
    let report = match found.as_slice() {
        [step] => act_on_one(server, &asked, step).await?,
        _ => act_on_many(server, &asked, &found).await?,
    };
    asked
        .on
        .output
        .print(&sentences(asked.action, found.len(), &report), &report)?;
    match refused(&report).len() {
        0 => Ok(Exit::Done),
        n => Err(Failure::Refused(format!(
            "{} of {} not changed",
            n,
            pluralize(found.len(), "step")
        ))),
    }
}

async fn act_on_one(
    server: &RemoteServer,
    asked: &AskedAction,
    step: &NamedStep,
) -> Result<Value, Failure> {
    let mut body = asked.members.clone();
    body.insert("version".to_owned(), json!(step.version));
    for (_, name, value) in &asked.of_one {
        body.insert((*name).to_owned(), value.clone());
    }
    let path = format!("/api/steps/{}/{}", step.id, asked.action);
    match server.try_post(&path, &Value::Object(body)).await? {
        Ok((_, batch)) => Ok(json!({
            "changed": u32::from(batch.is_some()),
            "notEligible": [],
            "batchId": batch,
        })),
        // A rule says no, as it does to steps of a bulk.
        Err(refusal) if refusal.status == 409 => {
            let detail = server
                .get(&format!("/api/steps/{}/detail", step.id))
                .await?;
            let refused = json!({
                "id": step.id,
                "step": detail["name"],
                "customer": detail["customer"]["name"],
                "reason": reason(&refusal),
            });
            Ok(json!({ "changed": 0, "notEligible": [refused], "batchId": null }))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Why the server changes nothing; of a text that is another by now also what changed in it.
pub fn reason(refusal: &RestRefusal) -> String {
    let changes = refusal.problem["current"]["changes"].as_array();
    let changes: Vec<String> = changes
        .into_iter()
        .flatten()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or("-").replace('\n', " ");
            let (name, by, at) = (text("name"), text("by"), text("at"));
            match it["kind"].as_str() {
                Some("variable") => {
                    let (from, to) = (text("from"), text("to"));
                    format!("{name} changed {at} by {by}: {from} -> {to}")
                }
                _ => format!("{name} changed {at} by {by}"),
            }
        })
        .collect();
    let detail = refusal.detail();
    if changes.is_empty() {
        detail.to_owned()
    } else {
        format!("{detail} ({})", changes.join("; "))
    }
}

async fn act_on_many(
    server: &RemoteServer,
    asked: &AskedAction,
    found: &[NamedStep],
) -> Result<Value, Failure> {
    if let Some((option, ..)) = asked.of_one.first() {
        let problem = format!("{option} is for one step: a text and a person are a step's own");
        return Err(Failure::Usage(problem));
    }
    let ids: Vec<i64> = found.iter().map(|it| it.id).collect();
    let mut body = asked.members.clone();
    body.insert("ids".to_owned(), json!(ids));
    body.insert("action".to_owned(), json!(asked.action));
    let (report, _) = server.post("/api/steps/bulk", &Value::Object(body)).await?;
    Ok(report)
}

/// The steps of a report that were not changed.
fn refused(report: &Value) -> &[Value] {
    let refused = report["notEligible"].as_array();
    refused.map(Vec::as_slice).unwrap_or_default()
}

/// The report in words: how many steps are in the new state now, and why others are not.
fn sentences(action: StepAction, n_asked: usize, report: &Value) -> String {
    let refused = refused(report);
    let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = refused
        .iter()
        .map(|it| {
            let [step, customer, reason] = ["step", "customer", "reason"].map(|of| text(it, of));
            let id = &it["id"];
            format!("{id} {step} of {customer}: {reason}")
        })
        .collect();
    let changed = report["changed"].as_u64().unwrap_or_default();
    let state = action.target().in_sentence();
    if changed > 0 {
        lines.push(format!("{}: {state}.", pluralize(changed, "step")));
    } else if refused.is_empty() {
        let already = if n_asked == 1 { "It is" } else { "They are" };
        lines.push(format!("{already} {state} already; nothing was changed."));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_was_changed_and_why_the_rest_was_not() {
        let report = json!({ "changed": 2, "batchId": "b", "notEligible": [
            { "id": 7, "step": "Deploy", "customer": "Acme", "reason": "the release is archived" },
        ] });
        assert_eq!(
            sentences(StepAction::Fail, 3, &report),
            "7 Deploy of Acme: the release is archived\n2 steps: failed."
        );
        let nothing = json!({ "changed": 0, "batchId": null, "notEligible": [] });
        assert_eq!(
            sentences(StepAction::Start, 1, &nothing),
            "It is in progress already; nothing was changed."
        );
        assert_eq!(refused(&nothing).len(), 0);
    }
}
