//! What is loaded lazily beside and over the pages: the panel of the open step is one part of the WASM, and dialogs, bulk actions and all
//! else another. Each is loaded when something of it is needed.
use super::{
    customer::{
        add_step::{AddStep, AddStepProps},
        page_dialogs::CustomerPageDialogs,
    },
    dialogs::{ReleaseDialogs, ReleaseDialogsProps},
    release_matrix::{
        bulk_actions::{copy_link, send_bulk_action},
        controller::{BulkRequest, MatrixController},
        foreign_changes::show_change,
        step_panel_host::{StepPanelHost, StepPanelHostProps},
        view_menu::{ViewMenu, ViewMenuProps, ViewsDialog, ViewsDialogProps},
    },
    step_detail_actions::{SendStepRequest, StepDetailActions},
    step_requests::send_step_request,
    steps::{
        import::ImportDialog,
        list::ConfirmDialog,
        template_editor::{TemplateConfirmation, TemplateEditor},
    },
};
use crate::{
    browser::dom,
    components::{
        bulk_bar::{BulkBar, BulkBarProps, ReasonDialog, ReasonDialogProps},
        matrix::{hover_card::HoverCardRequest, state::MatrixState},
        run_keys_dialog::RunKeysDialog,
        shortcuts_dialog::ShortcutsDialog,
        step_panel::{
            dialog_loader::{StepDialog, StepDialogLoader},
            dialogs::step_dialog,
            events::StepRequest,
            step_detail::StepDetailState,
        },
        take_over_dialog::{TakeOverDialog, TakeOverDialogProps},
        ui::toast::{Restorable, Toasts},
    },
    domain::foreign_change::ForeignChange,
    pages::{
        own_changes::OwnChanges,
        preferences,
        restoring::restore,
        undo_flow::{UndoFlow, check_own_changes},
        undo_requests::{UndoRequest, UndoRequests},
    },
};
use leptos::prelude::*;
use std::cell::Cell;

thread_local! {
    /// Whether the code was loaded.
    static IS_LOADED: Cell<bool> = const { Cell::new(false) };
}

/// What to render or to do with the code that was loaded.
pub enum LazyPart {
    /// Nothing: the code is only loaded.
    Preload,
    /// A dialog of the open step.
    StepDialog(StepDetailState, StepDialog),
    /// Renders nothing.
    StepRequest(Box<(StepDetailActions, StepRequest)>),
    AddStep(Box<AddStepProps>),
    RunKeys(RwSignal<bool>),
    ImportRunbook(TemplateEditor),
    ConfirmTemplate(TemplateEditor, Box<TemplateConfirmation>),
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
    /// Renders nothing.
    BulkAction(Box<BulkRequest>),
    /// Renders nothing. One step over all customers, by its index in the grid.
    WorkOnRow(Box<MatrixController>, usize),
    /// Renders nothing. What the address of the matrix says after a navigation through history.
    ShowAddress(Box<MatrixController>),
    TakeOver(TakeOverDialogProps),
    ViewMenu(ViewMenuProps),
    ViewsDialog(ViewsDialogProps),
    /// Renders nothing. What others changed, and what reads the whole page.
    ForeignChange(Box<(MatrixController, ForeignChange, Callback<()>)>),
    /// Renders nothing.
    CellCard(HoverCardRequest),
    /// Renders nothing.
    CopyLink(Toasts),
    /// Renders nothing.
    Restore(Restorable, Toasts),
}

/// Selector of the panel as the server renders it: a page with it can only be hydrated once its part is loaded.
pub const PANEL_ON_SERVER: &str = "aside[data-aside]";

/// The panel of the open step beside the grid; without properties it is only loaded. The WASM is split here: `shell.rs` names the file by
/// this function.
#[lazy]
pub fn step_panel(props: Option<Box<StepPanelHostProps>>) -> AnyView {
    provide_context(STEP_DIALOGS);
    props.map(|it| StepPanelHost(*it)).into_any()
}

/// All else. The WASM is split here.
#[lazy]
pub fn lazy_part(part: LazyPart) -> AnyView {
    IS_LOADED.set(true);
    match part {
        LazyPart::Preload => ().into_any(),
        LazyPart::StepDialog(state, dialog) => step_dialog(state, dialog),
        LazyPart::StepRequest(it) => {
            send_step_request(&it.0, it.1);
            ().into_any()
        }
        LazyPart::AddStep(props) => AddStep(*props).into_any(),
        LazyPart::RunKeys(open) => view! { <RunKeysDialog open=open/> }.into_any(),
        LazyPart::ImportRunbook(editor) => view! { <ImportDialog editor=editor/> }.into_any(),
        LazyPart::ConfirmTemplate(editor, ask) => {
            view! { <ConfirmDialog editor=editor ask=*ask/> }.into_any()
        }
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
        LazyPart::BulkAction(request) => {
            send_bulk_action(*request);
            ().into_any()
        }
        LazyPart::WorkOnRow(controller, row) => {
            controller.work_on_row(row);
            ().into_any()
        }
        LazyPart::ShowAddress(controller) => {
            controller.show_address();
            ().into_any()
        }
        LazyPart::TakeOver(props) => TakeOverDialog(props).into_any(),
        LazyPart::ViewMenu(props) => ViewMenu(props).into_any(),
        LazyPart::ViewsDialog(props) => ViewsDialog(props).into_any(),
        LazyPart::ForeignChange(it) => {
            show_change(it.0, &it.1, it.2);
            ().into_any()
        }
        LazyPart::CellCard(request) => {
            request.show();
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

/// Loads the panel, and all that may be asked for beside it.
pub fn preload_panel() {
    leptos::task::spawn_local(async {
        drop(step_panel(None).await);
    });
    run(LazyPart::Preload);
}

/// Renders the panel as soon as it is loaded.
pub fn show_panel(props: StepPanelHostProps) -> AnyView {
    Suspend::new(step_panel(Some(Box::new(props)))).into_any()
}

/// Renders a part as soon as it is loaded.
pub fn show(part: LazyPart) -> AnyView {
    Suspend::new(lazy_part(part)).into_any()
}

/// Renders a dialog as soon as it is loaded. Until then the document says that it comes, so that no key that is meant for it is a
/// shortcut of the page. Nothing around it waits meanwhile, as a `Suspend` that is not ready would have it.
fn show_dialog(part: LazyPart) -> AnyView {
    let is_loaded = RwSignal::new(false);
    leptos::task::spawn_local(async move {
        lazy_part(LazyPart::Preload).await;
        // The page may be gone by now.
        let _ = is_loaded.try_set(true);
    });
    let mut part = Some(part);
    let dialog = move || {
        if is_loaded.get() {
            part.take().map(show).into_any()
        } else {
            view! { <i hidden data-dialog-comes=""></i> }.into_any()
        }
    };
    dialog.into_any()
}

/// How a dialog of the open step is rendered, in the panel and on the page of a customer's steps.
pub const STEP_DIALOGS: StepDialogLoader =
    StepDialogLoader(|state, dialog| show_dialog(LazyPart::StepDialog(state, dialog)));

/// How the panel and that page send what these dialogs ask for.
pub const SEND_STEP_REQUEST: SendStepRequest =
    |actions, request| run(LazyPart::StepRequest(Box::new((actions, request))));

/// How the page of a customer's steps renders its own dialogs.
pub const CUSTOMER_PAGE_DIALOGS: CustomerPageDialogs = CustomerPageDialogs {
    add_step: |props| show_dialog(LazyPart::AddStep(Box::new(props))),
    take_over: |props| show_dialog(LazyPart::TakeOver(props)),
    keys: |open| show_dialog(LazyPart::RunKeys(open)),
    request: SEND_STEP_REQUEST,
    preload: || run(LazyPart::Preload),
};

/// Renders the dialogs of a release as soon as they are loaded.
pub fn show_dialogs(dialogs: ReleaseDialogsProps) -> AnyView {
    show(LazyPart::Dialogs(Box::new(dialogs)))
}

/// Does what a part that renders nothing is for, as soon as it is loaded.
pub fn run(part: LazyPart) {
    leptos::task::spawn_local(async {
        drop(lazy_part(part).await);
    });
}

/// The same for what one can do without: not without a connection, unless the code was loaded before. Loading it would fail.
pub fn run_within_reach(part: LazyPart) {
    if IS_LOADED.get() || !dom::is_offline() {
        run(part);
    }
}
