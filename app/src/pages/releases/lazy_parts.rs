//! The lazily loaded parts of the pages of a release. `steps_part` shows one step: the panel beside the matrix, and the page of one
//! customer's steps. `dialogs_part` has what opens over a page, and the page of a draft. Each is a part of the WASM, which is loaded when
//! it is first needed.
use super::{
    customer::{
        CustomerPageDialogs, CustomerStepsPage,
        add_step::{AddStep, AddStepProps},
    },
    dialogs::{ReleaseDialogs, ReleaseDialogsProps},
    draft::Draft,
    release_matrix::{
        bulk_actions::{copy_link, send_bulk_action},
        controller::{BulkRequest, MatrixController},
        foreign_changes::show_change,
        step_panel_host::{StepPanelHost, StepPanelHostProps},
        view_menu::{ViewMenu, ViewMenuProps, ViewsDialog, ViewsDialogProps},
    },
    steps::{import::ImportDialog, template_editor::TemplateEditor},
};
use crate::{
    components::{
        bulk_bar::{BulkBar, BulkBarProps, ReasonDialog, ReasonDialogProps},
        matrix::state::MatrixState,
        run_keys_dialog::RunKeysDialog,
        shortcuts_dialog::ShortcutsDialog,
        step_panel::{
            StepDialogLoader, dialogs::step_dialog, events::OpenStepDialog,
            step_detail::StepDetailState,
        },
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

/// What to render or to do with the code of the steps.
pub enum StepsPart {
    /// Nothing: the code is only loaded.
    Preload,
    /// The page of one customer's steps.
    CustomerSteps,
    StepPanel(Box<StepPanelHostProps>),
    /// Renders nothing. What others changed, and what reads the whole page.
    ForeignChange(Box<(MatrixController, ForeignChange, Callback<()>)>),
}

/// What to render or to do with the code of the dialogs.
pub enum DialogsPart {
    /// Nothing: the code is only loaded.
    Preload,
    /// A dialog of the open step.
    Step(StepDetailState, OpenStepDialog),
    AddStep(Box<AddStepProps>),
    Shortcuts {
        open: RwSignal<bool>,
        state: MatrixState,
    },
    RunKeys(RwSignal<bool>),
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
    Release(Box<ReleaseDialogsProps>),
    Draft {
        release: Box<Release>,
        reload: Callback<()>,
    },
    ImportRunbook(TemplateEditor),
    /// Renders nothing.
    BulkAction(Box<BulkRequest>),
    TakeOver(TakeOverDialogProps),
    ViewMenu(ViewMenuProps),
    ViewsDialog(ViewsDialogProps),
    /// Renders nothing.
    CopyLink(Toasts),
    /// Renders nothing.
    Restore(Restorable, Toasts),
}

/// Selector of what `steps_part` renders on the server beside the matrix: such a page can only be hydrated once the part is loaded.
pub const PANEL_ON_SERVER: &str = "aside[data-aside]";
/// The same of `dialogs_part`: the page of a draft.
pub const DRAFT_ON_SERVER: &str = ".page__body[data-aside]";

/// The WASM is split here. `shell.rs` names the file by this function.
#[lazy]
pub fn steps_part(part: StepsPart) -> AnyView {
    match part {
        StepsPart::Preload => ().into_any(),
        StepsPart::CustomerSteps => {
            provide_context(StepDialogLoader(show_step_dialog));
            let dialogs = CustomerPageDialogs {
                add_step: |props| show_dialog(DialogsPart::AddStep(Box::new(props))),
                take_over: |props| show_dialog(DialogsPart::TakeOver(props)),
                keys: |open| show_dialog(DialogsPart::RunKeys(open)),
                preload: || run_dialogs(DialogsPart::Preload),
            };
            view! { <CustomerStepsPage dialogs=dialogs/> }.into_any()
        }
        StepsPart::StepPanel(props) => {
            provide_context(StepDialogLoader(show_step_dialog));
            StepPanelHost(*props).into_any()
        }
        StepsPart::ForeignChange(it) => {
            show_change(it.0, &it.1, it.2);
            ().into_any()
        }
    }
}

/// The WASM is split here too.
#[lazy]
pub fn dialogs_part(part: DialogsPart) -> AnyView {
    match part {
        DialogsPart::Preload => ().into_any(),
        DialogsPart::Step(state, dialog) => step_dialog(state, dialog),
        DialogsPart::AddStep(props) => AddStep(*props).into_any(),
        DialogsPart::Shortcuts { open, state } => {
            view! { <ShortcutsDialog open=open state=state/> }.into_any()
        }
        DialogsPart::RunKeys(open) => view! { <RunKeysDialog open=open/> }.into_any(),
        DialogsPart::Name { open, actor } => preferences::name_dialog(open, actor).into_any(),
        DialogsPart::Theme(theme) => {
            preferences::store_theme(theme);
            ().into_any()
        }
        DialogsPart::Undo(request, requests) => {
            view! { <UndoFlow request=*request requests=requests/> }.into_any()
        }
        DialogsPart::CheckUndo(own) => {
            check_own_changes(own);
            ().into_any()
        }
        DialogsPart::BulkBar(props) => BulkBar(props).into_any(),
        DialogsPart::BulkReason(props) => ReasonDialog(*props).into_any(),
        DialogsPart::Release(props) => ReleaseDialogs(*props).into_any(),
        DialogsPart::Draft { release, reload } => {
            view! { <Draft release=*release reload=reload load_dialogs=show_release_dialogs/> }
                .into_any()
        }
        DialogsPart::ImportRunbook(editor) => view! { <ImportDialog editor=editor/> }.into_any(),
        DialogsPart::BulkAction(request) => {
            send_bulk_action(*request);
            ().into_any()
        }
        DialogsPart::TakeOver(props) => TakeOverDialog(props).into_any(),
        DialogsPart::ViewMenu(props) => ViewMenu(props).into_any(),
        DialogsPart::ViewsDialog(props) => ViewsDialog(props).into_any(),
        DialogsPart::CopyLink(toasts) => {
            copy_link(toasts);
            ().into_any()
        }
        DialogsPart::Restore(what, toasts) => {
            restore(what, toasts);
            ().into_any()
        }
    }
}

/// Renders something of the steps as soon as it is loaded.
pub fn show_steps(part: StepsPart) -> AnyView {
    Suspend::new(steps_part(part)).into_any()
}

/// Renders something of the dialogs as soon as it is loaded.
pub fn show(part: DialogsPart) -> AnyView {
    Suspend::new(dialogs_part(part)).into_any()
}

/// Renders a dialog as soon as it is loaded. Until then the document says that it comes, so that no key that is meant for it is a
/// shortcut of the page.
fn show_dialog(part: DialogsPart) -> AnyView {
    let part = Suspend::new(dialogs_part(part));
    view! { <Suspense fallback=|| view! { <i hidden data-dialog-comes=""></i> }>{part}</Suspense> }
        .into_any()
}

/// Renders a dialog of a step as soon as it is loaded.
fn show_step_dialog(state: StepDetailState, dialog: OpenStepDialog) -> AnyView {
    show_dialog(DialogsPart::Step(state, dialog))
}

/// Renders the dialogs of a release as soon as they are loaded.
pub fn show_release_dialogs(dialogs: ReleaseDialogsProps) -> AnyView {
    show(DialogsPart::Release(Box::new(dialogs)))
}

/// Does what renders nothing, as soon as the code of the steps is loaded.
pub fn run_steps(part: StepsPart) {
    leptos::task::spawn_local(async { drop(steps_part(part).await) });
}

/// Does what renders nothing, as soon as the code of the dialogs is loaded.
pub fn run(part: DialogsPart) {
    leptos::task::spawn_local(async { drop(dialogs_part(part).await) });
}
