//! Test of two servers on one `PostgreSQL` that send: each message is sent by one of them.
use super::{
    program::{deliveries, make_hook, send_test},
    receiver::HookReceiver,
};
use crate::{
    program::{RunningServer, program_at},
    test_database::{TestDatabase, TestEngine},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{collections::BTreeSet, fs};

const MESSAGES: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_sent_by_one_of_two_servers() {
    let receiver = HookReceiver::start(Vec::new()).await;
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("rollcall.key");
    fs::write(&key, STANDARD.encode([7; 32])).unwrap();
    let place = TestDatabase::new(TestEngine::Postgres).await;
    let start = || {
        let mut command = program_at(&place.url());
        command.env("ROLLCALL_OUT_ALLOW", "127.0.0.1");
        command.env("ROLLCALL_KEY_FILE", &key);
        RunningServer::start(&mut command)
    };
    let servers = [start(), start()];
    let hook = make_hook(&servers[0], &receiver.url);
    for n in 0..MESSAGES {
        send_test(&servers[n % 2], hook);
    }
    receiver.wait_for(MESSAGES).await;
    let delivered = deliveries(&servers[1], hook, "delivered");
    assert_eq!(delivered.len(), MESSAGES);
    for server in servers {
        server.end();
    }
    let got = receiver.got();
    let ids: BTreeSet<&str> = got.iter().map(|it| it.header("webhook-id")).collect();
    assert_eq!((got.len(), ids.len()), (MESSAGES, MESSAGES));
}
