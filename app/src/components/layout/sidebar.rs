//! Sidebar of every page: navigation with counts; at its foot the caller. A signed-in user gets a menu there; in `open` mode,
//! where there are no users, it is a name that can be changed, and the theme switch. Both have a link to the
//! guide. `OwnName` lets other pages set that name.
use crate::{
    browser,
    components::rights::OwnRights,
    domain::{
        actor_stamp::initials, digit_groups::grouped_count, permission::Permission,
        summary::LayoutInfo,
    },
    paths,
};
use leptos::prelude::*;
use maud::{Markup, html};

/// The attribute of the button in a user's menu that switches the theme.
const THEME_SWITCH: &str = "data-theme-switch";

/// The name at the foot of the sidebar. The page on which users change their own name sets it.
#[derive(Clone, Copy)]
pub struct OwnName(pub RwSignal<String>);

impl OwnName {
    /// The name signal of the layout around the page; an unconnected one outside of a layout.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::default()))
    }
}

// What follows is HTML text, because elements of leptos would be large in the WASM of every page.

fn glyph(name: &str) -> Markup {
    html! {
        svg class="glyph" aria-hidden="true" { use href={ "#" (name) } {} }
    }
}

/// What stands for the name of a person who has entered none.
const NO_NAME: &str = "Enter your name";

/// A person as the sidebar names them.
fn who(actor: &str) -> Markup {
    let (mark, name) = if actor.is_empty() {
        ("?".to_owned(), NO_NAME)
    } else {
        (initials(actor), actor)
    };
    html! {
        span class="avatar" aria-hidden="true" data-initials=(mark) {}
        span { (name) }
    }
}

/// What a link of the navigation says: a count of nothing is left out.
fn link_html(icon: &str, label: &str, count: u32) -> String {
    let html = html! {
        (glyph(icon))
        span { (label) }
        @if count > 0 {
            span class="count" aria-hidden="true" { (grouped_count(count)) }
        }
    };
    html.into_string()
}

/// What the button says that opens the palette. A script of the document hears its clicks.
const SEARCH: &str = r##"<svg class="glyph" aria-hidden="true"><use href="#i-search"></use></svg><span>Search</span><kbd class="push" aria-hidden="true">Ctrl K</kbd>"##;

/// The menu of a user, who is named on it; in `open` mode one of a phone, without a user. On a phone it has the second
/// navigation too.
fn menu_html(user: Option<&str>, is_admin: bool, sees_runs: bool, signs_out: bool) -> String {
    let html = html! {
        @if let Some(actor) = user {
            summary class="sidebar__who" aria-label={ "You: " (actor) } {
                (who(actor))
            }
        } @else {
            summary class="button" data-kind="ghost" data-square="" aria-label="Menu" {
                (glyph("t-text"))
            }
        }
        div class="menu" {
            @if user.is_some() {
                a class="menu__item" href=(paths::ACCOUNT) { "Your account" }
            }
            a class="menu__item" rel="external" target="_blank" href=(paths::GUIDE) { "Guide" }
            @if is_admin && user.is_some() {
                a class="menu__item narrow" href=(paths::USERS) { "Users" }
            }
            @if is_admin {
                a class="menu__item narrow" href=(paths::WEBHOOKS) { "Webhooks" }
                a class="menu__item narrow" href=(paths::RUNNERS) { "Runners" }
            }
            @if sees_runs {
                a class="menu__item narrow" href=(paths::RUNS) { "Runs" }
            }
            button class="menu__item live-only" type="button" data-theme-switch="" { "Theme" }
            @if signs_out {
                form method="post" action=(paths::LOGOUT) {
                    button class="menu__item" type="submit" { "Sign out" }
                }
            }
        }
    };
    html.into_string()
}

/// A link of the navigation, marked as current on its page and on all pages below it. It is named by its word alone: the
/// count is only seen.
#[component]
fn NavLink(
    path: &'static str,
    icon: &'static str,
    label: &'static str,
    /// The path of the present page.
    here: Memo<String>,
    #[prop(optional)] count: u32,
) -> impl IntoView {
    let is_current = move || {
        let here = here.get();
        here == path || (path != "/" && here.starts_with(&format!("{path}/")))
    };
    view! {
        <li>
            <a
                class="nav-link"
                href=path
                aria-current=move || is_current().then_some("page")
                inner_html=link_html(icon, label, count)
            ></a>
        </li>
    }
}

/// The sidebar. The page stores a chosen theme and shows the name dialog.
#[component]
pub fn Sidebar(
    frame: LayoutInfo,
    /// Where to sign in, if the session is gone.
    sign_in: Option<String>,
    /// The path of the present page.
    here: Memo<String>,
    /// Whether it is narrowed to icons.
    rail: Memo<bool>,
    /// Gets the chosen theme; none follows the system.
    on_theme: Callback<Option<&'static str>>,
    /// The person's name; the sidebar sets it to the one that the server knows.
    actor: RwSignal<String>,
    name_dialog_open: RwSignal<bool>,
) -> impl IntoView {
    let theme = RwSignal::new(match frame.theme.as_deref() {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        _ => None,
    });
    let theme_label = move || match theme.get() {
        Some(theme) => format!("Theme: {theme}"),
        None => "Theme: follows the system".to_owned(),
    };
    let next_theme = move |_: leptos::ev::MouseEvent| {
        let next = match theme.get_untracked() {
            None => Some("light"),
            Some("light") => Some("dark"),
            _ => None,
        };
        theme.set(next);
        on_theme.run(next);
    };
    // A frame that could not be read is that of a user without a name; in `open` mode there are people without one.
    let is_read = !(frame.is_user && frame.actor.is_empty());
    let has_person = sign_in.is_none() && is_read;
    let (is_user, has_session) = (frame.is_user && is_read, frame.has_session);
    let rights = OwnRights::from_context();
    let is_admin = is_read && rights.may(Permission::Webhooks);
    let sees_runs = is_read && rights.may(Permission::ActOnSteps);
    let plans = is_read && rights.may(Permission::Releases);
    let manages_users = is_user && is_admin;
    actor.set(frame.actor);
    let menu = move || {
        actor.with(|it| {
            let user = is_user.then_some(it.as_str());
            menu_html(user, is_admin, sees_runs, has_session)
        })
    };
    view! {
        // What can be created, the palette asks of this.
        <header class="sidebar" data-plans=plans.then_some("") data-rail=move || rail.get().then_some("")>
            <a class="brand" href=paths::DASHBOARD aria-label="Rollcall">
                <svg aria-hidden="true">
                    <use href="#n-mark"></use>
                </svg>
                <span>"Rollcall"</span>
            </a>
            <button
                class="nav-link live-only"
                type="button"
                data-palette=""
                aria-keyshortcuts="Control+K"
                inner_html=SEARCH
            ></button>
            <nav aria-label="Main">
                <ul>
                    <NavLink path=paths::DASHBOARD icon="n-dashboard" label="Dashboard" here=here/>
                    <NavLink path=paths::RELEASES icon="n-releases" label="Releases" here=here count=frame.releases/>
                    <NavLink path=paths::CUSTOMERS icon="n-customers" label="Customers" here=here count=frame.customers/>
                    <NavLink path=paths::CLUSTERS icon="n-clusters" label="Clusters" here=here count=frame.clusters/>
                    <NavLink path=paths::ACTIVITY icon="n-activity" label="Activity" here=here/>
                </ul>
            </nav>
            {sees_runs
                .then(|| {
                    let link = |path: &'static str, icon: &'static str, label: &'static str| view! { <NavLink path=path icon=icon label=label here=here/> };
                    view! {
                        <nav aria-label="Administration" data-nav="administration">
                            <ul>
                                {manages_users.then(|| link(paths::USERS, "n-users", "Users"))}
                                {is_admin.then(|| link(paths::WEBHOOKS, "n-webhooks", "Webhooks"))}
                                {is_admin.then(|| link(paths::RUNNERS, "n-runners", "Runners"))}
                                {link(paths::RUNS, "n-runs", "Runs")}
                            </ul>
                        </nav>
                    }
                    .into_any()
                })}
            <div class="sidebar__foot">
                {sign_in.map(|path| view! { <a class="button" rel="external" href=path>"Sign in"</a> }.into_any())}
                {has_person
                    .then(|| {
                        // In `open` mode everything of the menu stands in the sidebar, but on a phone.
                        let class = if is_user { "more" } else { "more narrow" };
                        let switch_theme = move |event: leptos::ev::MouseEvent| {
                            if browser::dom::closest_attribute(&event, THEME_SWITCH).is_some() {
                                next_theme(event);
                            }
                        };
                        view! { <details class=class inner_html=menu on:click=switch_theme></details> }.into_any()
                    })}
                {(has_person && !is_user)
                    .then(|| {
                        view! {
                            <a
                                class="button"
                                data-kind="ghost"
                                data-square=""
                                rel="external"
                                target="_blank"
                                href=paths::GUIDE
                                aria-label="Guide"
                                title="Guide"
                                inner_html=glyph("n-guide").into_string()
                            ></a>
                            <button
                                class="button"
                                data-kind="ghost"
                                data-square=""
                                aria-label=theme_label
                                title=theme_label
                                on:click=next_theme
                                inner_html=glyph("i-theme").into_string()
                            ></button>
                            <button
                                class="sidebar__who"
                                aria-haspopup="dialog"
                                aria-label=move || actor.with(|it| format!("You: {}", if it.is_empty() { NO_NAME } else { it.as_str() }))
                                on:click=move |_| name_dialog_open.set(true)
                                inner_html=move || who(&actor.get()).into_string()
                            ></button>
                        }
                        .into_any()
                    })}
            </div>
        </header>
    }
}
