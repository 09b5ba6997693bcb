//! State of the form of a new release: its screens and what is chosen on each.
use crate::{
    browser::{dom, form},
    components::{release_form::ReleaseFormFields, release_steps::StepSource},
    domain::{
        field_error::FieldError,
        id::{CustomerId, ReleaseId, TemplateId},
        new_release::{NewSteps, WholeRelease, no_runbook},
        release::ReleaseDraft,
        template::StepTemplate,
        validation_errors::{InvalidField, ValidationErrors},
        vocabulary::Field,
    },
    error::AppError,
    pages::{SerialRequest, releases::steps::runbook_form::RunbookForm},
};
use leptos::prelude::*;
use std::collections::HashSet;

/// A screen of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WizardScreen {
    Details,
    Steps,
    Customers,
}

impl WizardScreen {
    /// The screens in their order.
    pub const ALL: [Self; 3] = [Self::Details, Self::Steps, Self::Customers];

    /// What is on it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Details => "1. Details",
            Self::Steps => "2. Steps",
            Self::Customers => "3. Customers",
        }
    }

    /// Its first field, which gets the focus.
    fn first_field(self) -> &'static str {
        match self {
            Self::Details => "#name",
            Self::Steps => "#wizard-steps input:checked",
            Self::Customers => "#pick-filter",
        }
    }

    /// The first screen with a wrong field; none if no field is wrong.
    pub fn of_error(error: &AppError) -> Option<Self> {
        let fields: [(Self, &[Field]); 3] = [
            (
                Self::Details,
                &[
                    Field::Name,
                    Field::Type,
                    Field::VersionNumber,
                    Field::ReleaseDate,
                    Field::Description,
                    Field::Variables,
                ],
            ),
            (Self::Steps, &[Field::From, Field::Markdown]),
            (Self::Customers, &[Field::Customers]),
        ];
        let is_wrong = |field: &Field| error.message_for(*field).is_some();
        let found = fields.iter().find(|it| it.1.iter().any(is_wrong));
        found.map(|it| it.0)
    }

    /// Whether a refusal is shown at its field only.
    pub fn is_at_field(error: &AppError) -> bool {
        matches!(error, AppError::Refused(refused) if refused.field.is_some())
    }

    /// The screen `by` screens on from this one; none beyond the ends.
    fn moved(self, by: isize) -> Option<Self> {
        let at = Self::ALL.iter().position(|it| *it == self)?;
        Self::ALL.get(at.checked_add_signed(by)?).copied()
    }
}

/// What is typed and chosen. Handles to signals, copied into every closure that needs them.
#[derive(Clone, Copy)]
pub struct Wizard {
    /// The screen that is shown.
    pub screen: RwSignal<WizardScreen>,
    pub fields: ReleaseFormFields,
    pub source: RwSignal<StepSource>,
    /// The id of the release to clone, as text.
    pub from: RwSignal<String>,
    /// The steps of that release, once they are read.
    pub cloned: RwSignal<Vec<StepTemplate>>,
    /// Those of them that are not copied.
    pub left_out: RwSignal<HashSet<TemplateId>>,
    pub runbook: RunbookForm,
    /// The customers that the release is activated for.
    pub chosen: RwSignal<HashSet<CustomerId>>,
    pub sending: SerialRequest,
}

impl Wizard {
    /// Whether this screen is shown, read without subscribing.
    pub fn is_on(self, screen: WizardScreen) -> bool {
        self.screen.get_untracked() == screen
    }

    /// Shows a screen, with the focus on its first field.
    pub fn open(self, screen: WizardScreen) {
        self.screen.set(screen);
        dom::after(0, move || dom::focus(screen.first_field()));
    }

    /// The screen of the first field that is marked as wrong. Tracked.
    pub fn wrong_screen(self) -> Option<WizardScreen> {
        let error = self.sending.error.get();
        let invalid = error.filter(|it| matches!(it, AppError::Invalid(_)));
        invalid.as_ref().and_then(WizardScreen::of_error)
    }

    /// Shows the next screen, or the one before. What is wrong on this one comes first.
    pub fn step(self, by: isize) {
        if by > 0 && untrack(|| self.is_wrong_here()) {
            return form::focus_first_invalid();
        }
        if let Some(screen) = self.screen.get_untracked().moved(by) {
            self.open(screen);
        }
    }

    /// Whether something on this screen is wrong. Details and steps are looked at, and what is wrong is marked; but a name may
    /// still come with a runbook, and a runbook that is not read yet is looked at when the form is sent.
    fn is_wrong_here(self) -> bool {
        if self.wrong_screen() == Some(self.screen.get()) {
            return true;
        }
        let imports = self.source.get() == StepSource::Import;
        let wrong: Vec<InvalidField> = match self.screen.get() {
            WizardScreen::Details => {
                let wrong = self.fields.errors(self.fields.draft());
                let mut wrong = wrong.map(|it| it.0).unwrap_or_default();
                if imports {
                    wrong.retain(|it| it.field != Field::Name || it.problem != FieldError::Missing);
                }
                wrong
            }
            WizardScreen::Steps if imports && self.runbook.is_reading() => Vec::new(),
            // Without a runbook `Create release` goes on to where it is pasted.
            WizardScreen::Steps if imports && !self.runbook.is_started() => vec![no_runbook()],
            WizardScreen::Steps => self.steps_error().into_iter().collect(),
            WizardScreen::Customers => Vec::new(),
        };
        let is_wrong = !wrong.is_empty();
        if is_wrong {
            self.sending.error.set(Some(ValidationErrors(wrong).into()));
        }
        is_wrong
    }

    /// The release to clone, if one is chosen.
    pub fn cloned_release(self) -> Option<ReleaseId> {
        if self.source.get() == StepSource::Clone {
            self.from.with(|it| it.parse().ok())
        } else {
            None
        }
    }

    fn steps(self) -> NewSteps {
        if let Some(from) = self.cloned_release() {
            let only = self.left_out.with(|left_out| {
                self.cloned.with(|all| {
                    let ids = all.iter().map(|it| it.id);
                    let steps: Vec<TemplateId> = ids.filter(|it| !left_out.contains(it)).collect();
                    (steps.len() < all.len()).then_some(steps)
                })
            });
            return NewSteps::Clone { from, only };
        }
        let imported = if self.source.get() == StepSource::Import {
            self.runbook.drafts()
        } else {
            Vec::new()
        };
        if imported.is_empty() {
            NewSteps::Empty
        } else {
            NewSteps::Import(imported)
        }
    }

    /// The whole release with these details.
    pub fn with_details(self, details: ReleaseDraft) -> WholeRelease {
        WholeRelease {
            details,
            steps: self.steps(),
            customers: self.chosen.with(|it| {
                let mut ids: Vec<CustomerId> = it.iter().copied().collect();
                ids.sort_unstable();
                ids
            }),
        }
    }

    /// The whole release as it is typed.
    pub fn whole(self) -> WholeRelease {
        self.with_details(self.fields.draft())
    }

    /// What is wrong, on any screen.
    pub fn errors(self, details: ReleaseDraft) -> Option<ValidationErrors> {
        let mut errors = self
            .fields
            .errors(details)
            .map(|it| it.0)
            .unwrap_or_default();
        // What the server refuses of the customers stands until others are chosen.
        self.chosen.track();
        errors.extend(self.steps_error());
        (!errors.is_empty()).then_some(ValidationErrors(errors))
    }

    /// What is wrong with where the steps come from.
    fn steps_error(self) -> Option<InvalidField> {
        let runbook = self.runbook;
        let (field, problem) = match self.source.get() {
            StepSource::Clone if self.cloned_release().is_none() => {
                (Field::From, FieldError::Missing)
            }
            StepSource::Import if runbook.is_started() && !runbook.may_be_imported() => {
                let faults = vec![runbook.why_not().to_owned()];
                (Field::Markdown, FieldError::Faults { faults })
            }
            _ => return None,
        };
        Some(InvalidField { field, problem })
    }

    /// Whether leaving would lose anything.
    pub fn is_dirty(self) -> bool {
        self.fields.draft() != ReleaseDraft::default()
            || self.runbook.is_started()
            || self.chosen.with(|it| !it.is_empty())
    }

    /// What a runbook says of the release is taken where nothing is typed.
    pub fn take_offers(self) {
        let read = self.runbook.read;
        Effect::new(move |_| {
            let offered = read.with(|it| {
                let it = it.as_ref()?;
                Some((it.release_name.clone(), it.release_description.clone()))
            });
            if let Some((name, description)) = offered {
                self.fields.fill_blanks(name, description);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_screen_before_the_first_and_none_after_the_last() {
        use WizardScreen::{Customers, Details, Steps};
        assert_eq!(Details.moved(1), Some(Steps));
        assert_eq!(Steps.moved(1), Some(Customers));
        assert_eq!(Steps.moved(-1), Some(Details));
        assert_eq!((Details.moved(-1), Customers.moved(1)), (None, None));
    }

    #[test]
    fn the_screen_of_the_first_wrong_field_is_shown() {
        let of = |fields: &[Field]| {
            let wrong = fields.iter().map(|field| InvalidField {
                field: *field,
                problem: FieldError::Missing,
            });
            WizardScreen::of_error(&ValidationErrors(wrong.collect()).into())
        };
        assert_eq!(of(&[Field::Customers]), Some(WizardScreen::Customers));
        let two = [Field::Customers, Field::Markdown];
        assert_eq!(of(&two), Some(WizardScreen::Steps));
        assert_eq!(of(&[Field::Name]), Some(WizardScreen::Details));
        assert_eq!(WizardScreen::of_error(&AppError::Internal), None);
    }
}
