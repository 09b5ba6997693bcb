//! A page of the page cache in brotli whose nonce can be replaced: the pieces between the places of the nonce are compressed once, so
//! that none refers to another, and joined with a new nonce for each response. Compressing the page again would cost more than all
//! else of a response from the cache.
use axum::http::{HeaderMap, header::ACCEPT_ENCODING};
use brotli::{
    BrotliCompress,
    concat::{BroCatli, BroCatliResult},
    enc::BrotliEncoderParams,
};

/// As for pages that are compressed whole (`middleware::COMPRESSION_LEVEL`).
const QUALITY: i32 = 3;
/// The logarithm of the bytes that the encoder looks back: 256 KiB.
const WINDOW_BITS: i32 = 18;
/// More than what joining adds to the length of a piece, in bytes.
const JOINT_BYTES: usize = 16;

/// The pieces, each a brotli stream that can follow another one. Between two of them is the nonce.
pub struct CompressedPage(Vec<Vec<u8>>);

/// None if the encoder fails, which it does not on bytes in memory.
fn compressed(mut piece: &[u8]) -> Option<Vec<u8>> {
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW_BITS,
        size_hint: piece.len(),
        catable: true,
        appendable: true,
        use_dictionary: false,
        ..BrotliEncoderParams::default()
    };
    let mut out = Vec::new();
    BrotliCompress(&mut piece, &mut out, &params).ok()?;
    Some(out)
}

impl CompressedPage {
    /// Compresses a page with a nonce of this length at these byte offsets, which are in order.
    pub fn new(body: &[u8], nonce_length: usize, nonce_offsets: &[usize]) -> Option<Self> {
        let mut pieces = Vec::with_capacity(nonce_offsets.len() + 1);
        let mut start = 0;
        for offset in nonce_offsets {
            pieces.push(compressed(body.get(start..*offset)?)?);
            start = offset + nonce_length;
        }
        pieces.push(compressed(body.get(start..)?)?);
        Some(Self(pieces))
    }

    /// The page in brotli, with this nonce.
    pub fn with_nonce(&self, nonce: &str) -> Option<Vec<u8>> {
        let nonce = compressed(nonce.as_bytes())?;
        let bytes = self.0.iter().map(Vec::len).sum::<usize>() + self.0.len() * nonce.len();
        let mut out = vec![0; bytes + 2 * self.0.len() * JOINT_BYTES];
        let (mut joined, mut length) = (BroCatli::new(), 0);
        for (index, piece) in self.0.iter().enumerate() {
            let nonce = (index > 0).then_some(&nonce);
            for stream in nonce.into_iter().chain([piece]) {
                joined.new_brotli_file();
                let result = joined.stream(stream, &mut 0, &mut out, &mut length);
                if !matches!(
                    result,
                    BroCatliResult::NeedsMoreInput | BroCatliResult::Success
                ) {
                    return None;
                }
            }
        }
        if joined.finish(&mut out, &mut length) != BroCatliResult::Success {
            return None;
        }
        out.truncate(length);
        Some(out)
    }
}

/// Whether a client takes brotli, and likes nothing else better. What is written in another way than browsers do is left to the layer
/// that compresses everything.
pub fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    accepted.is_some_and(|it| !it.contains(';') && it.split(',').any(|word| word.trim() == "br"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use brotli::BrotliDecompress;

    fn decompressed(mut page: &[u8]) -> String {
        let mut out = Vec::new();
        BrotliDecompress(&mut page, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_page_has_another_nonce_each_time_and_is_the_same_else() {
        let cell = r#"<td class="cell" role="gridcell" data-state="done" aria-label="Step 1 Größe, Acme: done"></td>"#;
        for between in [String::new(), "<p>".to_owned(), cell.repeat(3_000)] {
            let page = |nonce: &str| format!("<script nonce=\"{nonce}\">{between}{nonce}</script>");
            let old = page("abcdefgh");
            let offsets: Vec<usize> = old.match_indices("abcdefgh").map(|it| it.0).collect();
            let compressed = CompressedPage::new(old.as_bytes(), 8, &offsets).unwrap();
            for nonce in ["abcdefgh", "01234567", "zzzzzzzz"] {
                let sent = compressed.with_nonce(nonce).unwrap();
                assert_eq!(decompressed(&sent), page(nonce));
                assert!(sent.len() < 200 + between.len() / 50, "{}", sent.len());
            }
        }
        let plain = CompressedPage::new(b"<p>no nonce</p>", 8, &[]).unwrap();
        let sent = plain.with_nonce("01234567").unwrap();
        assert_eq!(decompressed(&sent), "<p>no nonce</p>");
    }

    #[test]
    fn only_who_plainly_takes_brotli_gets_it_from_here() {
        let takes = |accepted: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            takes_brotli(&headers)
        };
        assert!(takes("gzip, deflate, br, zstd") && takes("br"));
        assert!(!takes("gzip") && !takes("br;q=0, gzip") && !takes("") && !takes("brotli"));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
