//! Schemas of the domain's enums and of variables, for the OpenAPI description. The types here only name a schema (they have no
//! values); the domain's own types are what is serialized.
use crate::ops::auth_settings::AuthMode;
use app::domain::{
    customer_import::{ImportChangeKind, ImportState},
    event::{Entity, EventAction},
    evidence::EvidenceKind,
    permission::Role,
    rancher::RancherStatus,
    run::{OutputStream, RunKind, RunState},
    session::SignIn,
    text_change::TextChangeKind,
    undo::RowOutcome,
    variables::Source,
    vocabulary::{Category, ReleaseStatus, ReleaseType, StepAction, StepStatus, StepType},
    warning::WarningKind,
    webhook::{DeliveryState, HookEvent, WebhookKind},
};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

/// Defines a schema of type string with the values of a domain enum.
macro_rules! enum_schemas {
    ($($schema:ident = $name:literal of $enum:ident;)+) => {$(
        pub enum $schema {}

        impl PartialSchema for $schema {
            fn schema() -> RefOr<Schema> {
                let values = $enum::ALL.iter().map(|it| it.as_str());
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(values))
                    .into()
            }
        }

        impl ToSchema for $schema {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )+};
}

enum_schemas! {
    ReleaseTypeSchema = "ReleaseType" of ReleaseType;
    ReleaseStatusSchema = "ReleaseStatus" of ReleaseStatus;
    CategorySchema = "Category" of Category;
    StepTypeSchema = "StepType" of StepType;
    StepStatusSchema = "StepStatus" of StepStatus;
    StepActionSchema = "StepAction" of StepAction;
    EntitySchema = "Entity" of Entity;
    EvidenceKindSchema = "EvidenceKind" of EvidenceKind;
    EventActionSchema = "EventAction" of EventAction;
    SourceSchema = "VariableSource" of Source;
    ImportStateSchema = "ImportState" of ImportState;
    ImportChangeKindSchema = "ImportChangeKind" of ImportChangeKind;
    TextChangeKindSchema = "TextChangeKind" of TextChangeKind;
    WarningKindSchema = "WarningKind" of WarningKind;
    RowOutcomeSchema = "RowOutcome" of RowOutcome;
    RancherStatusSchema = "RancherStatus" of RancherStatus;
    RunStateSchema = "RunState" of RunState;
    RunKindSchema = "RunKind" of RunKind;
    OutputStreamSchema = "OutputStream" of OutputStream;
    RoleSchema = "Role" of Role;
    SignInSchema = "SignIn" of SignIn;
    WebhookKindSchema = "WebhookKind" of WebhookKind;
    HookEventSchema = "HookEvent" of HookEvent;
    DeliveryStateSchema = "DeliveryState" of DeliveryState;
    AuthModeSchema = "AuthMode" of AuthMode;
}

/// The variables of a cluster, customer or release.
pub enum VariablesSchema {}

impl PartialSchema for VariablesSchema {
    fn schema() -> RefOr<Schema> {
        let values = SchemaType::Array(vec![Type::String, Type::Number, Type::Boolean]);
        ObjectBuilder::new()
            .description(Some("Variables: at most 16 KiB of JSON"))
            .schema_type(Type::Object)
            .property_names(Some(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some("^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")),
            ))
            .additional_properties(Some(ObjectBuilder::new().schema_type(values)))
            .into()
    }
}

impl ToSchema for VariablesSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Variables")
    }
}
