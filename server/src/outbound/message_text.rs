//! A message to a hook as sentences (R62), for receivers that people read: chat and mail. Each of them escapes what it takes from
//! here, which are names and reasons as people wrote them.
use app::domain::{
    hook_message::{HookMessage, HookRun, HookStep},
    plural::pluralize,
    run::RunState,
    webhook::HookEvent,
};
use std::collections::BTreeSet;

/// A message as sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    pub headline: String,
    /// Who did it, and why.
    pub facts: Vec<String>,
    pub steps: Vec<StepLine>,
    /// How many steps are not named.
    pub n_more: u64,
    /// The address of the release.
    pub link: Option<String>,
}

/// A step on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLine {
    pub text: String,
    pub link: Option<String>,
}

impl From<&HookMessage> for MessageText {
    fn from(message: &HookMessage) -> Self {
        let data = &message.data;
        let mut facts = Vec::new();
        if !data.actor.is_empty() {
            facts.push(format!("By {}", data.actor));
        }
        facts.extend(data.reason.iter().map(|it| format!("Reason: {it}")));
        let code = data.run.as_ref().and_then(|it| it.exit_code);
        facts.extend(code.map(|it| format!("Exit code: {it}")));
        facts.extend(data.head.iter().map(|it| format!("Hash: {}", it.hash)));
        let n_named = u64::try_from(data.steps.len()).unwrap_or(u64::MAX);
        // A release that was activated names no steps, its headline has their number.
        let n_more = if data.steps.is_empty() {
            0
        } else {
            data.count.saturating_sub(n_named)
        };
        Self {
            headline: headline(message),
            facts,
            steps: data.steps.iter().map(StepLine::of).collect(),
            n_more,
            link: data.release.as_ref().and_then(|it| address(&it.url)),
        }
    }
}

impl StepLine {
    fn of(step: &HookStep) -> Self {
        let HookStep {
            step: name,
            customer,
            cluster,
            status,
            url,
            ..
        } = step;
        Self {
            text: format!("{customer} ({cluster}): {name}, {}", status.label()),
            link: address(url),
        }
    }
}

/// A link that leads somewhere; none if the program does not know under which address people open it.
fn address(url: &str) -> Option<String> {
    let is_whole = url.starts_with("https://") || url.starts_with("http://");
    is_whole.then(|| url.to_owned())
}

/// What happened, on one line.
fn headline(message: &HookMessage) -> String {
    let data = &message.data;
    let release = data.release.as_ref().map_or("", |it| it.name.as_str());
    let steps = pluralize(data.count, "step");
    match message.message_type {
        HookEvent::StepFailed => format!("{steps} failed in {release}"),
        HookEvent::StepDone => format!("{steps} done in {release}"),
        HookEvent::StepsChanged => format!("{steps} changed in {release}"),
        HookEvent::ReleaseActivated => format!("{release} is active: {steps}"),
        HookEvent::ReleaseAttention => format!("{release} needs attention: {steps} failed"),
        HookEvent::ReleaseFinished => format!("{release} is finished"),
        HookEvent::CustomerFinished => {
            let customers = of_steps(message, |it| &it.customer);
            format!("{customers} finished in {release}")
        }
        HookEvent::ClusterFinished => {
            let clusters = of_steps(message, |it| &it.cluster);
            format!("{clusters} finished in {release}")
        }
        HookEvent::RunFinished => match &data.run {
            Some(run) => {
                let (state, on) = (run.state.label().to_ascii_lowercase(), runner(run));
                format!("Run {}{on} {}{state} in {release}", run.id, was(run.state))
            }
            None => format!("A run ended in {release}"),
        },
        HookEvent::HistoryHead => {
            let id = data.head.as_ref().map_or(0, |it| it.id.0);
            format!("Head of the history: event {id}")
        }
        HookEvent::Test => "Test message from Rollcall".to_owned(),
    }
}

/// Where a run was, if a runner had it.
fn runner(run: &HookRun) -> String {
    match &run.runner {
        Some(name) => format!(" on {name}"),
        None => String::new(),
    }
}

/// The verb that a run's state needs in a sentence: it succeeded, but was cancelled.
fn was(state: RunState) -> &'static str {
    match state {
        RunState::Cancelled | RunState::Lost => "was ",
        _ => "",
    }
}

/// The names that the steps have, each once.
fn of_steps(message: &HookMessage, name: impl Fn(&HookStep) -> &String) -> String {
    let names: BTreeSet<&String> = message.data.steps.iter().map(name).collect();
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let n_named = u64::try_from(message.data.steps.len()).unwrap_or(u64::MAX);
    let and_others = if message.data.count > n_named {
        " and others"
    } else {
        ""
    };
    format!("{}{and_others}", names.join(", "))
}

/// "and 3 more steps", if there are more than are named.
pub fn and_more(text: &MessageText) -> Option<String> {
    (text.n_more > 0).then(|| format!("and {}", pluralize(text.n_more, "more step")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use app::domain::{
        hook_message::{HookMessageData, HookRelease},
        id::{BatchId, ReleaseId, RunId, StepId},
        vocabulary::StepStatus,
    };
    use chrono::DateTime;

    /// A message about `count` steps, of which one is named: by Ana, in a release and for a reason with signs that receivers
    /// would take for markup.
    pub fn message(event: HookEvent, count: u64) -> HookMessage {
        HookMessage {
            message_type: event,
            timestamp: DateTime::UNIX_EPOCH,
            data: HookMessageData {
                batch_id: Some(BatchId("b".into())),
                actor: "Ana".into(),
                reason: Some("a < b & <!channel> [x](http://evil)".into()),
                release: Some(HookRelease {
                    id: ReleaseId(1),
                    name: "June & July".into(),
                    url: "https://r.example.com/releases/1".into(),
                }),
                count,
                steps: vec![HookStep {
                    id: StepId(7),
                    step: "Migrate".into(),
                    customer: "Acme".into(),
                    cluster: "eu-west".into(),
                    status: StepStatus::Failed,
                    url: "https://r.example.com/releases/1?step=7".into(),
                }],
                head: None,
                run: None,
            },
        }
    }

    /// The headline about a run that ended so.
    fn headline_of_run(state: RunState, runner: Option<&str>) -> String {
        let mut message = message(HookEvent::RunFinished, 1);
        message.data.run = Some(HookRun {
            id: RunId(12),
            state,
            runner: runner.map(str::to_owned),
            exit_code: None,
        });
        MessageText::from(&message).headline
    }

    #[test]
    fn a_message_about_a_run_says_how_it_ended_and_where() {
        let done = headline_of_run(RunState::Succeeded, Some("eu-1"));
        assert_eq!(done, "Run 12 on eu-1 succeeded in June & July");
        let here = headline_of_run(RunState::Failed, None);
        assert_eq!(here, "Run 12 failed in June & July");
        let cancelled = headline_of_run(RunState::Cancelled, None);
        assert_eq!(cancelled, "Run 12 was cancelled in June & July");
        let lost = headline_of_run(RunState::Lost, Some("eu-1"));
        assert_eq!(lost, "Run 12 on eu-1 was lost in June & July");
    }

    #[test]
    fn every_event_has_a_headline_with_its_number_or_its_names() {
        for (event, headline) in [
            (HookEvent::StepFailed, "3 steps failed in June & July"),
            (HookEvent::StepDone, "3 steps done in June & July"),
            (HookEvent::StepsChanged, "3 steps changed in June & July"),
            (
                HookEvent::ReleaseActivated,
                "June & July is active: 3 steps",
            ),
            (
                HookEvent::ReleaseAttention,
                "June & July needs attention: 3 steps failed",
            ),
            (HookEvent::ReleaseFinished, "June & July is finished"),
            (
                HookEvent::CustomerFinished,
                "Acme and others finished in June & July",
            ),
            (
                HookEvent::ClusterFinished,
                "eu-west and others finished in June & July",
            ),
            (HookEvent::RunFinished, "A run ended in June & July"),
            (HookEvent::HistoryHead, "Head of the history: event 0"),
            (HookEvent::Test, "Test message from Rollcall"),
        ] {
            let text = MessageText::from(&message(event, 3));
            assert_eq!(text.headline, headline);
        }
    }

    #[test]
    fn steps_are_named_with_their_customer_and_the_others_are_counted() {
        let text = MessageText::from(&message(HookEvent::StepFailed, 501));
        assert_eq!(text.steps[0].text, "Acme (eu-west): Migrate, Failed");
        assert_eq!(and_more(&text).as_deref(), Some("and 500 more steps"));
        let one = MessageText::from(&message(HookEvent::StepFailed, 1));
        assert_eq!(and_more(&one), None);
    }

    #[test]
    fn without_the_address_that_people_open_there_are_no_links() {
        let mut message = message(HookEvent::StepFailed, 1);
        message.data.release.as_mut().unwrap().url = "/releases/1".into();
        assert_eq!(MessageText::from(&message).link, None);
    }
}
