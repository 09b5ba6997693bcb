//! The head of a page: breadcrumb, the one `h1`, what can be done; and the window's title.
use leptos::prelude::*;
use leptos_meta::Title;

/// A step of the breadcrumb: a label and where it leads.
pub type Crumb = (String, String);

/// leptos writes the title into the page as it is, so that a name with `</title>` in it would end it: no angle bracket
/// gets there.
fn window_title(title: &str) -> String {
    format!("{} · Rollcall", title.replace('<', "‹"))
}

#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional)] crumbs: Vec<Crumb>,
    /// Beside the title: a badge, a quiet word.
    #[prop(optional, into)]
    beside: Option<ViewFn>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let window = window_title(&title);
    let here = title.clone();
    view! {
        <Title text=window/>
        <div class="page__head">
            <nav class="crumbs" aria-label="Breadcrumb">
                <ol>
                    {crumbs
                        .into_iter()
                        .map(|(label, path)| view! { <li><a href=path>{label}</a></li> })
                        .collect_view()}
                    <li aria-current="page">{here}</li>
                </ol>
            </nav>
            <div class="page__title">
                <h1>{title}</h1>
                {beside.map(|it| it.run())}
            </div>
            {children.map(|children| view! { <div class="page__actions">{children()}</div> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_the_title() {
        assert_eq!(window_title("</title><b>"), "‹/title>‹b> · Rollcall");
    }
}
