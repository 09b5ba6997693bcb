//! Tests of several real servers on one `PostgreSQL`: many start at once, one is killed, and the database goes away and comes back.
use crate::{
    cluster::PostgresCluster,
    model::chain::ChainWatch,
    program::{RunningServer, program_at},
    test_database::{TestDatabase, TestEngine},
};
use app::store::{
    Database,
    entity::{audit_event, cluster},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{EntityTrait, PaginatorTrait};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

const SERVERS: usize = 10;
const CLIENTS: usize = 32;
/// Changes that each client asks for.
const CHANGES: usize = 12;
/// Acknowledged changes before one of two servers is killed.
const BEFORE_KILL: usize = 100;
/// How long a server may take until it answers again.
const BACK_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn ten_servers_start_at_once_on_an_empty_database() {
    let place = TestDatabase::empty_on_postgres().await;
    let url = place.url();
    let servers: Vec<RunningServer> = thread::scope(|scope| {
        let starts: Vec<_> = (0..SERVERS)
            .map(|_| scope.spawn(|| RunningServer::start(&mut program_at(&url))))
            .collect();
        starts.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for (n, server) in servers.iter().enumerate() {
        assert_eq!(server.ask("GET", "/readyz", "").0, 200);
        assert_eq!(server.create_cluster(&format!("cluster {n}")), 200);
    }
    let database = Database::open(&url).await.unwrap();
    let pending = Migrator::get_pending_migrations(database.writer()).await;
    assert!(pending.unwrap().is_empty());
    assert_eq!(ChainWatch::new().follow(&database).await, Ok(()));
    for server in servers {
        server.end();
    }
}

/// Tries to create a cluster. Errors: the server is gone.
fn try_create(address: &str, name: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    let body = serde_json::json!({ "draft": { "name": name } }).to_string();
    let long = body.len();
    write!(
        stream,
        "POST /rpc/create_cluster HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {long}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_acknowledged_is_there_after_it_was_killed_and_the_other_works_on() {
    let place = TestDatabase::new(TestEngine::Postgres).await;
    let start = || RunningServer::start(&mut program_at(&place.url()));
    let (victim, survivor) = (start(), start());
    let addresses = [victim.address.clone(), survivor.address.clone()];
    let (tell, told) = mpsc::channel::<String>();
    let acknowledged: BTreeSet<String> = thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (tell, address) = (tell.clone(), &addresses[client % 2]);
            let is_survivor = client % 2 == 1;
            scope.spawn(move || {
                for n in 0..CHANGES {
                    let name = format!("c{client}-{n}");
                    let made = try_create(address, &name);
                    if is_survivor {
                        assert!(made.unwrap(), "{name} was refused by the server that lives");
                    } else if !made.unwrap_or(false) {
                        // Killed.
                        return;
                    }
                    tell.send(name).unwrap();
                }
            });
        }
        drop(tell);
        let mut acknowledged: BTreeSet<String> = told.iter().take(BEFORE_KILL).collect();
        drop(victim);
        acknowledged.extend(told.iter());
        acknowledged
    });
    assert!(acknowledged.len() >= CLIENTS / 2 * CHANGES);
    let database = Database::open(&place.url()).await.unwrap();
    let rows = cluster::Entity::find().all(database.writer()).await;
    let rows: BTreeSet<String> = rows.unwrap().into_iter().map(|it| it.name).collect();
    let lost: Vec<&String> = acknowledged.difference(&rows).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert_eq!(ChainWatch::new().follow(&database).await, Ok(()));
    // An event for each row, also for one whose answer did not arrive.
    let events = audit_event::Entity::find().count(database.writer()).await;
    assert_eq!(usize::try_from(events.unwrap()).unwrap(), rows.len());
    eprintln!(
        "soak: {} changes by {CLIENTS} clients over two servers were acknowledged, one server was killed after {BEFORE_KILL}; none was lost",
        acknowledged.len()
    );
    survivor.end();
}

/// Asks until this address answers with this status.
fn wait_until(server: &RunningServer, path: &str, status: u16) {
    let began = Instant::now();
    while server.ask("GET", path, "").0 != status {
        assert!(began.elapsed() < BACK_WITHIN, "{path} is not {status}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_server_that_loses_its_database_says_so_and_comes_back_by_itself() {
    // The user of the cluster has no rights, and must get there.
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("cluster");
    let cluster = PostgresCluster::start(Some(&data));
    let server = RunningServer::start(&mut program_at(&cluster.url));
    assert_eq!(server.create_cluster("before"), 200);
    assert_eq!(server.ask("GET", "/readyz", "").0, 200);

    drop(cluster);
    assert_eq!(server.ask("GET", "/healthz", "").0, 200);
    assert_eq!(server.ask("GET", "/readyz", "").0, 503);
    for (method, path, body) in [
        ("GET", "/api/clusters", ""),
        ("POST", "/api/clusters", r#"{"name":"lost"}"#),
    ] {
        let (status, answer) = server.ask(method, path, body);
        assert_eq!(status, 503, "{method} {path}: {answer}");
        let problem = "urn:rollcall:problem:database-unavailable";
        assert!(answer.contains(problem), "{method} {path}: {answer}");
        let head = answer.to_ascii_lowercase();
        assert!(head.contains("\r\nretry-after: "), "{answer}");
    }
    for path in ["/", "/clusters", "/rpc/list_releases"] {
        let method = if path.starts_with("/rpc") {
            "POST"
        } else {
            "GET"
        };
        let (status, answer) = server.ask(method, path, "{}");
        assert_eq!(status, 503, "{path}: {answer}");
        let head = answer.to_ascii_lowercase();
        assert!(head.contains("\r\nretry-after: "), "{path}: {answer}");
    }

    let cluster = PostgresCluster::start(Some(&data));
    wait_until(&server, "/readyz", 200);
    let (status, answer) = server.ask("GET", "/api/clusters", "");
    assert_eq!(status, 200);
    assert!(answer.contains("before") && !answer.contains("lost"));
    assert_eq!(server.create_cluster("after"), 200);
    server.end();
    drop(cluster);
}
