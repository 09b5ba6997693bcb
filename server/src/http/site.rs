//! Static files, embedded in the binary: script, WASM and style under hashed names, in brotli only. Browsers take that over https and
//! from this machine; over plain http they take gzip, which is made as a file is sent. Without a built site (tests, `cargo check`) there
//! are none, and pages stay as the server renders them.
use super::compressed_page::takes_brotli;
use app::{
    pages::releases::draft::DRAFT_IN_HTML,
    shell::{SiteAssets, keys_script},
};
use axum::{
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::Embed;
use std::{collections::BTreeMap, io::Read, sync::OnceLock};
use tokio::task::spawn_blocking;

/// How much is unpacked at once.
const BUFFER_BYTES: usize = 16 * 1024;

#[derive(Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
#[exclude = "*.ts"]
#[exclude = "pkg/*.wasm"]
#[exclude = "pkg/*.bin"]
#[exclude = "pkg/*.js"]
#[exclude = "pkg/*.css"]
struct SiteFiles;

/// What the document needs of the built site; none without one.
pub fn asset_names() -> Option<&'static SiteAssets> {
    static NAMES: OnceLock<Option<SiteAssets>> = OnceLock::new();
    NAMES
        .get_or_init(|| {
            let find = |start: &str, ending: &str| {
                SiteFiles::iter().find_map(|path| {
                    let name = path.strip_prefix("pkg/")?.strip_suffix(".br")?;
                    (name.starts_with(start) && name.ends_with(ending)).then(|| name.to_owned())
                })
            };
            let manifest =
                SiteFiles::get(&format!("pkg/{}", find("__wasm_split_manifest", ".json")?))?;
            let parts: BTreeMap<String, Vec<String>> =
                serde_json::from_slice(&manifest.data).ok()?;
            let with_ending =
                |files: Vec<String>| files.iter().map(|it| format!("{it}.wasm")).collect();
            Some(SiteAssets {
                script: find("rollcall", ".js")?,
                splitter: find("__wasm_split.", ".js")?,
                wasm: find("rollcall", ".wasm")?,
                style: find("rollcall", ".css")?,
                parts: parts
                    .into_iter()
                    .map(|(name, files)| (name, with_ending(files)))
                    .collect(),
                bundles: SiteFiles::iter()
                    .filter_map(|path| {
                        let file = path.strip_prefix("pkg/")?.strip_suffix(".bin.br")?;
                        let (name, _hash) = file.strip_prefix("bundle_")?.split_once('.')?;
                        Some((name.to_owned(), format!("{file}.bin")))
                    })
                    .collect(),
                scripts: SiteFiles::iter()
                    .filter_map(|path| {
                        let name = path.strip_prefix("document/")?.strip_suffix(".js")?;
                        let text = String::from_utf8(SiteFiles::get(&path)?.data.into_owned());
                        Some((name.to_owned(), text.ok()?))
                    })
                    .collect(),
            })
        })
        .as_ref()
}

/// Has the page of a draft load the WASM of a draft. The head of the document names that of a matrix, which has the same address: what a
/// release is, only the rest of its page knows. Other pages stay as they are.
pub fn with_bundle_of_draft(page: Bytes) -> Bytes {
    let bundles = asset_names().and_then(SiteAssets::bundles_of_release);
    match (bundles, std::str::from_utf8(&page)) {
        (Some((matrix, draft)), Ok(html)) if html.contains(DRAFT_IN_HTML) => {
            html.replace(matrix, draft).into()
        }
        _ => page,
    }
}

/// A file of the package as it was built; none if it cannot be read.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    brotli::Decompressor::new(packed, BUFFER_BYTES)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

/// `GET /pkg/{file}`: a file whose name changes with its content, so clients may cache it for ever. Clients that do not accept brotli get
/// it unpacked.
pub async fn package(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let Some(packed) = SiteFiles::get(&format!("pkg/{file}.br")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_packed = takes_brotli(&headers);
    let body = if is_packed {
        Body::from(packed.data)
    } else if let Ok(Some(bytes)) = spawn_blocking(move || unpacked(&packed.data)).await {
        Body::from(bytes)
    } else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type(&file));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

/// A file at the root of the site. Its name stays the same, so clients may cache it for an hour only.
pub fn asset(name: &'static str) -> Response {
    let Some(content) = SiteFiles::get(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(content.data));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type(name));
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=3600"),
    );
    response
}

/// The address of `keys`, for the pages of this build.
pub fn keys_address() -> String {
    let build = asset_names().map_or("", |it| it.wasm.as_str());
    format!("/keys.js?{build}")
}

/// The script of the keys, for pages that do without the application: the same that the others have in their document.
pub fn keys() -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type("keys.js")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        ),
    ];
    (headers, keys_script(asset_names())).into_response()
}

fn media_type(file: &str) -> HeaderValue {
    HeaderValue::from_static(match file.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    })
}
