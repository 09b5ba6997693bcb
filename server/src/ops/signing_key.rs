//! Keys that sign heads of the history (R89): Ed25519, in the form that `openssl genpkey -algorithm ed25519` writes (PKCS#8,
//! PEM). Signatures are base64, public keys hexadecimal digits.
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use std::{fmt, fs, io, path::Path, str::FromStr};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// What stands before the 32 bytes of a key in PKCS#8.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const KEY_BYTES: usize = 32;

/// Points of small order as public keys, without the bit for the sign; the last two are other ways to write the first two. By such
/// a key signatures are right that nobody made.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// A key that signs.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A new key as the text of its file, and its public half. Fails if the system has no random numbers.
    pub fn generate() -> io::Result<(String, PublicKey)> {
        let mut seed = [0_u8; KEY_BYTES];
        let failed = || io::Error::other("the system gives no random numbers");
        SystemRandom::new().fill(&mut seed).map_err(|_| failed())?;
        let document = [&PKCS8_HEAD[..], &seed].concat();
        let key = Self::of_document(&document).ok_or_else(failed)?;
        let public = key.public_key();
        let body = BASE64.encode(&document);
        let text = format!("Ed25519 public key: {public}\n{BEGIN}\n{body}\n{END}\n");
        Ok((text, public))
    }

    /// Reads the file of a key. Fails with what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        Self::of_text(&text).ok_or_else(|| "it is no Ed25519 key in PEM".to_owned())
    }

    fn of_text(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once(BEGIN)?;
        let (body, _) = rest.split_once(END)?;
        let body: String = body.split_whitespace().collect();
        Self::of_document(&BASE64.decode(body).ok()?)
    }

    fn of_document(document: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(document)
            .ok()
            .map(Self)
    }

    /// The signature of a text.
    pub fn sign(&self, text: &str) -> String {
        BASE64.encode(self.0.sign(text.as_bytes()))
    }

    /// What signatures are verified by.
    pub fn public_key(&self) -> PublicKey {
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }
}

/// The public half of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    fn is_of_small_order(self) -> bool {
        let mut bytes = self.0;
        if let Some(last) = bytes.last_mut() {
            *last &= 0x7f;
        }
        SMALL_ORDER.contains(&Self(bytes).to_string().as_str())
    }

    /// Whether a signature is of this text by this key.
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        BASE64.decode(signature).is_ok_and(|signature| {
            UnparsedPublicKey::new(&ED25519, self.0)
                .verify(text.as_bytes(), &signature)
                .is_ok()
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write the public key as 64 hexadecimal digits";
        let is_hex = text.len() == KEY_BYTES * 2 && text.bytes().all(|it| it.is_ascii_hexdigit());
        if !is_hex {
            return Err(WRONG);
        }
        let mut bytes = [0; KEY_BYTES];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(at * 2..at * 2 + 2).ok_or(WRONG)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| WRONG)?;
        }
        let key = Self(bytes);
        if key.is_of_small_order() {
            return Err(
                "by this public key signatures are right that nobody made: name that of a real key",
            );
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl genpkey -algorithm ed25519`; its public half by `openssl pkey -pubout`.
    const FROM_OPENSSL: &str = "MC4CAQAwBQYDK2VwBCIEIKeuL9j4M+0CuOyhfkrwthGp/+DD2nHgsT3Yv2gWf1OO";
    const PUBLIC: &str = "4b86fa2d027bb69e0985598b5e2528b6fbdfbf6dfe4f50730839104f670cd793";
    /// Of "41:ab", by `openssl pkeyutl -sign -rawin`.
    const SIGNATURE: &str =
        "hODGwVGCkUhqbtH1qCwDVZJ3Kqh+FwBoc0V1dg5/As8xAbRDyEF9EgEB1P4u0/EbXagwhs8b8Be6dFmphmfoAg==";

    #[test]
    fn a_key_of_openssl_signs_as_openssl_does() {
        let text = format!("{BEGIN}\n{FROM_OPENSSL}\n{END}\n");
        let key = SigningKey::of_text(&text).unwrap();
        assert_eq!(key.public_key().to_string(), PUBLIC);
        assert_eq!(key.sign("41:ab"), SIGNATURE);
        assert!(key.public_key().verifies("41:ab", SIGNATURE));
    }

    #[test]
    fn a_new_key_verifies_its_own_signatures_and_no_others() {
        let (text, public) = SigningKey::generate().unwrap();
        let key = SigningKey::of_text(&text).unwrap();
        assert_eq!(key.public_key(), public);
        assert_eq!(public.to_string().parse(), Ok(public));
        let signature = key.sign("41:ab");
        assert!(public.verifies("41:ab", &signature));
        assert!(!public.verifies("41:ac", &signature));
        assert!(!public.verifies("41:ab", &signature.replacen(&signature[..1], "_", 1)));
        let (_, other) = SigningKey::generate().unwrap();
        assert!(other != public && !other.verifies("41:ab", &signature));
    }

    #[test]
    fn a_public_key_by_which_anything_is_signed_is_refused() {
        // The neutral point: R is that point too, and S is 0.
        let neutral = PublicKey(
            [1].into_iter()
                .chain([0; 31])
                .collect::<Vec<u8>>()
                .try_into()
                .unwrap(),
        );
        let made_up = [1].into_iter().chain([0; 63]).collect::<Vec<u8>>();
        assert!(neutral.verifies("41:ab", &BASE64.encode(made_up)));
        for text in SMALL_ORDER {
            let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            let negative = format!("{}{:02X}", &text[..62], digits(62) | 0x80);
            for text in [text, &text.to_ascii_uppercase(), &negative] {
                let refused = text.parse::<PublicKey>().unwrap_err();
                assert!(refused.contains("nobody made"), "{text}");
            }
        }
        assert!(PUBLIC.parse::<PublicKey>().is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let cut = format!("{BEGIN}\n{}\n{END}\n", &FROM_OPENSSL[4..]);
        for text in ["", "key", BEGIN, cut.as_str()] {
            assert!(SigningKey::of_text(text).is_none(), "{text}");
        }
        for text in ["", "00", "zz", &"é".repeat(32)] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
        }
    }
}
