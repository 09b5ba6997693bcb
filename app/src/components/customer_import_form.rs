//! Many customers from a text: what is typed, and what becomes of each line.
use super::ui::{
    field::SelectField,
    html::{count, icon, put},
    icon::Icon,
    notice::Failure,
    posted::Posted,
    text_area::{TextArea, escape},
};
use crate::{
    browser,
    domain::{
        cluster::{ClusterSummary, hue},
        customer_import::{ImportLine, LineOutcome},
        id::ClusterId,
        vocabulary::Field,
    },
    error::AppError,
    paths,
};
use leptos::prelude::*;

/// Of the lines that are right so many are shown; of the wrong ones all.
const SHOWN: usize = 300;

/// What is typed: where the customers go, if a line does not say it, and the lines.
pub type PastedText = (Option<ClusterId>, String);

#[component]
pub fn PasteForm(
    clusters: Vec<ClusterSummary>,
    /// Chosen beforehand.
    cluster: Option<ClusterId>,
    /// What becomes of what is typed; none while nothing is.
    lines: RwSignal<Option<Vec<ImportLine>>>,
    error: RwSignal<Option<AppError>>,
    #[prop(into)] is_busy: Signal<bool>,
    /// With every letter.
    on_typed: Callback<PastedText>,
    on_submit: Callback<PastedText>,
) -> impl IntoView {
    let posted = Posted::here();
    let first = |field: &str, otherwise: String| Posted::typed(posted.as_ref(), field, otherwise);
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
    let figures =
        Memo::new(move |_| lines.with(|it| LineCounts::of(it.as_deref().unwrap_or_default())));
    // Without JavaScript nobody looks at the lines beforehand, and the button does what it says.
    let is_live = RwSignal::new(false);
    Effect::new(move |_| is_live.set(true));
    let may_create = move || figures.with(|it| it.n_new > 0 && it.n_wrong == 0);
    let label = move || match figures.with(|it| it.n_new) {
        0 => "Create customers".to_owned(),
        n => format!("Create {}", count(n, "customer")),
    };
    let html = Memo::new(move |_| lines.with(|it| it.as_deref().map(table).unwrap_or_default()));
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
                    if browser::form::is_save(&event) {
                        event.prevent_default();
                        browser::form::send(&event);
                    }
                }
            >
                <div class="form__body">
                    <Failure error=error/>
                    <SelectField label="Cluster" id="clusterId" value=chosen options=options error=at(Field::Cluster)/>
                    <div class="field">
                        <label for="text">"Customers, a line each"</label>
                        <TextArea value=text id="text" rows=14 code=true described_by=Signal::derive(|| Some("text-hint".to_owned()))/>
                        <span class="hint" id="text-hint">
                            "Name, namespace, KEY=value. Or rows from a spreadsheet with their heads: name, namespace, cluster, and a column for each variable. Or what kubectl get ns prints."
                        </span>
                        {move || at(Field::Text).get().map(|text| view! { <span class="error">{text}</span> })}
                    </div>
                </div>
                <div class="form__foot">
                    <span class="quiet small" id="paste-says">{move || figures.with(LineCounts::says)}</span>
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
                    <span class="quiet small push" role="status">{move || figures.with(LineCounts::summary)}</span>
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

/// How many lines there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LineCounts {
    n_new: usize,
    n_there: usize,
    n_left_out: usize,
    n_wrong: usize,
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

    /// Beside the button: why it does nothing, or what it does.
    fn says(&self) -> String {
        if self.n_wrong > 0 {
            format!("Line {} is wrong. All lines or none.", self.first_wrong)
        } else if self.n_new == 0 {
            "No new customer yet.".to_owned()
        } else {
            "All lines or none.".to_owned()
        }
    }
}

/// The lines as a table, as text.
fn table(lines: &[ImportLine]) -> String {
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
        if is_wrong || n_right <= SHOWN {
            row(&mut html, line, is_wrong);
        }
    }
    html.push_str("</tbody></table>");
    if n_right > SHOWN {
        let more = count(n_right - SHOWN, "more line");
        put!(html, r#"<p class="list__more quiet small">{more}</p>"#);
    }
    html
}

fn row(html: &mut String, line: &ImportLine, is_wrong: bool) {
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
            icon(html, "i-plus");
            match line.variables {
                0 => html.push_str("New</span>"),
                n => put!(html, "New, {}</span>", count(n as usize, "variable")),
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
            icon(html, "g-failed");
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
    fn every_wrong_line_is_shown_and_names_are_text() {
        let wrong = || LineOutcome::Wrong {
            why: "a < b".into(),
        };
        let mut lines: Vec<ImportLine> = (1..=400).map(|it| line(it, LineOutcome::New)).collect();
        lines.push(line(401, wrong()));
        let html = table(&lines);
        assert_eq!(html.matches("<tr>").count(), 301);
        assert!(html.contains("a &lt; b") && html.contains("&lt;Acme&gt;"));
        assert!(html.contains("100 more lines") && html.contains("New, 1 variable"));
        let figures = LineCounts::of(&lines);
        assert_eq!(figures.summary(), "400 new, 1 wrong");
        assert_eq!(figures.says(), "Line 401 is wrong. All lines or none.");
        assert_eq!(table(&[]), "");
    }
}
