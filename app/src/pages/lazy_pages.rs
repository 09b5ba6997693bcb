//! Lazily loaded pages. The WASM is split by what is opened together (`PagePart`); each part loads when one of its pages is first
//! opened. What opens beside the matrix, or over a page, is a part of its own (`lazy_parts`).
use super::{
    activity::ActivityPage,
    clusters::{
        detail::ClusterPage,
        edit::{EditClusterPage, NewClusterPage},
        list::ClustersPage,
    },
    customers::{
        detail::CustomerPage,
        edit::{EditCustomerPage, NewCustomerPage},
        list::CustomersPage,
    },
    dashboard::DashboardPage,
    people::{
        account::AccountPage,
        edit::{EditUserPage, NewUserPage},
        list::UsersPage,
    },
    releases::{
        customer::CustomerStepsPage,
        draft::Draft,
        edit::EditReleasePage,
        incoming_hooks::IncomingHooksPage,
        lazy_parts::{self, CUSTOMER_PAGE_DIALOGS, LazyPart, STEP_DIALOGS},
        list::ReleasesPage,
        new_release::NewReleasePage,
        release::ReleasePage,
        steps::{StepsPage, StepsPageDialogs},
    },
    runners::RunnersPage,
    runs::RunsPage,
    webhooks::{
        detail::WebhookPage,
        edit::{EditWebhookPage, NewWebhookPage},
        list::WebhooksPage,
    },
};
use crate::{
    browser, components::ui::notice::Unavailable, domain::release::Release, error::AppError,
};
use leptos::prelude::*;
use leptos_router::ChooseView;
use std::{cell::Cell, pin::Pin};

thread_local! {
    /// Whether each part is loaded, by its number.
    static LOADED: Cell<[bool; 9]> = const { Cell::new([false; 9]) };
}

/// A part of the WASM with pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePart {
    Matrix,
    Overview,
    Records,
    Forms,
    People,
    Machines,
    NewRelease,
    Template,
    CustomerSteps,
}

impl PagePart {
    fn note_loaded(self) {
        let mut loaded = LOADED.get();
        loaded[self as usize] = true;
        LOADED.set(loaded);
    }

    /// How the name of its entry function begins.
    pub fn entry_name(self) -> &'static str {
        match self {
            Self::Matrix => "matrix_",
            Self::Overview => "overview_",
            Self::Records => "records_",
            Self::Forms => "forms_",
            Self::People => "people_",
            Self::Machines => "machines_",
            Self::NewRelease => "new_release_",
            Self::Template => "template_",
            Self::CustomerSteps => "customer_steps_",
        }
    }
}

/// The page of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LazyPage {
    /// `/`
    Dashboard,
    /// `/clusters`
    Clusters,
    /// `/clusters/new`
    NewCluster,
    /// `/clusters/:id`
    Cluster,
    /// `/clusters/:id/edit`
    EditCluster,
    /// `/customers`
    Customers,
    /// `/customers/new`
    NewCustomer,
    /// `/customers/:id`
    Customer,
    /// `/customers/:id/edit`
    EditCustomer,
    /// `/releases`
    Releases,
    /// `/releases/new`
    NewRelease,
    /// `/releases/:id`
    Release,
    /// `/releases/:id/edit`
    EditRelease,
    /// `/releases/:id/hooks`
    IncomingHooks,
    /// `/releases/:id/steps`
    Steps,
    /// `/releases/:id/customer/:customer_id`
    CustomerSteps,
    /// `/activity`
    Activity,
    /// `/account`
    Account,
    /// `/users`
    Users,
    /// `/users/new`
    NewUser,
    /// `/users/:id/edit`
    EditUser,
    /// `/runs`
    Runs,
    /// `/runners`
    Runners,
    /// `/webhooks`
    Webhooks,
    /// `/webhooks/new`
    NewWebhook,
    /// `/webhooks/:id`
    Webhook,
    /// `/webhooks/:id/edit`
    EditWebhook,
}

/// The part with the matrix.
#[lazy]
fn matrix() -> AnyView {
    let load_draft = |release, reload| Suspend::new(draft(Some((release, reload)))).into_any();
    view! { <ReleasePage load_draft=load_draft/> }.into_any()
}

/// The part with the dashboard and the activity. A page of another part is never asked for here.
#[lazy]
fn overview(page: LazyPage) -> AnyView {
    match page {
        LazyPage::Dashboard => view! { <DashboardPage/> }.into_any(),
        LazyPage::Activity => view! { <ActivityPage/> }.into_any(),
        _ => ().into_any(),
    }
}

/// The part with the page of a draft, which has the address of a matrix. Without a release it is only loaded.
#[lazy]
fn draft(of: Option<(Release, Callback<()>)>) -> AnyView {
    let dialogs = lazy_parts::show_dialogs;
    let page = of.map(|(release, reload)| {
        view! { <Draft release=release reload=reload load_dialogs=dialogs/> }
    });
    page.into_any()
}

/// The part with the lists of records, and with the pages of one. A page of another part is never asked for here.
#[lazy]
fn records(page: LazyPage) -> AnyView {
    match page {
        LazyPage::Clusters => view! { <ClustersPage/> }.into_any(),
        LazyPage::Cluster => view! { <ClusterPage/> }.into_any(),
        LazyPage::Customers => view! { <CustomersPage/> }.into_any(),
        LazyPage::Customer => view! { <CustomerPage/> }.into_any(),
        LazyPage::Releases => view! { <ReleasesPage/> }.into_any(),
        _ => ().into_any(),
    }
}

/// The part with the forms of records. A page of another part is never asked for here.
#[lazy]
fn forms(page: LazyPage) -> AnyView {
    match page {
        LazyPage::NewCluster => view! { <NewClusterPage/> }.into_any(),
        LazyPage::EditCluster => view! { <EditClusterPage/> }.into_any(),
        LazyPage::NewCustomer => view! { <NewCustomerPage/> }.into_any(),
        LazyPage::EditCustomer => view! { <EditCustomerPage/> }.into_any(),
        LazyPage::EditRelease => view! { <EditReleasePage/> }.into_any(),
        _ => ().into_any(),
    }
}

/// The part with people. A page of another part is never asked for here.
#[lazy]
fn people(page: LazyPage) -> AnyView {
    match page {
        LazyPage::Account => view! { <AccountPage/> }.into_any(),
        LazyPage::Users => view! { <UsersPage/> }.into_any(),
        LazyPage::NewUser => view! { <NewUserPage/> }.into_any(),
        LazyPage::EditUser => view! { <EditUserPage/> }.into_any(),
        _ => ().into_any(),
    }
}

/// The part with runs, and with what speaks to other systems. A page of another part is never asked for here.
#[lazy]
fn machines(page: LazyPage) -> AnyView {
    match page {
        LazyPage::IncomingHooks => view! { <IncomingHooksPage/> }.into_any(),
        LazyPage::Runs => view! { <RunsPage/> }.into_any(),
        LazyPage::Runners => view! { <RunnersPage/> }.into_any(),
        LazyPage::Webhooks => view! { <WebhooksPage/> }.into_any(),
        LazyPage::NewWebhook => view! { <NewWebhookPage/> }.into_any(),
        LazyPage::Webhook => view! { <WebhookPage/> }.into_any(),
        LazyPage::EditWebhook => view! { <EditWebhookPage/> }.into_any(),
        _ => ().into_any(),
    }
}

/// The part with the making of a release.
#[lazy]
fn new_release() -> AnyView {
    view! { <NewReleasePage/> }.into_any()
}

/// The part with the steps of a release's template, and their editor.
#[lazy]
fn template() -> AnyView {
    let dialogs = StepsPageDialogs {
        import: |editor| lazy_parts::show(LazyPart::ImportRunbook(editor)),
        confirm: |editor, ask| lazy_parts::show(LazyPart::ConfirmTemplate(editor, Box::new(ask))),
    };
    view! { <StepsPage dialogs=dialogs/> }.into_any()
}

/// The part with the page of one customer's steps.
#[lazy]
fn customer_steps() -> AnyView {
    provide_context(STEP_DIALOGS);
    view! { <CustomerStepsPage dialogs=CUSTOMER_PAGE_DIALOGS/> }.into_any()
}

impl LazyPage {
    /// The part that has the page.
    pub fn part(self) -> PagePart {
        match self {
            Self::Release => PagePart::Matrix,
            Self::Dashboard | Self::Activity => PagePart::Overview,
            Self::Clusters | Self::Cluster | Self::Customers | Self::Customer | Self::Releases => {
                PagePart::Records
            }
            Self::NewCluster
            | Self::EditCluster
            | Self::NewCustomer
            | Self::EditCustomer
            | Self::EditRelease => PagePart::Forms,
            Self::Account | Self::Users | Self::NewUser | Self::EditUser => PagePart::People,
            Self::IncomingHooks
            | Self::Runs
            | Self::Runners
            | Self::Webhooks
            | Self::NewWebhook
            | Self::Webhook
            | Self::EditWebhook => PagePart::Machines,
            Self::NewRelease => PagePart::NewRelease,
            Self::Steps => PagePart::Template,
            Self::CustomerSteps => PagePart::CustomerSteps,
        }
    }

    /// Whether the page's part is neither loaded nor can be. False on the server.
    fn is_out_of_reach(self) -> bool {
        browser::dom::is_offline() && !LOADED.get()[self.part() as usize]
    }

    /// Renders the page once its part is loaded.
    async fn load(self) -> AnyView {
        let part = self.part();
        // Boxed, so that this function waits in one place and not in nine, each with code of its own.
        let view: Pin<Box<dyn Future<Output = AnyView> + Send>> = match part {
            PagePart::Matrix => Box::pin(matrix()),
            PagePart::Overview => Box::pin(overview(self)),
            PagePart::Records => Box::pin(records(self)),
            PagePart::Forms => Box::pin(forms(self)),
            PagePart::People => Box::pin(people(self)),
            PagePart::Machines => Box::pin(machines(self)),
            PagePart::NewRelease => Box::pin(new_release()),
            PagePart::Template => Box::pin(template()),
            PagePart::CustomerSteps => Box::pin(customer_steps()),
        };
        let view = view.await;
        part.note_loaded();
        view
    }
}

/// In the place of a page whose link was opened without a connection, and whose part is not loaded yet: says so, and opens the page
/// once the connection is back, or it is tried again with one. Loading the part would fail, and with it everything on the screen.
#[component]
fn OfflinePage(page: LazyPage) -> impl IntoView {
    let tries = RwSignal::new(0_u32);
    let try_again = move || {
        // The page may be gone by now.
        let _ = tries.try_update(|it| *it += 1);
    };
    let on_retry = Callback::new(move |()| try_again());
    browser::reconnection::when_back(try_again);
    move || {
        tries.track();
        if page.is_out_of_reach() {
            let error = AppError::Transport(String::new());
            view! { <Unavailable error=error on_retry=on_retry/> }.into_any()
        } else {
            Suspend::new(page.load()).into_any()
        }
    }
}

/// Loads all that the page at an address is hydrated with. Hydration takes the page over at one go: it cannot wait for a part.
#[cfg(feature = "hydrate")]
pub async fn preload(path: &str) {
    let Some(part) = super::page_routes::page_at(path).map(LazyPage::part) else {
        return;
    };
    // What another part has rendered on the server can only be hydrated once that part is loaded.
    if part == PagePart::Matrix && browser::dom::exists(lazy_parts::PANEL_ON_SERVER) {
        drop(lazy_parts::step_panel(None).await);
    } else if part == PagePart::Matrix
        && browser::dom::exists(super::releases::draft::DRAFT_ON_SERVER)
    {
        draft(None).await;
    }
    let loaded: Pin<Box<dyn Future<Output = ()>>> = match part {
        PagePart::Matrix => Box::pin(__preload_matrix()),
        PagePart::Overview => Box::pin(__preload_overview()),
        PagePart::Records => Box::pin(__preload_records()),
        PagePart::Forms => Box::pin(__preload_forms()),
        PagePart::People => Box::pin(__preload_people()),
        PagePart::Machines => Box::pin(__preload_machines()),
        PagePart::NewRelease => Box::pin(__preload_new_release()),
        PagePart::Template => Box::pin(__preload_template()),
        PagePart::CustomerSteps => Box::pin(__preload_customer_steps()),
    };
    loaded.await;
    part.note_loaded();
}

impl ChooseView for LazyPage {
    async fn choose(self) -> AnyView {
        let page = self;
        if page.is_out_of_reach() {
            return view! { <OfflinePage page=page/> }.into_any();
        }
        page.load().await
    }

    /// Nothing to do: a part is loaded when one of its pages is opened.
    async fn preload(&self) {}
}
