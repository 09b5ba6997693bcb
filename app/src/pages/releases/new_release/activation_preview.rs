//! What activating a new release for the chosen customers would do: asked of the server while the screen of the customers is shown,
//! again after each change.
use super::wizard::{Wizard, WizardScreen};
use crate::{
    api::releases::preview_new_release,
    components::{ui::notice::sentence, warning_list::warning_list},
    domain::{
        digit_groups::grouped,
        id::CustomerId,
        summary::{DryRun, Unresolved},
        vocabulary::Field,
    },
    error::AppError,
};
use leptos::prelude::*;
use maud::html;

/// A variable names at most this many customers that have no value for it.
const NAMED_MAX: usize = 5;

/// The names of all customers, in their order.
type NamesOfCustomers = StoredValue<Vec<(CustomerId, String)>>;

/// The pane beside the customers.
#[component]
pub fn ActivationPreview(wizard: Wizard, names: NamesOfCustomers) -> impl IntoView {
    let answer = RwSignal::new(None::<DryRun>);
    let error = RwSignal::new(None::<AppError>);
    let is_busy = RwSignal::new(false);
    let number = StoredValue::new(0_u32);
    Effect::new(move |_| {
        number.update_value(|it| *it += 1);
        let asked = number.get_value();
        let is_shown = wizard.screen.get() == WizardScreen::Customers;
        if !is_shown || wizard.chosen.with(std::collections::HashSet::is_empty) {
            answer.set(None);
            error.set(None);
            is_busy.set(false);
            return;
        }
        let new = wizard.whole();
        is_busy.set(true);
        leptos::task::spawn_local(async move {
            let result = preview_new_release(new).await;
            // Only the answer to the last question counts. The page may be gone by now.
            if number.try_get_value() != Some(asked) {
                return;
            }
            is_busy.set(false);
            error.set(result.as_ref().err().cloned());
            answer.set(result.ok());
        });
    });
    let figure = move |of: fn(&DryRun) -> u32| {
        let n = answer.with(|it| it.as_ref().map_or(0, of));
        grouped(n as usize)
    };
    let missing = move || {
        answer.with(|it| {
            let unresolved = it.as_ref().map_or(&[][..], |it| &it.unresolved);
            names.with_value(|names| missing_html(unresolved, names))
        })
    };
    let warnings = move || {
        answer.with(|it| {
            let warnings = it.as_ref().map(|it| warning_list(&it.warnings));
            warnings.unwrap_or_default()
        })
    };
    view! {
        <div class="dialog__run live-only" aria-busy=move || is_busy.get().then_some("true")>
            <h2>"Preview"</h2>
            <dl class="figures">
                <div>
                    <dt>"Customers"</dt>
                    <dd>{move || figure(|it| it.customers)}</dd>
                </div>
                <div>
                    <dt>"Steps"</dt>
                    <dd>{move || figure(|it| it.cells.checked_div(it.customers).unwrap_or_default())}</dd>
                </div>
                <div>
                    <dt>"Cells to create"</dt>
                    <dd>{move || figure(|it| it.cells)}</dd>
                </div>
            </dl>
            {move || {
                error.get().map(|it| view! { <p class="alert" data-tone="danger" role="alert">{in_words(&it)}</p> })
            }}
            <div inner_html=missing></div>
            <div inner_html=warnings></div>
        </div>
    }
}

/// Why there is no preview. What it is about has no field here.
fn in_words(error: &AppError) -> String {
    let fields = [Field::Customers, Field::Markdown];
    let found = fields.into_iter().find_map(|it| error.message_for(it));
    sentence(&found.unwrap_or_else(|| error.to_string()))
}

/// The variables without a value, each once, with the customers that lack it.
fn by_variable<'a>(
    unresolved: &'a [Unresolved],
    names: &'a [(CustomerId, String)],
) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for it in unresolved {
        let name = names.iter().find(|(id, _)| *id == it.customer_id);
        let name = name.map_or("", |it| it.1.as_str());
        match found
            .iter_mut()
            .find(|(variable, _)| *variable == it.variable)
        {
            Some((_, customers)) => customers.push(name),
            None => found.push((it.variable.as_str(), vec![name])),
        }
    }
    found
}

/// The missing values as HTML; empty if there are none.
fn missing_html(unresolved: &[Unresolved], names: &[(CustomerId, String)]) -> String {
    let n = unresolved.len();
    if n == 0 {
        return String::new();
    }
    let are = if n == 1 { "value is" } else { "values are" };
    let steps = Unresolved::n_steps(unresolved);
    let stay = if steps == 1 {
        "step stays"
    } else {
        "steps stay"
    };
    let html = html! {
        p class="alert" {
            span {
                b { (grouped(n)) " " (are) " still missing. " }
                "You can activate now; " (grouped(steps)) " " (stay) " blocked until set."
            }
        }
        table class="table" {
            caption class="sr" { "Unresolved variables" }
            thead { tr { th scope="col" { "Variable" } th scope="col" { "Not set for" } } }
            tbody {
                @for (variable, customers) in by_variable(unresolved, names) {
                    @let first = &customers[..customers.len().min(NAMED_MAX)];
                    @let n_more = customers.len() - first.len();
                    tr {
                        td class="mono" { (variable) }
                        td {
                            (first.join(", "))
                            @if n_more > 0 { " and " (grouped(n_more)) " more" }
                        }
                    }
                }
            }
        }
    };
    html.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};

    fn missing(customer: i64, variable: &str) -> Unresolved {
        Unresolved {
            customer_id: CustomerId(customer),
            variable: variable.into(),
            step_names: vec!["Upgrade".into()],
            removed: None,
        }
    }

    #[test]
    fn each_variable_is_listed_once_with_the_first_customers_that_lack_it() {
        let names: Vec<(CustomerId, String)> = (1..=7)
            .map(|id| (CustomerId(id), format!("Customer {id}")))
            .collect();
        let mut all: Vec<Unresolved> = (1..=7).map(|id| missing(id, "var.HOST")).collect();
        all.push(missing(2, "release.version"));
        let html = missing_html(&all, &names);
        assert!(html.contains("8 values are still missing. "), "{html}");
        // The step that lacks two values is one.
        assert!(html.contains("7 steps stay blocked until set."), "{html}");
        assert!(html.contains("Customer 5 and 2 more"), "{html}");
        assert_eq!(html.matches("var.HOST").count(), 1);
        assert!(html.contains("<td>Customer 2</td>"), "{html}");
        assert_eq!(missing_html(&[], &names), "");
    }

    #[test]
    fn names_are_escaped() {
        let names = [(CustomerId(1), HOSTILE.to_owned())];
        assert_escaped(&missing_html(&[missing(1, HOSTILE)], &names), 2);
    }
}
