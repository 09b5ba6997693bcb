//! Sidebar of every page: navigation with counts, and at its foot the person. In `open` mode that is a name to be changed, beside the
//! theme switch; of a user it is a menu.
use crate::{
    components::{rights::OwnRights, ui::icon::Icon},
    domain::{actor_stamp::initials, permission::Permission, summary::LayoutInfo},
    paths,
};
use leptos::prelude::*;

/// A link of the navigation, marked as current on its page and on all pages below it. It is named by its word alone: the
/// count is only seen.
#[component]
fn NavLink(
    path: &'static str,
    icon: &'static str,
    label: &'static str,
    /// The path of the present page.
    here: Memo<String>,
    #[prop(optional, into)] count: Option<u32>,
) -> impl IntoView {
    let is_current = move || {
        let here = here.get();
        here == path || (path != "/" && here.starts_with(&format!("{path}/")))
    };
    view! {
        <li>
            <a class="nav-link" href=path aria-current=move || is_current().then_some("page")>
                <Icon name=icon/>
                <span>{label}</span>
                {count.filter(|it| *it > 0).map(|it| view! { <span class="count" aria-hidden="true">{it}</span> })}
            </a>
        </li>
    }
}

/// The sidebar. The page stores a chosen theme and shows the name dialog.
#[component]
pub fn Sidebar(
    frame: LayoutInfo,
    /// The path of the present page.
    here: Memo<String>,
    /// Whether it is narrowed to icons.
    rail: Memo<bool>,
    /// Gets the chosen theme; none follows the system.
    on_theme: Callback<Option<&'static str>>,
    /// The person's name.
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
    let next_theme = move |_| {
        let next = match theme.get_untracked() {
            None => Some("light"),
            Some("light") => Some("dark"),
            _ => None,
        };
        theme.set(next);
        on_theme.run(next);
    };
    actor.set(frame.actor);
    let (is_user, has_session) = (frame.is_user, frame.has_session);
    let manages_users = is_user && OwnRights::from_context().may(Permission::Users);
    let who = move || {
        view! {
            <span class="avatar" aria-hidden="true" data-initials=move || initials(&actor.get())></span>
            <span>{move || actor.get()}</span>
        }
    };
    let sign_out = has_session.then(|| {
        view! {
            <form method="post" action=paths::LOGOUT>
                <button class="menu__item" type="submit">"Sign out"</button>
            </form>
        }
    });
    let foot = if is_user {
        view! {
            <details class="more">
                <summary class="sidebar__who" aria-label=move || format!("You: {}", actor.get())>{who()}</summary>
                <div class="menu">
                    <a class="menu__item" href=paths::ACCOUNT>"Your account"</a>
                    <button class="menu__item live-only" type="button" on:click=next_theme>{theme_label}</button>
                    {sign_out}
                </div>
            </details>
        }
            .into_any()
    } else {
        view! {
            <button
                class="button"
                data-kind="ghost"
                data-square=""
                aria-label=theme_label
                title=theme_label
                on:click=next_theme
            >
                <Icon name="i-theme"/>
            </button>
            <button
                class="sidebar__who"
                aria-haspopup="dialog"
                aria-label=move || format!("You: {}", actor.get())
                on:click=move |_| name_dialog_open.set(true)
            >
                {who()}
            </button>
        }
        .into_any()
    };
    view! {
        <header class="sidebar" data-rail=move || rail.get().then_some("")>
            <a class="brand" href=paths::DASHBOARD aria-label="Rollcall">
                <svg aria-hidden="true">
                    <use href="#n-mark"></use>
                </svg>
                <span>"Rollcall"</span>
            </a>
            <nav aria-label="Main">
                <ul>
                    <NavLink path=paths::DASHBOARD icon="n-dashboard" label="Dashboard" here=here/>
                    <NavLink path=paths::RELEASES icon="n-releases" label="Releases" here=here count=frame.releases/>
                    <NavLink path=paths::CUSTOMERS icon="n-customers" label="Customers" here=here count=frame.customers/>
                    <NavLink path=paths::CLUSTERS icon="n-clusters" label="Clusters" here=here count=frame.clusters/>
                    <NavLink path=paths::ACTIVITY icon="n-activity" label="Activity" here=here/>
                </ul>
            </nav>
            {manages_users
                .then(|| {
                    view! {
                        <p class="nav__title" aria-hidden="true">"Administration"</p>
                        <nav aria-label="Administration" data-nav="administration">
                            <ul>
                                <NavLink path=paths::USERS icon="n-customers" label="Users" here=here/>
                            </ul>
                        </nav>
                    }
                })}
            <div class="sidebar__foot">{foot}</div>
        </header>
    }
}
