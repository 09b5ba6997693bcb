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
    domain::{past_clusters::HIDDEN_CLUSTER, permission::Role, step::CustomerStep},
};
use axum::http::StatusCode;
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};
use tokio::runtime;

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

fn seeds() -> Range<u64> {
    let first = number("ROLLCALL_SEED", 1);
    first..first + number("ROLLCALL_WORLDS", 16)
}

/// Does this with the world of each seed, two at a time, each in a thread of its own.
fn with_each<T: Send, F: Future<Output = T>>(
    seeds: Range<u64>,
    with_world: impl Fn(u64) -> F + Sync,
) -> Vec<T> {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut results = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !seeds.contains(&seed) {
                return results;
            }
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            results.push(runtime.unwrap().block_on(with_world(seed)));
        }
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        let results = threads.into_iter().map(|it| it.join().unwrap());
        results.flatten().collect()
    })
}

/// Counts: answers, and those of them that say that there is a cluster which cannot be seen.
#[derive(Default)]
struct AnswerCounts {
    n: usize,
    n_replaced: usize,
}

/// Asks a world for all that reads, as a viewer and as an operator; checks each answer.
async fn ask_for_all(seed: u64) -> AnswerCounts {
    let mut world = RandomWorld::new(seed, 0).await;
    world.mix().await;
    let asked = addresses::reads(&Ids::of(&world, seed).await);
    let mut answers = AnswerCounts::default();
    for role in [Role::Viewer, Role::Operator] {
        let person = world.app.person(role, world.scope.clone()).await;
        for it in &asked {
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
            answers.n += 1;
            answers.n_replaced += usize::from(text.contains(HIDDEN_CLUSTER));
        }
    }
    answers
}

#[test]
fn nothing_of_a_customer_out_of_scope_is_in_any_byte_of_any_answer() {
    let answers = with_each(seeds(), ask_for_all);
    let n: usize = answers.iter().map(|it| it.n).sum();
    let n_replaced: usize = answers.iter().map(|it| it.n_replaced).sum();
    // Customers in scope came from clusters that are hidden, and their steps tell of it.
    assert!(n_replaced > 0);
    eprintln!(
        "soak: {} worlds, {n} answers to people with a scope, {n_replaced} of them tell of a cluster that cannot be seen; none had a byte of what is out of scope",
        answers.len()
    );
}

#[tokio::test]
async fn the_marker_is_in_the_answers_to_who_sees_all() {
    let mut world = RandomWorld::new(1, 0).await;
    world.mix().await;
    let ids = Ids::of(&world, 1).await;
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

/// A body without its nonce, and without what scripts start from, which the page shows anyway.
fn without_scripts(answer: &TestResponse) -> String {
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
    text
}

/// A text without what is another in each world: batch ids and the present time.
fn without_times(text: &str) -> String {
    let today = now().format("%Y-%m-%d").to_string();
    let mut shown = String::new();
    let mut rest = text;
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
    shown
}

/// These begin with the present time, show when a session began, or say by chance when to come back.
const TELL_TIME: [&str; 5] = [
    "/rpc/read_frame",
    "/rpc/read_dashboard",
    "/api/sessions",
    "/account",
    "/api/events",
];

/// Compares the answers of two worlds of a seed that differ out of scope.
async fn compare_twins(seed: u64) {
    let twins = [
        RandomWorld::new(seed, 0).await,
        RandomWorld::new(seed, 1).await,
    ];
    let ids = Ids::of(&twins[0], seed).await;
    let mut people = Vec::new();
    for twin in &twins {
        let (app, scope) = (&twin.app, twin.scope.clone());
        people.push(app.person_named("mei", Role::Viewer, scope).await);
    }
    for it in addresses::reads(&ids) {
        let path = it.1.split('?').next().unwrap_or_default();
        if TELL_TIME.contains(&path) {
            continue;
        }
        let one = ask(&twins[0], &people[0], &it).await;
        let other = ask(&twins[1], &people[1], &it).await;
        let what = format!("seed {seed}: {} {} {}", it.0, it.1, it.2);
        assert_eq!(one.status, other.status, "{what}");
        let [one, other] = [&one, &other].map(without_scripts);
        // Most bodies are the same byte for byte, and looking for times takes longer than to be answered.
        if one != other {
            assert_eq!(without_times(&one), without_times(&other), "{what}");
        }
    }
}

#[test]
fn worlds_that_differ_out_of_scope_look_the_same() {
    let seeds = seeds();
    let n_seeds = (seeds.end - seeds.start).div_ceil(4);
    with_each(seeds.start..seeds.start + n_seeds, compare_twins);
}

#[tokio::test]
async fn what_is_out_of_scope_answers_as_what_is_not_there() {
    for seed in seeds().take(8) {
        let world = RandomWorld::new(seed, 0).await;
        let Some(customer) = world.customers.iter().find(|it| it.is_in_scope) else {
            continue;
        };
        let june = world.releases[0].0.0;
        let operator = world.app.person(Role::Operator, world.scope.clone()).await;
        let hidden = world.hidden_steps.iter().step_by(5).map(|it| it.0);
        let hidden: Vec<i64> = hidden.collect();
        let unknown: Vec<i64> = hidden.iter().map(|it| it + 50_000).collect();
        let before = hidden_rows(&world).await;
        let of = |steps: &[i64]| addresses::writes(steps, june, customer.id.0);
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
            let is_bulk = there.1.ends_with("/bulk") || there.1 == "/api/runs";
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
