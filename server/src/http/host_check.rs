//! Turns away requests for a host that is not this server's, before anything of them is read (R87): 421, or 400 if a
//! request names no host, two, or another one than its target.
use super::peer::Arrival;
use crate::{
    ops::allowed_hosts::{AllowedHosts, normalized},
    rest::problem::{self, Problem},
};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

const MISDIRECTED: &str = "Rollcall does not answer under this name. If it should, set ROLLCALL_PUBLIC_URL or ROLLCALL_HOSTS";
const BAD_HOST: &str = "The request must name its host once, and the same one as its target, which is a path or a whole address";

/// The host that a request is meant for: of its header, its target, or both. Errors: 400 for none, two, or one that is not
/// that of the target; 421 for a text that is no host.
fn host_of<B>(request: &axum::http::Request<B>) -> Result<String, StatusCode> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let header = named.next();
    let target = request.uri().authority();
    let is_path_missing = target.is_some() && request.uri().scheme().is_none();
    if named.next().is_some() || is_path_missing {
        return Err(StatusCode::BAD_REQUEST);
    }
    let of_header = header.map(|it| normalized(it.to_str().ok()?));
    let of_target = target.map(|it| normalized(it.as_str()));
    match (of_header, of_target) {
        (Some(one), Some(other)) if one != other => Err(StatusCode::BAD_REQUEST),
        (Some(host), _) | (None, Some(host)) => host.ok_or(StatusCode::MISDIRECTED_REQUEST),
        (None, None) => Err(StatusCode::BAD_REQUEST),
    }
}

fn check<B>(hosts: &AllowedHosts, request: &axum::http::Request<B>) -> Result<(), StatusCode> {
    let host = host_of(request)?;
    let arrival = request.extensions().get::<ConnectInfo<Arrival>>();
    if hosts.allows(&host, arrival.and_then(|it| it.0.local)) {
        Ok(())
    } else {
        Err(StatusCode::MISDIRECTED_REQUEST)
    }
}

/// The middleware. Whether the program lives may be asked under any name.
pub async fn check_host(
    State(hosts): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    let Err(status) = check(&hosts, &request) else {
        return next.run(request).await;
    };
    let text = if status == StatusCode::BAD_REQUEST {
        BAD_HOST
    } else {
        MISDIRECTED
    };
    if problem::is_rest_path(path) {
        Problem::new(status, text).into_response()
    } else {
        (status, format!("{text}.\n")).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn status(target: &str, hosts: &[&str]) -> u16 {
        let mut request = Request::builder().uri(target);
        for it in hosts {
            request = request.header(header::HOST, *it);
        }
        let request = request.body(()).unwrap();
        check(&AllowedHosts::default(), &request).map_or_else(|it| it.as_u16(), |()| 200)
    }

    #[test]
    fn a_request_names_one_host() {
        assert_eq!(status("/", &["localhost"]), 200);
        assert_eq!(status("/", &["evil.example"]), 421);
        assert_eq!(status("/", &[]), 400);
        assert_eq!(status("/", &["localhost", "localhost"]), 400);
        for no_host in ["a b", "127.1", "2130706433", "evil!", "localhost:65536"] {
            assert_eq!(status("/", &[no_host]), 421, "{no_host}");
        }
        assert_eq!(status("localhost:80", &["localhost"]), 400);
        assert_eq!(status("http://localhost:80/", &["localhost"]), 200);
        assert_eq!(status("http://evil.example/", &["localhost"]), 400);
        assert_eq!(status("http://localhost/", &["a b"]), 400);
        assert_eq!(status("http://localhost/", &[]), 200);
        assert_eq!(status("http://evil.example/", &[]), 421);
    }
}
