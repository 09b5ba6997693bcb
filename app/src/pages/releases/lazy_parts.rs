//! What stands beside the matrix, and dialogs: a part of the WASM of its own, loaded when the first of them is opened.
use super::{
    bulk_actions::{BulkRequest, set_archived},
    dialogs::{AllDialogs, OpenDialogs},
    release::Draft,
    step_panel_host::{Side, SideProps},
};
use crate::{
    components::{
        bulk_bar::{BulkBar, BulkBarProps, ReasonDialog, ReasonDialogProps},
        matrix::state::MatrixState,
        name_dialog::{NameDialog, NameDialogProps},
        shortcuts_dialog::KeysDialog,
        ui::toast::Toasts,
    },
    domain::{
        id::{CustomerId, ReleaseId},
        release::Release,
    },
};
use leptos::prelude::*;

pub enum LazyPart {
    /// Only loads the part.
    Nothing,
    Side(Box<SideProps>),
    Help {
        open: RwSignal<bool>,
        state: MatrixState,
    },
    Name(NameDialogProps),
    Bulk(BulkBarProps),
    Reason(Box<ReasonDialogProps>),
    Dialogs {
        asked: OpenDialogs,
        release: Box<Release>,
        members: Vec<CustomerId>,
        on_done: Callback<()>,
    },
    Draft {
        release: Box<Release>,
        reload: Callback<()>,
    },
    /// Nothing to see: many cells at once.
    Act(Box<BulkRequest>),
    /// Nothing to see: the end of a release, or its return.
    SetArchived {
        id: ReleaseId,
        archived: bool,
        toasts: Toasts,
        done: Callback<()>,
    },
}

/// Marks what this part has drawn on the server: the page can only take it over once the part is here.
pub const MARK: &str = "[data-aside]";

#[lazy]
pub fn aside(what: LazyPart) -> AnyView {
    match what {
        LazyPart::Nothing => ().into_any(),
        LazyPart::Side(props) => Side(*props).into_any(),
        LazyPart::Help { open, state } => view! { <KeysDialog open=open state=state/> }.into_any(),
        LazyPart::Name(props) => NameDialog(props).into_any(),
        LazyPart::Bulk(props) => BulkBar(props).into_any(),
        LazyPart::Reason(props) => ReasonDialog(*props).into_any(),
        LazyPart::Dialogs {
            asked,
            release,
            members,
            on_done,
        } => view! { <AllDialogs asked=asked release=*release members=members on_done=on_done/> }
            .into_any(),
        LazyPart::Draft { release, reload } => {
            view! { <Draft release=*release reload=reload/> }.into_any()
        }
        LazyPart::Act(bulk) => {
            bulk.send();
            ().into_any()
        }
        LazyPart::SetArchived {
            id,
            archived,
            toasts,
            done,
        } => {
            set_archived(id, archived, toasts, done);
            ().into_any()
        }
    }
}
