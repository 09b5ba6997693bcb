//! What `rollcall run` shows of a step and asks before it runs it. The version and the text that are shown are those that are run.
use super::stop_signal::StopSignal;
use crate::{
    cli::{
        client::{
            answers::{RemoteRelease, read},
            table::Canvas,
        },
        remote::RemoteServer,
    },
    ops::failure::Failure,
};
use app::domain::{
    invisible::{is_marked, is_visible},
    vocabulary::{StepStatus, StepType},
};
use serde::Deserialize;
use std::{
    fmt::Write,
    io::{self, Write as _},
    thread,
};
use tokio::sync::oneshot;

/// The cluster that a step is run in.
#[derive(Clone, Debug, Deserialize)]
pub struct RunCluster {
    pub name: String,
    /// The kubectl context, if it is not called as the cluster is.
    pub context: Option<String>,
    #[serde(rename = "kubeconfigPath")]
    pub kubeconfig: Option<String>,
}

/// The customer that a step is run for.
#[derive(Clone, Debug, Deserialize)]
pub struct RunCustomer {
    pub id: i64,
    pub name: String,
    pub namespace: String,
    pub cluster: RunCluster,
}

/// What a step is copied from, as far as a run here needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct RunTemplate {
    jenkins: Option<RunJob>,
}

/// The job at Jenkins that does the step where it is asked for on the page.
#[derive(Clone, Debug, Deserialize)]
pub struct RunJob {
    job: String,
}

/// A step as it is shown before it is run.
#[derive(Clone, Debug, Deserialize)]
pub struct StepToRun {
    pub id: i64,
    pub version: i64,
    /// In its customer's list, from 1.
    pub number: u32,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: StepType,
    pub status: StepStatus,
    /// With its variables filled in.
    #[serde(rename = "resolvedContent")]
    pub text: String,
    #[serde(rename = "resolvedSha256")]
    pub text_sha256: String,
    /// The variables that have no value.
    pub unresolved: Vec<String>,
    pub customer: RunCustomer,
    pub release: RemoteRelease,
    /// None of a custom step.
    pub template: Option<RunTemplate>,
}

impl StepToRun {
    /// Reads the step as it is now.
    pub async fn find(server: &RemoteServer, id: i64) -> Result<Self, Failure> {
        read(server.get(&format!("/api/steps/{id}/detail")).await?)
    }

    /// Which step that is: "3 Set image of Acme (acme, prod-eu)".
    pub fn title(&self) -> String {
        let customer = &self.customer;
        visible(&format!(
            "{} {} of {} ({}, {})",
            self.number, self.name, customer.name, customer.namespace, customer.cluster.name
        ))
    }

    /// The path of the job at Jenkins that does it, if it has one. Here its text is run.
    pub fn job(&self) -> Option<&str> {
        let job = self.template.as_ref()?.jenkins.as_ref()?;
        Some(&job.job)
    }

    /// Why it cannot be run at all; none if it can.
    pub fn refusal(&self) -> Option<String> {
        if self.kind == StepType::Text {
            let title = self.title();
            if let Some(job) = self.job() {
                let job = visible(job);
                return Some(format!(
                    "not run: {title} is done by the job {job} at Jenkins, which Run on its page starts"
                ));
            }
            return Some(format!(
                "not run: {title} is a text step, which is done by hand. Then: `rollcall done {}`",
                self.id
            ));
        }
        if self.unresolved.is_empty() {
            return None;
        }
        let names = self.unresolved.join(", ");
        Some(format!(
            "not run: the text of {} is not whole, these have no value: {names}",
            self.title()
        ))
    }
}

/// A step as a person reads it: whose it is, where kubectl would act, and the text.
pub fn one(canvas: Canvas, step: &StepToRun, context: &str) -> String {
    let customer = &step.customer;
    let mut text = format!("{}\n", canvas.bold(&step.title()));
    for (name, value) in [
        ("Customer", customer.name.as_str()),
        ("Namespace", customer.namespace.as_str()),
        ("Cluster", customer.cluster.name.as_str()),
        ("Release", step.release.name.as_str()),
        ("kubectl", context),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10} {}", visible(value));
    }
    text.push_str(&not_at_jenkins(step));
    text.push('\n');
    text.push_str(&whole_lines(&step.text));
    text.push('\n');
    text
}

/// Of a step that a job does, that it is not started here. Two ways to do a step are not taken for each other.
fn not_at_jenkins(step: &StepToRun) -> String {
    let of_job = |job: &str| {
        let job = visible(job);
        format!("Jenkins    {job} is not started: the text is run on this machine\n")
    };
    step.job().map(of_job).unwrap_or_default()
}

/// The same of several customers. Those that follow each other with the same text are shown together.
pub fn several(canvas: Canvas, steps: &[StepToRun], context: &str) -> String {
    let mut text = format!("{:<10} {}\n\n", "kubectl", visible(context));
    for alike in steps.chunk_by(|a, b| a.text == b.text) {
        for step in alike {
            let _ = writeln!(text, "{}", canvas.bold(&step.title()));
            text.push_str(&not_at_jenkins(step));
        }
        let _ = writeln!(text, "\n{}", whole_lines(&alike[0].text));
    }
    text
}

/// A text step as a person reads it who does it by hand.
pub fn by_hand(canvas: Canvas, step: &StepToRun) -> String {
    format!(
        "{}\n\n{}\n",
        canvas.bold(&step.title()),
        whole_lines(&step.text)
    )
}

/// A text that a person reads, ending with a line break.
fn whole_lines(text: &str) -> String {
    let mut text = visible(text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A text in which nothing is hidden: control characters, and letters that cannot be seen, are written by their numbers.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let is_break = matches!(letter, '\n' | '\t');
        let is_hidden = is_marked(text, at, letter) && !is_visible(letter);
        if letter.is_control() && !is_break || is_hidden {
            let _ = write!(shown, "<U+{:04X}>", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Asks the person at the terminal. Only `y` or `yes` is a yes; the end of the input and Ctrl-C are none.
pub async fn is_confirmed(question: &str, stop: &StopSignal) -> Result<bool, Failure> {
    let mut stop = stop.clone();
    eprint!("{question} [y/N] ");
    let _ = io::stderr().flush();
    let (sender, answer) = oneshot::channel();
    // A thread of its own: the program ends without waiting for it.
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).map(|_| line);
        let _ = sender.send(read);
    });
    let line = tokio::select! {
        line = answer => line,
        _ = stop.wait() => {
            eprintln!();
            return Ok(false);
        }
    };
    let line = line.unwrap_or_else(|_| Ok(String::new()));
    let line = line.map_err(|error| Failure::Read {
        path: "the answer".to_owned(),
        cause: error.to_string(),
    })?;
    let answer = line.trim().to_ascii_lowercase();
    Ok(matches!(answer.as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A step as REST answers it, of this customer with this text.
    fn step(customer: &str, text: &str) -> StepToRun {
        let answer = json!({
            "id": 41, "version": 3, "number": 2, "name": "Set image", "type": "bash", "status": "pending",
            "resolvedContent": text, "resolvedSha256": "ab", "unresolved": [], "content": "not looked at",
            "customer": {
                "id": 7, "name": customer, "namespace": "acme",
                "cluster": { "id": 1, "name": "prod-eu", "context": null, "kubeconfigPath": null },
            },
            "release": { "id": 1, "name": "June", "status": "active" },
        });
        read(answer).unwrap()
    }

    #[test]
    fn a_step_is_shown_with_its_customer_and_what_kubectl_is_set_to() {
        let shown = one(
            Canvas::PLAIN,
            &step("Acme", "echo one\necho two"),
            "prod-eu",
        );
        assert_eq!(
            shown,
            "2 Set image of Acme (acme, prod-eu)\nCustomer   Acme\nNamespace  acme\nCluster    prod-eu\nRelease    June\n\
             kubectl    prod-eu\n\necho one\necho two\n\n"
        );
    }

    #[test]
    fn customers_with_the_same_text_are_shown_together() {
        let steps = [
            step("Acme", "a"),
            step("Globex", "a"),
            step("Initech", "b\n"),
        ];
        assert_eq!(
            several(Canvas::PLAIN, &steps, "eu"),
            "kubectl    eu\n\n2 Set image of Acme (acme, prod-eu)\n2 Set image of Globex (acme, prod-eu)\n\na\n\n\
             2 Set image of Initech (acme, prod-eu)\n\nb\n\n"
        );
    }

    #[test]
    fn nothing_in_a_text_is_hidden_from_who_reads_it() {
        let text = "echo a\t#\u{1b}[2K\r\nrm\u{a0}x \u{202e}é\u{200b} “q” 東京\u{9b}";
        assert_eq!(
            visible(text),
            "echo a\t#<U+001B>[2K<U+000D>\nrm<U+00A0>x <U+202E>é<U+200B> “q” 東京<U+009B>"
        );
    }

    #[test]
    fn of_a_step_that_jenkins_does_it_is_said_that_its_job_is_not_started() {
        let with_job = StepToRun {
            template: Some(RunTemplate {
                jenkins: Some(RunJob {
                    job: "folder/deploy".to_owned(),
                }),
            }),
            ..step("Acme", "a")
        };
        let line = "Jenkins    folder/deploy is not started: the text is run on this machine\n";
        assert!(one(Canvas::PLAIN, &with_job, "eu").contains(line));
        assert!(several(Canvas::PLAIN, std::slice::from_ref(&with_job), "eu").contains(line));
        assert_eq!(with_job.refusal(), None);
        let text_step = StepToRun {
            kind: StepType::Text,
            ..with_job
        };
        let refused = text_step.refusal().unwrap();
        assert!(
            refused.contains("the job folder/deploy at Jenkins"),
            "{refused}"
        );
    }

    #[test]
    fn a_text_step_and_a_text_that_is_not_whole_are_not_run() {
        assert_eq!(step("Acme", "a").refusal(), None);
        let by_hand = StepToRun {
            kind: StepType::Text,
            ..step("Acme", "a")
        };
        let refused = by_hand.refusal().unwrap();
        assert!(
            refused.contains("done by hand") && refused.ends_with("`rollcall done 41`"),
            "{refused}"
        );
        let not_whole = StepToRun {
            unresolved: vec!["var.HOST".to_owned()],
            ..step("Acme", "a")
        };
        let refused = not_whole.refusal().unwrap();
        assert!(refused.contains("no value: var.HOST"), "{refused}");
    }
}
