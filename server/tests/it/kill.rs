//! Test of atomicity with the real server: it is killed during an operation, and then all of the operation is stored, or
//! nothing.
use crate::{
    harness::{TestApp, in_open_mode, number},
    test_database::{TestDatabase, TestEngine},
    world::draft,
};
use app::{
    domain::{
        id::{CustomerId, ReleaseId},
        order::Position,
        release::ReleaseDraft,
    },
    store::Database,
};
use sea_orm::{ConnectionTrait, Statement};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const CUSTOMERS: usize = 250;
const STEPS: usize = 20;
const CELLS: i64 = 5_000;
/// How often the server is killed, unless `SOAK_KILLS` says otherwise.
const KILLS: u32 = 50;

/// A server on a database; killed when dropped.
struct KilledServer {
    child: Child,
    address: String,
}

impl KilledServer {
    fn start(database: &TestDatabase) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .env("DATABASE_URL", database.url())
            .env("ROLLCALL_ADDR", "127.0.0.1:0")
            .env("ROLLCALL_USER", "Ana")
            .env("NO_COLOR", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut this = Self {
            child,
            address: String::new(),
        };
        let mut log = BufReader::new(this.child.stderr.take().unwrap());
        let mut line = String::new();
        while log.read_line(&mut line).unwrap() > 0 {
            if let Some((_, address)) = line.trim_end().split_once("Rollcall is at http://") {
                address.clone_into(&mut this.address);
                // The rest of the log is discarded, so that the pipe does not fill up.
                std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
                return this;
            }
            line.clear();
        }
        panic!("the server did not start");
    }

    /// Sends a call and does not wait for the answer.
    fn send(&self, call: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, long) = (&self.address, body.len());
        write!(
            stream,
            "POST /rpc/{call} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {long}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
        stream
    }
}

impl Drop for KilledServer {
    fn drop(&mut self) {
        // SIGKILL: the process can flush nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the response has begun to arrive.
fn is_answered(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    matches!(stream.read(&mut [0; 1]), Ok(1..))
}

/// Counts of one state of the database: one statement sees all of a commit or nothing, also while a killed server's is under way.
async fn counts<const N: usize>(database: &Database, sql: [&str; N]) -> [i64; N] {
    let db = database.writer();
    let sql = sql.map(|it| format!("(SELECT count(*) FROM {it})"));
    let statement = format!("SELECT {}", sql.join(", "));
    let statement = Statement::from_string(db.get_database_backend(), statement);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    std::array::from_fn(|it| row.try_get_by_index(it).unwrap())
}

/// Fails if the database is damaged.
async fn is_whole(database: &Database) {
    if TestEngine::of_this_run() == TestEngine::Sqlite {
        let db = database.writer();
        let pragma = Statement::from_string(db.get_database_backend(), "PRAGMA integrity_check");
        let row = db.query_one_raw(pragma).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "ok");
        assert_eq!(counts(database, ["pragma_foreign_key_check"]).await, [0]);
    }
}

/// Creates customers and a draft with steps.
async fn release_and_customers(app: &TestApp) -> (ReleaseId, Vec<CustomerId>) {
    let store = &app.store;
    let customers = app.customers(CUSTOMERS).await;
    let release = ReleaseDraft {
        name: "June".into(),
        ..ReleaseDraft::default()
    };
    let release = store
        .create_release(release, app.ana())
        .await
        .unwrap()
        .row
        .id;
    for n in 0..STEPS {
        let step = draft(&format!("step {n}"), "deploy", "bash", "true");
        store
            .add_template(release, step, Position::Last, app.ana())
            .await
            .unwrap();
    }
    (release, customers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_leaves_all_of_an_operation_or_nothing() {
    let app = TestApp::new().await;
    let (release, customers) = release_and_customers(&app).await;
    app.database.clone().close().await.unwrap();
    let draft: &TestDatabase = &app.place;
    let active = draft.copy().await;
    {
        let database = Database::open(&active.url()).await.unwrap();
        in_open_mode(&database)
            .activate_release(release, Some(customers), app.ana())
            .await
            .unwrap();
        database.close().await.unwrap();
    }
    let ids: Vec<String> = (1..=CELLS).map(|it| it.to_string()).collect();
    let all = (1..=CUSTOMERS).map(|it| it.to_string()).collect::<Vec<_>>();
    let calls = [
        (
            draft,
            "activate_release",
            format!(r#"{{"id":1,"customers":[{}]}}"#, all.join(",")),
        ),
        (
            &active,
            "act_on_steps",
            format!(
                r#"{{"ids":[{}],"action":"start","reason":null}}"#,
                ids.join(",")
            ),
        ),
    ];
    // The duration of each operation without a kill.
    let mut long = Vec::new();
    for (from, call, body) in &calls {
        let victim = from.copy().await;
        let server = KilledServer::start(&victim);
        let began = Instant::now();
        let mut answer = Vec::new();
        server.send(call, body).read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 200"), "{call}: {answer}");
        long.push(began.elapsed());
    }
    let kills = u32::try_from(number("SOAK_KILLS", u64::from(KILLS))).unwrap();
    let (mut inside, mut whole) = (0, 0);
    for n in 0..kills {
        let which = usize::try_from(n).unwrap() % 2;
        let (from, call, body) = &calls[which];
        let victim = from.copy().await;
        let server = KilledServer::start(&victim);
        let mut stream = server.send(call, body);
        // The kills are spread evenly over the duration of the operation.
        let part = f64::from(n / 2) / f64::from(kills / 2);
        std::thread::sleep(Duration::from_millis(1) + long[which].mul_f64(part));
        let answered = is_answered(&mut stream);
        drop(server);
        inside += u32::from(!answered);
        let database = Database::open(&victim.url()).await.unwrap();
        is_whole(&database).await;
        let (changed, of, events, expected) = if which == 0 {
            let tables = [
                "release_customers",
                "releases WHERE status = 'active'",
                "customer_steps",
                "audit_events WHERE action = 'activate'",
            ];
            let [members, is_active, cells, events] = counts(&database, tables).await;
            assert_eq!(is_active * i64::try_from(CUSTOMERS).unwrap(), members);
            (cells, CELLS, events, 1)
        } else {
            let tables = [
                "customer_steps WHERE status = 'in_progress'",
                "audit_events WHERE action = 'start'",
            ];
            let [cells, events] = counts(&database, tables).await;
            (cells, CELLS, events, CELLS)
        };
        assert!(
            (changed, events) == (0, 0) || (changed, events) == (of, expected),
            "{call}: {changed} of {of} cells, {events} events"
        );
        assert!(
            !answered || changed == of,
            "{call} was acknowledged and is lost"
        );
        whole += u32::from(changed == of);
        database.close().await.unwrap();
    }
    eprintln!(
        "soak: {kills} kills, {inside} before the answer; {whole} times all was there, {} times nothing, never a part; nothing acknowledged was lost (activation {:?}, bulk {:?})",
        kills - whole,
        long[0],
        long[1]
    );
    assert!(
        inside >= kills / 2,
        "only {inside} of {kills} kills fell inside an operation"
    );
}
