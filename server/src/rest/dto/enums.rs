//! Closed lists of words and free objects, as schemas. They are names for the description; no value of them exists.
use app::domain::{
    event::{Entity, EventAction},
    variables::Source,
    vocabulary::{Category, ReleaseStatus, ReleaseType, StepAction, StepStatus, StepType},
    warning::WarningKind,
};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

macro_rules! words {
    ($($marker:ident = $name:literal of $list:ident;)+) => {$(
        pub enum $marker {}

        impl PartialSchema for $marker {
            fn schema() -> RefOr<Schema> {
                let words = $list::ALL.iter().map(|it| it.as_str());
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(words))
                    .into()
            }
        }

        impl ToSchema for $marker {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )+};
}

words! {
    ReleaseTypeWord = "ReleaseType" of ReleaseType;
    ReleaseStatusWord = "ReleaseStatus" of ReleaseStatus;
    CategoryWord = "Category" of Category;
    StepTypeWord = "StepType" of StepType;
    StatusWord = "StepStatus" of StepStatus;
    StepActionWord = "StepAction" of StepAction;
    EntityWord = "Entity" of Entity;
    EventActionWord = "EventAction" of EventAction;
    SourceWord = "VariableSource" of Source;
    WarningKindWord = "WarningKind" of WarningKind;
}

/// The variables of a cluster, customer or release.
pub enum Variables {}

impl PartialSchema for Variables {
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

impl ToSchema for Variables {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Variables")
    }
}
