//! Form that imports many customers from pasted text, with a preview of what happens to each line.
use super::ui::{
    field::SelectField,
    html::{escape, pluralize, put, write_icon},
    icon::Icon,
    notice::Failure,
    posted::Posted,
    text_area::{TextArea, TextAreaKind},
};
use crate::{
    browser, domain::cluster::ClusterSummary, domain::cluster::hue,
    domain::customer_import::ImportLine, domain::customer_import::LineOutcome,
    domain::id::ClusterId, domain::vocabulary::Field, error::AppError, paths,
};
use leptos::prelude::*;

/// How many valid lines the preview shows; it shows all invalid ones.
const VALID_LINES_SHOWN_MAX: usize = 300;

/// What is typed: the cluster of the lines that name none, and the lines.
pub type PastedText = (Option<ClusterId>, String);

/// State of an import, kept by its page.
#[derive(Clone, Copy)]
pub struct ImportFormState {
    /// The preview of the typed lines; none while nothing is typed.
    pub lines: RwSignal<Option<Vec<ImportLine>>>,
    /// Why the preview or the import failed.
    pub error: RwSignal<Option<AppError>>,
    /// Whether the import is being sent.
    pub is_busy: Signal<bool>,
}

/// The form and the preview beside it.
#[component]
pub fn CustomerImportForm(
    clusters: Vec<ClusterSummary>,
    /// The cluster that is chosen at first.
    cluster: Option<ClusterId>,
    state: ImportFormState,
    /// Called after each change.
    on_typed: Callback<PastedText>,
    on_submit: Callback<PastedText>,
) -> impl IntoView {
    let ImportFormState {
        lines,
        error,
        is_busy,
    } = state;
    let posted = Posted::from_context();
    let first =
        |field: &str, otherwise: String| Posted::field_or(posted.as_ref(), field, otherwise);
    if let Some(posted) = &posted {
        error.set(Some(posted.error.clone()));
    }
    let chosen = cluster.map(|it| it.to_string()).unwrap_or_default();
    let chosen = RwSignal::new(first("clusterId", chosen));
    let text = RwSignal::new(first("text", String::new()));
    let typed = move || (chosen.with(|it| it.parse().ok()), text.get());
    browser::unsaved_guard::guard(Signal::derive(move || {
        text.with(|it| !it.trim().is_empty()) && !is_busy.get()
    }));
    Effect::new(move |_| on_typed.run(typed()));
    let options = std::iter::once((String::new(), "Choose a cluster".to_owned()))
        .chain(
            clusters
                .into_iter()
                .map(|it| (it.cluster.id.to_string(), it.cluster.name)),
        )
        .collect();
    let at = move |field| Signal::derive(move || error.get().and_then(|it| it.message_for(field)));
    let counts =
        Memo::new(move |_| lines.with(|it| LineCounts::of(it.as_deref().unwrap_or_default())));
    // Without JavaScript there is no preview, and the button always works.
    let is_live = RwSignal::new(false);
    Effect::new(move |_| is_live.set(true));
    let may_create = move || counts.with(|it| it.n_new > 0 && it.n_wrong == 0);
    let label = move || match counts.with(|it| it.n_new) {
        0 => "Create customers".to_owned(),
        n => format!("Create {}", pluralize(n, "customer")),
    };
    let html =
        Memo::new(move |_| lines.with(|it| it.as_deref().map(preview_html).unwrap_or_default()));
    view! {
        <div class="paste-layout">
            <form
                class="card form"
                method="post"
                on:submit=move |event| {
                    event.prevent_default();
                    if untrack(may_create) {
                        on_submit.run(untrack(typed));
                    }
                }
                on:keydown=move |event| {
                    if browser::form::is_submit_shortcut(&event) {
                        event.prevent_default();
                        browser::form::submit_form(&event);
                    }
                }
            >
                <div class="form__body">
                    <Failure error=error/>
                    <SelectField label="Cluster" id="clusterId" value=chosen options=options error=at(Field::Cluster)/>
                    <div class="field">
                        <label for="text">"Customers, a line each"</label>
                        <TextArea value=text id="text" kind=TextAreaKind::Code(14) described_by=Signal::derive(|| Some("text-hint".to_owned()))/>
                        <span class="hint" id="text-hint">
                            "Name, namespace, KEY=value. Or rows from a spreadsheet with their heads: name, namespace, cluster, and a column for each variable. Or what kubectl get ns prints."
                        </span>
                        {move || at(Field::Text).get().map(|text| view! { <span class="error">{text}</span> })}
                    </div>
                </div>
                <div class="form__foot">
                    <span class="quiet small" id="paste-says">{move || counts.with(LineCounts::note)}</span>
                    <a class="button push" href=paths::CUSTOMERS>"Cancel"</a>
                    <button
                        class="button"
                        data-kind="ink"
                        type="submit"
                        aria-describedby="paste-says"
                        aria-disabled=move || (is_live.get() && !may_create()).then_some("true")
                        aria-busy=move || is_busy.get().then_some("true")
                    >
                        {label}
                    </button>
                </div>
            </form>
            <section class="card" aria-labelledby="preview">
                <div class="card__head">
                    <h2 id="preview">"What will happen"</h2>
                    <span class="quiet small push" role="status">{move || counts.with(LineCounts::summary)}</span>
                </div>
                {move || {
                    if html.with(String::is_empty) {
                        view! {
                            <div class="empty">
                                <Icon name="t-text"/>
                                <p>"Each line is looked at as you type: what is new, what is there already, what is wrong."</p>
                            </div>
                        }
                            .into_any()
                    } else {
                        view! { <div class="paste__lines" inner_html=html.get()></div> }.into_any()
                    }
                }}
            </section>
        </div>
    }
}

/// The number of lines with each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LineCounts {
    n_new: usize,
    /// Customers that exist already, active or not.
    n_there: usize,
    n_left_out: usize,
    n_wrong: usize,
    /// The number of the first invalid line.
    first_wrong: u32,
}

impl LineCounts {
    fn of(lines: &[ImportLine]) -> Self {
        let mut this = Self::default();
        for line in lines {
            match line.outcome {
                LineOutcome::New => this.n_new += 1,
                LineOutcome::Exists { .. } | LineOutcome::Inactive { .. } => this.n_there += 1,
                LineOutcome::LeftOut { .. } => this.n_left_out += 1,
                LineOutcome::Wrong { .. } => {
                    if this.n_wrong == 0 {
                        this.first_wrong = line.number;
                    }
                    this.n_wrong += 1;
                }
            }
        }
        this
    }

    /// "3 new, 1 there already, 2 wrong"
    fn summary(&self) -> String {
        let parts = [
            (self.n_new, "new"),
            (self.n_there, "there already"),
            (self.n_left_out, "left out"),
            (self.n_wrong, "wrong"),
        ];
        let parts = parts.iter().filter(|it| it.0 > 0);
        let parts: Vec<String> = parts.map(|(n, what)| format!("{n} {what}")).collect();
        parts.join(", ")
    }

    /// The note beside the button: why it does nothing, or that the import is all or nothing.
    fn note(&self) -> String {
        if self.n_wrong > 0 {
            format!("Line {} is wrong. All lines or none.", self.first_wrong)
        } else if self.n_new == 0 {
            "No new customer yet.".to_owned()
        } else {
            "All lines or none.".to_owned()
        }
    }
}

/// The preview as an HTML table.
fn preview_html(lines: &[ImportLine]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut html = String::from(
        r#"<table class="table"><caption class="sr">What becomes of each line</caption><thead><tr><th scope="col" class="num">Line</th><th scope="col">Customer</th><th scope="col">Namespace</th><th scope="col">Cluster</th><th scope="col">Result</th></tr></thead><tbody>"#,
    );
    let mut n_right = 0;
    for line in lines {
        let is_wrong = matches!(line.outcome, LineOutcome::Wrong { .. });
        n_right += usize::from(!is_wrong);
        if is_wrong || n_right <= VALID_LINES_SHOWN_MAX {
            push_row(&mut html, line, is_wrong);
        }
    }
    html.push_str("</tbody></table>");
    if n_right > VALID_LINES_SHOWN_MAX {
        let more = pluralize(n_right - VALID_LINES_SHOWN_MAX, "more line");
        put!(html, r#"<p class="list__more quiet small">{more}</p>"#);
    }
    html
}

/// Appends one line of the preview.
fn push_row(html: &mut String, line: &ImportLine, is_wrong: bool) {
    let (number, name, namespace) = (line.number, escape(&line.name), escape(&line.namespace));
    let invalid = if is_wrong { " data-invalid" } else { "" };
    put!(
        html,
        r#"<tr{invalid}><td class="num quiet">{number}</td><td>{name}</td><td class="mono muted">{namespace}</td><td>"#
    );
    if let Some(id) = line.cluster_id {
        let (hue, cluster) = (hue(id), escape(&line.cluster));
        put!(
            html,
            r#"<span class="place" data-cluster="{hue}">{cluster}</span>"#
        );
    }
    html.push_str("</td><td>");
    match &line.outcome {
        LineOutcome::New => {
            html.push_str(r#"<span class="state" data-state="done">"#);
            write_icon(html, "i-plus");
            match line.variables {
                0 => html.push_str("New</span>"),
                n => put!(html, "New, {}</span>", pluralize(n as usize, "variable")),
            }
        }
        LineOutcome::Exists { id } => {
            let path = paths::customer(*id);
            put!(html, r#"<a class="link" href="{path}">There already</a>"#);
        }
        LineOutcome::Inactive { id } => {
            let path = paths::customer(*id);
            put!(
                html,
                r#"<a class="link" href="{path}">There, but inactive</a>"#
            );
        }
        LineOutcome::LeftOut { why } => {
            let why = escape(why);
            put!(html, r#"<span class="muted">Left out: {why}</span>"#);
        }
        LineOutcome::Wrong { why } => {
            html.push_str(r#"<span class="state" data-state="failed">"#);
            write_icon(html, "g-failed");
            let why = escape(why);
            put!(html, r#"<span class="why">{why}</span></span>"#);
        }
    }
    html.push_str("</td></tr>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32, outcome: LineOutcome) -> ImportLine {
        ImportLine {
            number,
            name: "<Acme>".into(),
            namespace: "acme".into(),
            cluster_id: Some(ClusterId(1)),
            cluster: "eu".into(),
            variables: 1,
            outcome,
        }
    }

    #[test]
    fn every_invalid_line_is_shown_and_names_are_escaped() {
        let wrong = || LineOutcome::Wrong {
            why: "a < b".into(),
        };
        let mut lines: Vec<ImportLine> = (1..=400).map(|it| line(it, LineOutcome::New)).collect();
        lines.push(line(401, wrong()));
        let html = preview_html(&lines);
        assert_eq!(html.matches("<tr>").count(), 301);
        assert!(html.contains("a &lt; b") && html.contains("&lt;Acme&gt;"));
        assert!(html.contains("100 more lines") && html.contains("New, 1 variable"));
        let counts = LineCounts::of(&lines);
        assert_eq!(counts.summary(), "400 new, 1 wrong");
        assert_eq!(counts.note(), "Line 401 is wrong. All lines or none.");
        assert_eq!(preview_html(&[]), "");
    }
}
