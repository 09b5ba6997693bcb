//! Header of a page's content: breadcrumb, the page's only `h1`, buttons of the page; also sets the document's `title`.
use crate::{browser, components::ui::follow_effect::follow};
use leptos::{html, prelude::*};
use leptos_meta::Title;

/// A link of the breadcrumb: label and path.
pub type Crumb = (String, String);

/// The document's title. leptos writes it into the page without escaping, so that a name with `</title>` would end the
/// element; each `<` is replaced by `‹`.
fn document_title(title: &str) -> String {
    format!("{} · Rollcall", title.replace('<', "‹"))
}

/// The head; the children are the page's actions.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional)] crumbs: Vec<Crumb>,
    /// Shown beside the title, e.g. a badge.
    #[prop(optional, into)]
    beside: Option<ViewFn>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let document_title = document_title(&title);
    let here = title.clone();
    // The place itself is the heading below, so it is only for who does not see that; without a way to it nothing is seen.
    let class = if crumbs.is_empty() {
        "crumbs sr"
    } else {
        "crumbs"
    };
    let heading: NodeRef<html::H1> = NodeRef::new();
    follow(move |_| {
        if let Some(heading) = heading.get() {
            browser::arrival::focus_new_page(&heading);
        }
    });
    view! {
        <Title text=document_title/>
        <div class="page__head">
            <nav class=class aria-label="Breadcrumb">
                <ol>
                    {crumbs
                        .into_iter()
                        .map(|(label, path)| view! { <li><a href=path>{label}</a></li> })
                        .collect_view()}
                    <li class="sr" aria-current="page">{here}</li>
                </ol>
            </nav>
            <div class="page__title">
                <h1 node_ref=heading>{title}</h1>
                {beside.map(|it| it.run())}
            </div>
            {children.map(|children| view! { <div class="page__actions">{children()}</div> }.into_any())}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_the_title_element() {
        assert_eq!(document_title("</title><b>"), "‹/title>‹b> · Rollcall");
    }
}
