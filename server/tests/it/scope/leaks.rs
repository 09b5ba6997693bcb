//! Tests that no answer has a byte of what is out of scope, and that its numbers do not reveal anything either.
use super::{
    addresses::{self, Ids, Question},
    random_world::{MARKER, RandomWorld},
};
use crate::{
    harness::{TestResponse, number},
    people::Person,
};
use app::{
    api::context::now,
    domain::{permission::Role, step::CustomerStep},
};
use axum::http::StatusCode;
use std::collections::BTreeMap;

/// An answer as text: status, headers and body.
fn whole(answer: &TestResponse) -> String {
    let headers = answer.headers.iter();
    let headers = headers
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    format!(
        "{}\n{}\n{}",
        answer.status,
        headers.collect::<String>(),
        answer.body
    )
}

async fn ask(world: &RandomWorld, person: &Person, asked: &Question) -> TestResponse {
    let (method, path, body) = asked;
    world.app.api_as(person, method, path, body.clone()).await
}

/// A quarter of the addresses: the worlds take turns.
fn part(asked: Vec<Question>, seed: u64) -> Vec<Question> {
    let turn = usize::try_from(seed % 4).unwrap();
    asked.into_iter().skip(turn).step_by(4).collect()
}

fn seeds() -> std::ops::Range<u64> {
    let first = number("ROLLCALL_SEED", 1);
    first..first + number("ROLLCALL_WORLDS", 40)
}

#[tokio::test]
async fn nothing_of_a_customer_out_of_scope_is_in_any_byte_of_any_answer() {
    let mut n_asked = 0;
    for seed in seeds() {
        let world = RandomWorld::new(seed, 0).await;
        world.mix().await;
        let ids = Ids::of(&world);
        let asked = part(addresses::reads(&ids), seed);
        for role in [Role::Viewer, Role::Operator] {
            // All of it as a viewer; as an operator only what a viewer is refused.
            let person = world.app.person(role, world.scope.clone()).await;
            for it in &asked {
                if role == Role::Operator && it.0 == "GET" {
                    continue;
                }
                let answer = ask(&world, &person, it).await;
                let text = whole(&answer);
                assert!(
                    !text.to_ascii_lowercase().contains(MARKER),
                    "seed {seed}, {role}: {} {} {}: {text}",
                    it.0,
                    it.1,
                    it.2
                );
                assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", it.1);
                n_asked += 1;
            }
        }
    }
    eprintln!(
        "soak: {} worlds, {n_asked} answers to people with a scope; none had a byte of what is out of it",
        seeds().count()
    );
}

#[tokio::test]
async fn the_marker_is_in_the_answers_to_who_sees_all() {
    let world = RandomWorld::new(1, 0).await;
    world.mix().await;
    let ids = Ids::of(&world);
    let admin = world.app.person(Role::Admin, None).await;
    let mut found = BTreeMap::new();
    for asked in addresses::reads(&ids) {
        let answer = ask(&world, &admin, &asked).await;
        let path = asked.1.split('?').next().unwrap_or_default();
        let kind: String = path.chars().filter(|it| !it.is_ascii_digit()).collect();
        let is_in = whole(&answer).contains(MARKER);
        *found.entry(kind).or_insert(false) |= is_in;
    }
    let found: Vec<&String> = found.iter().filter(|it| *it.1).map(|it| it.0).collect();
    // Most kinds of addresses show something of a customer.
    assert!(found.len() > 40, "{found:?}");
}

/// Whether a batch id begins here: a UUID.
fn is_batch_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_dash = |at: usize| [8, 13, 18, 23].contains(&at);
    let fits = |(at, it): (usize, &u8)| {
        if is_dash(at) {
            *it == b'-'
        } else {
            it.is_ascii_hexdigit()
        }
    };
    bytes.len() >= 36 && bytes[..36].iter().enumerate().all(fits)
}

/// Without what is another in each answer and each world: nonces, batch ids, the present time, and what scripts start from, which
/// the page shows anyway.
fn masked(answer: &TestResponse) -> String {
    let mut text = String::new();
    let mut rest = answer.body.as_str();
    while let Some((before, script)) = rest.split_once("<script") {
        text.push_str(before);
        rest = script.split_once("</script>").map_or("", |it| it.1);
    }
    text.push_str(rest);
    let policy = answer.header("content-security-policy");
    if let Some((_, rest)) = policy.split_once("'nonce-") {
        let nonce = rest.split('\'').next().unwrap_or_default();
        text = text.replace(nonce, "");
    }
    let today = now().format("%Y-%m-%d").to_string();
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some(letter) = rest.chars().next() {
        let n = if is_batch_id(rest) {
            36
        } else if rest.starts_with(&today) {
            let is_of_time = |it: char| !it.is_ascii_digit() && !"-T:.Z+ ".contains(it);
            rest.find(is_of_time).unwrap_or(rest.len())
        } else {
            shown.push(letter);
            letter.len_utf8()
        };
        rest = &rest[n..];
    }
    format!("{} {shown}", answer.status)
}

#[tokio::test]
async fn worlds_that_differ_out_of_scope_look_the_same() {
    for seed in seeds().take(
        usize::try_from(number("ROLLCALL_WORLDS", 40))
            .unwrap()
            .div_ceil(4),
    ) {
        let twins = [
            RandomWorld::new(seed, 0).await,
            RandomWorld::new(seed, 1).await,
        ];
        let ids = Ids::of(&twins[0]);
        let mut people = Vec::new();
        for twin in &twins {
            people.push(
                twin.app
                    .person_named("mei", Role::Viewer, twin.scope.clone())
                    .await,
            );
        }
        for it in part(addresses::reads(&ids), seed) {
            // These begin with the present time, show when a session began, or say by chance when to come back.
            let path = it.1.split('?').next().unwrap_or_default();
            let tells_time = [
                "/rpc/read_frame",
                "/rpc/read_dashboard",
                "/api/sessions",
                "/account",
                "/api/events",
            ];
            if tells_time.contains(&path) {
                continue;
            }
            let one = ask(&twins[0], &people[0], &it).await;
            let other = ask(&twins[1], &people[1], &it).await;
            assert_eq!(
                masked(&one),
                masked(&other),
                "seed {seed}: {} {} {}",
                it.0,
                it.1,
                it.2
            );
        }
    }
}

#[tokio::test]
async fn what_is_out_of_scope_answers_as_what_is_not_there() {
    for seed in seeds().take(8) {
        let world = RandomWorld::new(seed, 0).await;
        let Some(customer) = world.customers.iter().find(|it| it.is_in_scope) else {
            continue;
        };
        let june = world.releases[0].0;
        let operator = world.app.person(Role::Operator, world.scope.clone()).await;
        let ids = |steps: Vec<i64>| Ids {
            steps,
            ..Ids::of(&world)
        };
        let hidden = world
            .hidden_steps
            .iter()
            .step_by(5)
            .map(|it| it.0)
            .collect();
        let hidden = ids(hidden);
        let unknown = ids(hidden.steps.iter().map(|it| it + 50_000).collect());
        let before = hidden_rows(&world).await;
        let of = |ids: &Ids| addresses::writes(ids, june, customer.id.0);
        for (there, nowhere) in of(&hidden).iter().zip(&of(&unknown)) {
            let answer = ask(&world, &operator, there).await;
            let expected = ask(&world, &operator, nowhere).await;
            let without_ids = |answer: &TestResponse| {
                let digits: String = answer
                    .body
                    .chars()
                    .filter(|it| !it.is_ascii_digit())
                    .collect();
                (answer.status, digits)
            };
            let what = format!("seed {seed}: {} {} {}", there.0, there.1, there.2);
            assert_eq!(without_ids(&answer), without_ids(&expected), "{what}");
            let is_bulk = there.1.ends_with("/bulk");
            assert!(
                is_bulk || answer.status.is_client_error(),
                "{what}: {}",
                answer.body
            );
        }
        // Nothing of it was done.
        let after = hidden_rows(&world).await;
        assert!(before == after, "seed {seed}");
    }
}

/// The steps out of scope as they are stored.
async fn hidden_rows(world: &RandomWorld) -> Vec<CustomerStep> {
    let mut rows = Vec::new();
    for step in &world.hidden_steps {
        rows.push(world.app.store.step_row(*step).await.unwrap());
    }
    rows
}
