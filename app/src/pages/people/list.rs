//! Page with the list of users, `/users`; for admins.
use crate::{
    api::people::list_users,
    components::{layout::page_head::PageHead, ui::icon::Icon},
    domain::{plural::pluralize, user::User},
    pages::{fetch::Fetch, loaded},
    paths,
};
use leptos::prelude::*;

/// The page: fetches all users, active or not, in the order of their names, which stand first.
#[component]
pub fn UsersPage() -> impl IntoView {
    let users = Fetch::new(|| (), |()| list_users());
    loaded(users, show)
}

fn show(users: Vec<User>) -> impl IntoView {
    let n_active = users.iter().filter(|it| it.is_active).count();
    let rows = users.into_iter().map(row).collect_view();
    view! {
        <PageHead title="Users" beside=move || view! { <span class="quiet">{pluralize(n_active, "active user")}</span> }>
            <a class="button" data-kind="ink" href=paths::NEW_USER>
                <Icon name="i-plus"/>
                "New user"
            </a>
        </PageHead>
        <div class="page__body">
            <div class="card list scroll-x">
                <table class="table">
                    <caption class="sr">"Users"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Login"</th>
                            <th scope="col">"Role"</th>
                            <th scope="col">"Customers"</th>
                            <th scope="col">"Sign-in"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}

/// The ways to sign in.
fn sign_in(user: &User) -> &'static str {
    match (user.has_password, user.oidc_subject.is_some()) {
        (true, true) => "Password, provider",
        (true, false) => "Password",
        (false, true) => "Provider",
        (false, false) => "None yet",
    }
}

fn row(user: User) -> impl IntoView {
    let customers = if user.scope.is_some() { "Some" } else { "All" };
    let sign_in = sign_in(&user);
    view! {
        <tr data-off=(!user.is_active).then_some("")>
            <td class="wraps">
                <a href=paths::edit_user(user.id)>{user.name}</a>
                {(!user.is_active).then(|| view! { " "<span class="badge">"Inactive"</span> })}
            </td>
            <td class="mono muted wraps">{user.login}</td>
            <td>{user.role.label()}</td>
            <td class="muted">{customers}</td>
            <td class="muted">{sign_in}</td>
        </tr>
    }
}
