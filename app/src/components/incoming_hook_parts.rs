//! The parts of the page of addresses that CI reports to: their table, the form that makes one, and the key of the one that was
//! just made.
use super::{
    account_parts::{CardForm, CardRequest, CardTable},
    ui::{
        field::{SelectField, TextField},
        follow_effect::follow,
        time::Time,
    },
};
use crate::{
    browser,
    domain::{
        id::{IncomingHookId, TemplateId},
        incoming_hook::{INCOMING_PATH, IncomingHook, IncomingHookDraft, MadeIncomingHook},
        vocabulary::Field,
    },
};
use leptos::prelude::*;

/// Ids and names of a release's template steps.
pub type TemplateNames = Vec<(TemplateId, String)>;

/// The addresses, each with a button that deletes it.
#[component]
pub fn IncomingHookTable(
    hooks: Vec<IncomingHook>,
    templates: TemplateNames,
    on_delete: Callback<IncomingHookId>,
) -> impl IntoView {
    if hooks.is_empty() {
        return view! { <p class="muted">"No hooks yet. CI reports to one"</p> }.into_any();
    }
    let rows = hooks
        .into_iter()
        .map(|it| {
            let id = it.id;
            let label = format!("Delete {}", it.name);
            let of = it.template_id;
            let step = templates.iter().find(|it| Some(it.0) == of);
            let step = step.map_or_else(|| "All steps".to_owned(), |it| it.1.clone());
            view! {
                <tr>
                    <td>{it.name}</td>
                    <td class="muted">{step}</td>
                    <td class="muted">{it.created_by}", "<Time at=it.created_at/></td>
                    <td>
                        <button
                            class="button live-only"
                            data-size="s"
                            type="button"
                            aria-label=label
                            on:click=move |_| on_delete.run(id)
                        >
                            "Delete"
                        </button>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <CardTable caption="CI hooks" heads=&["Name", "Step", "Created"]>
            {rows}
        </CardTable>
    }
    .into_any()
}

/// A shell line that reports a step to an address.
fn shell_line(origin: &str, made: &MadeIncomingHook) -> String {
    let step = if made.hook.template_id.is_some() {
        ""
    } else {
        ", \"step\": \"STEP\""
    };
    format!(
        "curl --fail-with-body '{origin}{INCOMING_PATH}/{}' --json '{{\"customer\": \"CUSTOMER\"{step}, \"status\": \"done\"}}'",
        made.key
    )
}

/// The scheme and the host of an address.
pub(super) fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |it| it + 3);
    let end = url[host..].find('/').map_or(url.len(), |it| host + it);
    &url[..end]
}

/// The address of one that was just made, as a shell line.
#[component]
fn MadeHook(made: MadeIncomingHook) -> impl IntoView {
    let line = shell_line(origin_of(&browser::dom::current_url()), &made);
    let text = line.clone();
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let _ = browser::clipboard::copy(&text).await;
        });
    };
    view! {
        <div class="alert" role="status">
            <div class="stack stack-s grow">
                <p>{format!("Copy the address of {} now. It is shown this once", made.hook.name)}</p>
                <div class="secret">
                    <code>{line}</code>
                    <button class="button" data-size="s" type="button" on:click=copy>
                        "Copy"
                    </button>
                </div>
            </div>
        </div>
    }
}

/// The form that makes an address, and the key of the one that was just made.
#[component]
pub fn IncomingHookForm(
    templates: TemplateNames,
    made: RwSignal<Option<MadeIncomingHook>>,
    request: CardRequest,
    on_create: Callback<IncomingHookDraft>,
) -> impl IntoView {
    let (name, chosen) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // Once it is there, the form is empty again.
    follow(move |_| {
        if made.with(Option::is_some) {
            name.set(String::new());
            chosen.set(String::new());
        }
    });
    let mut options = vec![(String::new(), "All steps".to_owned())];
    options.extend(templates.into_iter().map(|it| (it.0.to_string(), it.1)));
    let submit = Callback::new(move |()| {
        on_create.run(IncomingHookDraft {
            name: name.get_untracked(),
            template_id: chosen.with_untracked(|it| it.parse().ok()),
        });
    });
    view! {
        {move || made.get().map(|it| view! { <MadeHook made=it/> })}
        <CardForm id="hook-form" request=request button="Create hook" on_submit=submit>
            <TextField
                label="Name"
                id="hook-name"
                value=name
                error=request.at(Field::Name)
                hint="Shown in history, such as Jenkins"
            />
            <SelectField
                label="Step"
                id="hook-step"
                value=chosen
                options=options
                error=request.at(Field::Template)
            />
        </CardForm>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ReleaseId;
    use chrono::DateTime;

    #[test]
    fn the_shell_line_names_the_step_unless_the_hook_is_of_one() {
        let made = |template_id| MadeIncomingHook {
            hook: IncomingHook {
                id: IncomingHookId(1),
                release_id: ReleaseId(1),
                template_id,
                name: "Jenkins".into(),
                created_by: "Ana".into(),
                created_at: DateTime::UNIX_EPOCH,
            },
            key: "0a".into(),
        };
        let origin = origin_of("https://rollcall.example.com/releases/1/hooks");
        assert_eq!(origin, "https://rollcall.example.com");
        assert_eq!(origin_of("http://127.0.0.1:3000"), "http://127.0.0.1:3000");
        let line = shell_line(origin, &made(None));
        assert!(line.contains("'https://rollcall.example.com/api/hooks/in/0a'"));
        assert!(line.ends_with(r#"'{"customer": "CUSTOMER", "step": "STEP", "status": "done"}'"#));
        assert!(!shell_line(origin, &made(Some(TemplateId(4)))).contains("STEP"));
    }
}
