//! A run with the real kubectl, which `ROLLCALL_TEST_KUBECTL` names, against an API server over TLS that answers as the API conventions
//! of Kubernetes say: discovery by `APIVersions`, `APIGroupList` and `APIResourceList`, then the object, then a patch of it.
use super::{RunnerWorld, RunningRunner};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::{Value, json};
use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

const TOKEN: &str = "kubernetes-secret-token";

/// An API server with one deployment, as long as the test runs.
struct FakeCluster {
    address: String,
    /// What it was asked, of who bears the token: method and path, and what a patch bears.
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeCluster {
    /// With a certificate in this folder.
    fn start(folder: &Path) -> Self {
        let [key, certificate] = ["kube.key", "kube.pem"].map(|it| folder.join(it));
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
            ])
            .args([
                "-subj",
                "/CN=kubernetes",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let chain = vec![CertificateDer::from_pem_file(&certificate).unwrap()];
        let key = PrivateKeyDer::from_pem_file(&key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, told) = (Arc::clone(&config), Arc::clone(&told));
                // A client may hang up at any time.
                thread::spawn(move || converse(stream.unwrap(), config, &told));
            }
        });
        Self { address, asked }
    }

    /// A kubeconfig for it.
    fn kubeconfig(&self, folder: &Path) -> String {
        let file = folder.join("kubeconfig");
        let server = format!("https://{}", self.address);
        let authority = folder.join("kube.pem");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "prod-eu",
            "clusters": [{ "name": "eu", "cluster": { "server": server, "certificate-authority": authority } }],
            "users": [{ "name": "runner", "user": { "token": TOKEN } }],
            "contexts": [{ "name": "prod-eu", "context": { "cluster": "eu", "user": "runner" } }],
        });
        fs::write(&file, config.to_string()).unwrap();
        file.display().to_string()
    }
}

/// One connection, to its end.
fn converse(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    told: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let (mut is_known, mut long) = (false, 0);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "authorization" => is_known = value == format!("Bearer {TOKEN}"),
                "content-length" => long = value.parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; long];
        stream.read_exact(&mut body)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let path = target.split('?').next().unwrap();
        if is_known {
            let body = String::from_utf8(body).unwrap();
            let line = format!("{method} {path} {body}");
            told.lock().unwrap().push(line.trim_end().to_owned());
        }
        let (status, answer) = if is_known {
            answer(path)
        } else {
            (401, status(401, "Unauthorized"))
        };
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let to = stream.get_mut();
        to.write_all(head.as_bytes())?;
        to.write_all(answer.as_bytes())?;
        to.flush()?;
    }
}

fn status(code: u16, reason: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": reason,
        "reason": reason, "code": code })
}

fn answer(path: &str) -> (u16, Value) {
    let version = json!({ "groupVersion": "apps/v1", "version": "v1" });
    let found = match path {
        "/api" => json!({ "kind": "APIVersions", "versions": ["v1"] }),
        "/apis" => json!({ "kind": "APIGroupList", "apiVersion": "v1",
            "groups": [{ "name": "apps", "versions": [version], "preferredVersion": version }] }),
        "/api/v1" => json!({ "kind": "APIResourceList", "groupVersion": "v1", "resources": [] }),
        "/apis/apps/v1" => {
            json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "apps/v1",
            "resources": [{ "name": "deployments", "singularName": "deployment", "namespaced": true, "kind": "Deployment",
                "shortNames": ["deploy"], "verbs": ["get", "list", "patch"] }] })
        }
        "/apis/apps/v1/namespaces/ns-000/deployments/web" => {
            json!({ "kind": "Deployment", "apiVersion": "apps/v1",
            "metadata": { "name": "web", "namespace": "ns-000", "uid": "u-1", "resourceVersion": "7" },
            "spec": { "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
                "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [] } } } })
        }
        _ => return (404, status(404, "NotFound")),
    };
    (200, found)
}

#[test]
fn the_real_kubectl_acts_on_the_customer_s_namespace_with_the_cluster_s_kubeconfig() {
    let Ok(kubectl) = env::var("ROLLCALL_TEST_KUBECTL") else {
        eprintln!("skipped: ROLLCALL_TEST_KUBECTL does not name a kubectl");
        return;
    };
    let patch = r#"{"spec":{"replicas":3}}"#;
    let text = format!(
        "kubectl -n \"$NAMESPACE\" patch deployment web -p '{patch}'; kubectl config view --raw"
    );
    let missing = "kubectl -n \"$NAMESPACE\" get deployment nothing";
    let world = RunnerWorld::start(&[("bash", &text), ("bash", missing)]);
    let cluster = FakeCluster::start(world.folder.path());
    let kubeconfig = format!("prod-eu={}", cluster.kubeconfig(world.folder.path()));
    let token = world.token("eu-1");
    let arguments = ["--kubeconfig", &kubeconfig, "--mask-env", "KUBE_TOKEN"];
    let mut command = world.command(&token, &arguments);
    let folder = Path::new(&kubectl).parent().unwrap().display();
    let path = format!("{folder}:{}", env::var("PATH").unwrap());
    command.env("PATH", path).env("KUBE_TOKEN", TOKEN);
    let runner = RunningRunner::start(&mut command, &world.path("log"));

    let run = world.ask(1, 60);
    world.wait_for(run, "succeeded");
    let output = world.output(run);
    assert!(output.contains("deployment.apps/web patched"), "{output}");
    // kubectl prints the token, and it is masked.
    assert!(
        output.contains("token: ***") && !output.contains(TOKEN),
        "{output}"
    );
    let patched = format!("PATCH /apis/apps/v1/namespaces/ns-000/deployments/web {patch}");
    let asked = cluster.asked.lock().unwrap().clone();
    assert!(asked.contains(&patched), "{asked:?}");

    let run = world.ask(2, 60);
    let failed = world.wait_for(run, "failed");
    let reason = failed["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("exit code 1: Error from server (NotFound)"),
        "{reason}"
    );
    drop(runner);
}
