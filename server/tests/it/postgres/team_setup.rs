//! Tests of what README and Dockerfile show for a team: nginx before two servers with a real one, and the files for systemd and
//! docker as far as they can be read without either.
use crate::{
    program::{RunningServer, program_at, run_at},
    proxy::{PUBLIC_HOST, Proxy, add_ana, signed_in, snippet},
    test_database::{TestDatabase, TestEngine},
    tidy::root,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{Seek, Write},
    process::Command,
};

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The README's blocks in this language.
pub fn blocks(language: &str) -> Vec<String> {
    let (readme, fence) = (read("README.md"), format!("```{language}\n"));
    let blocks = readme.split(fence.as_str()).skip(1);
    let texts = blocks.map(|it| it.split_once("```").unwrap().0.to_owned());
    texts.collect()
}

/// What a YAML file says.
fn parsed(yaml: &str) -> Value {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(yaml.as_bytes()).unwrap();
    input.rewind().unwrap();
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut command = Command::new("python3");
    let output = command.args(["-c", program]).stdin(input).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Fails if the program does not know a setting.
fn are_known<'a>(settings: impl Iterator<Item = &'a str>) {
    let help = run_at("sqlite://unused.db", &["--help"]);
    for name in settings {
        assert!(help.done().contains(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_for_two_servers_works_also_when_one_is_killed() {
    let place = TestDatabase::new(TestEngine::Postgres).await;
    let folder = tempfile::tempdir().unwrap();
    add_ana(program_at(&place.url()));
    let start = || {
        let mut command = program_at(&place.url());
        command
            .env("ROLLCALL_PUBLIC_URL", format!("https://{PUBLIC_HOST}"))
            .env("ROLLCALL_TRUSTED_PROXIES", "127.0.0.1")
            .env("ROLLCALL_AUTH", "login");
        RunningServer::start(&mut command)
    };
    let (first, second) = (start(), start());
    let servers = [
        ("127.0.0.1:3001", first.address.as_str()),
        ("127.0.0.1:3002", second.address.as_str()),
    ];
    let proxy = Proxy::start(folder.path(), &snippet(2), &servers);
    let cookie = signed_in(&proxy);
    let own = format!(
        "Content-Type: application/json\r\nOrigin: https://{PUBLIC_HOST}\r\nCookie: {cookie}\r\n"
    );
    // They take turns, and each knows the session and what the other did.
    for n in 0..6 {
        let body = format!(r#"{{"draft":{{"name":"place-{n}"}}}}"#);
        let made = proxy.ask("POST", "/rpc/create_cluster", &own, &body);
        assert!(made.starts_with("HTTP/1.1 200 "), "{made}");
        let page = proxy.ask("GET", "/clusters", &own, "");
        assert!(page.contains(&format!("place-{n}")), "{page}");
    }
    drop(first);
    for _ in 0..4 {
        let page = proxy.ask("GET", "/clusters", &own, "");
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    }
}

#[test]
fn the_compose_files_can_be_read_and_their_settings_exist() {
    let mut files = blocks("yaml");
    assert_eq!(files.len(), 3);
    // The last is for Kubernetes, and of runners.
    files.truncate(2);
    let files: Vec<Value> = files.iter().map(|it| parsed(it)).collect();
    for file in &files {
        for (name, service) in file["services"].as_object().unwrap() {
            let is_ours = service["build"] == ".";
            assert!(is_ours || service["image"].is_string(), "{name}");
            if is_ours {
                are_known(
                    service["environment"]
                        .as_object()
                        .unwrap()
                        .keys()
                        .map(String::as_str),
                );
            }
        }
        // Every named volume is declared.
        let volumes = file["services"].as_object().unwrap().values();
        let volumes = volumes.flat_map(|it| it["volumes"].as_array().cloned().unwrap_or_default());
        for volume in volumes {
            let (from, _) = volume.as_str().unwrap().split_once(':').unwrap();
            let is_path = from.starts_with(['/', '.']);
            assert!(is_path || file["volumes"].get(from).is_some(), "{volume}");
        }
    }
    let services = &files[1]["services"];
    assert_eq!(services["rollcall-1"], services["rollcall-2"]);
    assert!(services["postgres"].is_object() && services["nginx"].is_object());
}

#[test]
fn the_settings_of_the_units_exist() {
    let mut units = blocks("ini");
    assert_eq!(units.len(), 3);
    // The last is of runners.
    units.truncate(2);
    for unit in &units {
        let settings = unit
            .lines()
            .filter_map(|it| it.strip_prefix("Environment="));
        let names: BTreeSet<&str> = settings.map(|it| it.split_once('=').unwrap().0).collect();
        assert!(names.contains("ROLLCALL_AUTH"), "{unit}");
        are_known(names.into_iter());
    }
    // The template is for any number of servers, each at a port of its own, and none has a file.
    assert!(units[1].contains("Environment=ROLLCALL_ADDR=127.0.0.1:%i\n"));
    assert!(!units[1].contains("StateDirectory") && !units[1].contains("BACKUP"));
}

#[test]
fn the_image_has_the_node_js_that_the_readme_asks_for_and_no_root() {
    let (image, readme) = (read("Dockerfile"), read("README.md"));
    let number_after = |text: &str, words: &str| -> u32 {
        let (_, rest) = text.split_once(words).unwrap();
        let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap();
        rest[..end].parse().unwrap()
    };
    assert!(number_after(&image, "FROM node:") >= number_after(&readme, "Node.js "));
    let (_, last) = image.rsplit_once("\nFROM ").unwrap();
    for instruction in ["USER ", "HEALTHCHECK ", "VOLUME "] {
        assert!(last.contains(&format!("\n{instruction}")), "{instruction}");
    }
    are_known(["DATABASE_URL", "ROLLCALL_ADDR", "ROLLCALL_AUTH"].into_iter());
}

#[test]
fn the_health_check_of_the_image_tells_a_server_from_none() {
    let image = read("Dockerfile");
    let (_, check) = image.split_once("HEALTHCHECK ").unwrap();
    let (_, check) = check.split_once("CMD ").unwrap();
    let command: Vec<String> = serde_json::from_str(check.lines().next().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let server = RunningServer::start(&mut program_at(&url));
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    let is_healthy = || {
        let script = command[2].replace("/3000", &format!("/{port}"));
        assert_ne!(script, command[2]);
        let output = Command::new(&command[0])
            .args([&command[1], &script])
            .output();
        output.unwrap().status.success()
    };
    assert!(is_healthy());
    server.end();
    assert!(!is_healthy());
}
