//! Tests of the store: a new release with its steps and customers in one change (R107).
use crate::world::{World, draft};
use app::{
    domain::{
        event::{EventAction, EventFilter},
        field_error::FieldError,
        id::{CustomerId, TemplateId},
        new_release::{NewSteps, WholeRelease},
        release::ReleaseDraft,
        rule_violation::RuleViolation,
        vocabulary::{Field, Noun, ReleaseStatus},
    },
    store::error::StoreError,
};

fn new(name: &str, steps: NewSteps, customers: &[CustomerId]) -> WholeRelease {
    WholeRelease {
        details: ReleaseDraft {
            name: name.into(),
            ..ReleaseDraft::default()
        },
        steps,
        customers: customers.to_vec(),
    }
}

fn runbook() -> NewSteps {
    NewSteps::Import(vec![
        draft("Look", "deploy", "bash", "curl {{var.HOST}}"),
        draft("Check", "verify", "text", "Look again"),
    ])
}

#[tokio::test]
async fn a_new_release_may_begin_with_the_steps_of_another() {
    let world = World::active().await;
    let store = &world.app.store;
    let clone = |only: Option<Vec<TemplateId>>| NewSteps::Clone {
        from: world.june,
        only,
    };
    let july = store
        .create_whole_release(new("July", clone(None), &[]), world.app.ana())
        .await
        .unwrap()
        .row;
    assert_eq!(july.version_number, None);
    let detail = store.release(july.id).await.unwrap();
    let names: Vec<_> = detail.templates.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Announce", "Migrate schema", "Upgrade", "Check"]);
    assert_eq!(detail.customers, 0);
    // The copied texts are indexed, so missing values are found.
    let dry = store
        .dry_run(july.id, Some(vec![world.initech.id]))
        .await
        .unwrap();
    assert_eq!(dry.unresolved.len(), 1);
    let names = store.release_names().await.unwrap();
    let names: Vec<_> = names.iter().map(|it| it.1.as_str()).collect();
    assert_eq!(names, ["July", "June"]);
    // Or only with some of them, which then are numbered without a gap.
    let some = clone(Some(vec![world.upgrade.id, world.check.id]));
    let august = store
        .create_whole_release(new("August", some, &[]), world.app.ana())
        .await
        .unwrap()
        .row;
    let august = store.release(august.id).await.unwrap();
    let places: Vec<_> = august
        .templates
        .iter()
        .map(|it| (it.name.as_str(), it.order_index))
        .collect();
    assert_eq!(places, [("Upgrade", 0), ("Check", 0)]);
    let gone = clone(Some(vec![world.upgrade.id, TemplateId(99)]));
    let refused = store
        .create_whole_release(new("September", gone, &[]), world.app.ana())
        .await;
    assert!(matches!(refused, Err(StoreError::NotFound(Noun::Template))));
    assert!(store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_release_is_made_imported_and_activated_at_once_and_each_is_a_line_of_the_history() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let customers = [world.acme.id, world.initech.id];
    let made = store
        .create_whole_release(new("July", runbook(), &customers), ana())
        .await
        .unwrap();
    assert_eq!(made.row.status, ReleaseStatus::Active);
    let detail = store.release(made.row.id).await.unwrap();
    assert_eq!((detail.templates.len(), detail.customers), (2, 2));
    let filter = EventFilter {
        release_id: Some(made.row.id),
        ..EventFilter::default()
    };
    let events = store.events(filter).await.unwrap().items;
    let actions: Vec<_> = events.iter().map(|it| it.action).collect();
    assert_eq!(
        actions,
        [
            EventAction::Activate,
            EventAction::Create,
            EventAction::Create,
            EventAction::Create
        ]
    );
    let batches: Vec<_> = events.iter().map(|it| it.batch_id.clone()).collect();
    assert_eq!(Some(&batches[0]), made.batch_id.as_ref());
    assert_eq!(batches[1], batches[2]);
    assert!(batches[0] != batches[1] && batches[1] != batches[3]);
    assert!(store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_made_if_one_part_of_a_new_release_is_wrong() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    store
        .deactivate_customer(world.globex.id, ana())
        .await
        .unwrap();
    let last = world.app.database.last_event().await.unwrap();
    let none = store
        .create_whole_release(new("July", NewSteps::Empty, &[world.acme.id]), ana())
        .await;
    assert!(matches!(
        none,
        Err(StoreError::Refused(RuleViolation::NoSteps))
    ));
    let unnamed = NewSteps::Import(vec![draft("", "deploy", "bash", "true")]);
    let wrong = store
        .create_whole_release(new("July", unnamed, &[]), ana())
        .await;
    let Err(StoreError::Invalid(wrong)) = wrong else {
        panic!("{wrong:?}")
    };
    assert!(matches!(
        wrong.error_for(Field::Markdown),
        Some(FieldError::Faults { .. })
    ));
    let inactive = store
        .create_whole_release(new("July", runbook(), &[world.globex.id]), ana())
        .await;
    let Err(StoreError::Invalid(inactive)) = inactive else {
        panic!("{inactive:?}")
    };
    assert!(inactive.error_for(Field::Customers).is_some());
    assert_eq!(store.releases().await.unwrap().len(), 1);
    assert_eq!(world.app.database.last_event().await.unwrap(), last);
}

#[tokio::test]
async fn what_activating_a_new_release_would_do_is_known_before_it_is_made() {
    let world = World::draft().await;
    let store = &world.app.store;
    let last = world.app.database.last_event().await.unwrap();
    let customers = [world.acme.id, world.initech.id];
    let dry = store
        .dry_run_new_release(new("", runbook(), &customers))
        .await
        .unwrap();
    assert_eq!((dry.customers, dry.cells), (2, 4));
    let missing: Vec<_> = dry
        .unresolved
        .iter()
        .map(|it| (it.customer_id, it.variable.as_str(), it.step_names.len()))
        .collect();
    assert_eq!(missing, [(world.initech.id, "var.HOST", 1)]);
    let clone = |only| NewSteps::Clone {
        from: world.june,
        only,
    };
    let cells = async |steps: NewSteps| {
        let dry = store.dry_run_new_release(new("", steps, &customers)).await;
        dry.unwrap().cells
    };
    assert_eq!(cells(clone(None)).await, 8);
    assert_eq!(cells(clone(Some(vec![world.check.id]))).await, 2);
    let none = store
        .dry_run_new_release(new("", NewSteps::Empty, &customers))
        .await;
    assert!(matches!(
        none,
        Err(StoreError::Refused(RuleViolation::NoSteps))
    ));
    assert_eq!(world.app.database.last_event().await.unwrap(), last);
}
