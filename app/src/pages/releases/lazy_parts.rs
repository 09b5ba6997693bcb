//! The parts of the pages that are loaded lazily: dialogs, step panel, bulk actions, the page of a draft, and that of a customer's
//! steps, which shows most of the same. All of them are one part of the WASM, which is loaded when the first of them is needed.
use super::{
    customer::CustomerStepsPage,
    dialogs::{ReleaseDialogs, ReleaseDialogsProps},
    draft::Draft,
    release_matrix::{
        bulk_actions::{copy_link, send_bulk_action},
        controller::{BulkRequest, MatrixController},
        foreign_changes::show_change,
        step_panel_host::{StepPanelHost, StepPanelHostProps},
        view_menu::{ViewMenu, ViewMenuProps, ViewsDialog, ViewsDialogProps},
    },
};
use crate::{
    components::{
        bulk_bar::{BulkBar, BulkBarProps, ReasonDialog, ReasonDialogProps},
        matrix::state::MatrixState,
        shortcuts_dialog::ShortcutsDialog,
        take_over_dialog::{TakeOverDialog, TakeOverDialogProps},
        ui::toast::{Restorable, Toasts},
    },
    domain::{foreign_change::ForeignChange, release::Release},
    pages::{
        own_changes::OwnChanges,
        preferences,
        restoring::restore,
        undo_flow::{UndoFlow, check_own_changes},
        undo_requests::{UndoRequest, UndoRequests},
    },
};
use leptos::prelude::*;

/// What to render or to do with the code that was loaded.
pub enum LazyPart {
    /// Nothing: the code is only loaded.
    Preload,
    /// The page of one customer's steps.
    CustomerSteps,
    StepPanel(Box<StepPanelHostProps>),
    Shortcuts {
        open: RwSignal<bool>,
        state: MatrixState,
    },
    Name {
        open: RwSignal<bool>,
        actor: RwSignal<String>,
    },
    /// Renders nothing.
    Theme(Option<&'static str>),
    Undo(Box<UndoRequest>, UndoRequests),
    /// Renders nothing.
    CheckUndo(OwnChanges),
    BulkBar(BulkBarProps),
    BulkReason(Box<ReasonDialogProps>),
    Dialogs(Box<ReleaseDialogsProps>),
    Draft {
        release: Box<Release>,
        reload: Callback<()>,
    },
    /// Renders nothing.
    BulkAction(Box<BulkRequest>),
    TakeOver(TakeOverDialogProps),
    ViewMenu(ViewMenuProps),
    ViewsDialog(ViewsDialogProps),
    /// Renders nothing. What others changed, and what reads the whole page.
    ForeignChange(Box<(MatrixController, ForeignChange, Callback<()>)>),
    /// Renders nothing.
    CopyLink(Toasts),
    /// Renders nothing.
    Restore(Restorable, Toasts),
}

/// Selector of what this part renders on the server: a page with it can only be hydrated once the part is loaded.
pub const RENDERED_ON_SERVER: &str = "[data-aside]";

/// The WASM is split here. `shell.rs` names the file by this function.
#[lazy]
pub fn lazy_part(part: LazyPart) -> AnyView {
    match part {
        LazyPart::Preload => ().into_any(),
        LazyPart::CustomerSteps => view! { <CustomerStepsPage/> }.into_any(),
        LazyPart::StepPanel(props) => StepPanelHost(*props).into_any(),
        LazyPart::Shortcuts { open, state } => {
            view! { <ShortcutsDialog open=open state=state/> }.into_any()
        }
        LazyPart::Name { open, actor } => preferences::name_dialog(open, actor).into_any(),
        LazyPart::Theme(theme) => {
            preferences::store_theme(theme);
            ().into_any()
        }
        LazyPart::Undo(request, requests) => {
            view! { <UndoFlow request=*request requests=requests/> }.into_any()
        }
        LazyPart::CheckUndo(own) => {
            check_own_changes(own);
            ().into_any()
        }
        LazyPart::BulkBar(props) => BulkBar(props).into_any(),
        LazyPart::BulkReason(props) => ReasonDialog(*props).into_any(),
        LazyPart::Dialogs(props) => ReleaseDialogs(*props).into_any(),
        LazyPart::Draft { release, reload } => {
            view! { <Draft release=*release reload=reload load_dialogs=show_dialogs/> }.into_any()
        }
        LazyPart::BulkAction(request) => {
            send_bulk_action(*request);
            ().into_any()
        }
        LazyPart::TakeOver(props) => TakeOverDialog(props).into_any(),
        LazyPart::ViewMenu(props) => ViewMenu(props).into_any(),
        LazyPart::ViewsDialog(props) => ViewsDialog(props).into_any(),
        LazyPart::ForeignChange(it) => {
            show_change(it.0, &it.1, it.2);
            ().into_any()
        }
        LazyPart::CopyLink(toasts) => {
            copy_link(toasts);
            ().into_any()
        }
        LazyPart::Restore(what, toasts) => {
            restore(what, toasts);
            ().into_any()
        }
    }
}

/// Renders a part as soon as it is loaded.
pub fn show(part: LazyPart) -> AnyView {
    Suspend::new(lazy_part(part)).into_any()
}

/// Renders the dialogs of a release as soon as they are loaded.
pub fn show_dialogs(dialogs: ReleaseDialogsProps) -> AnyView {
    show(LazyPart::Dialogs(Box::new(dialogs)))
}

/// Does what a part that renders nothing is for, as soon as it is loaded.
pub fn run(part: LazyPart) {
    leptos::task::spawn_local(async { drop(lazy_part(part).await) });
}
