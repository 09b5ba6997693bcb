//! What an import says besides its counts (R89): whether a key that is known here has signed the head of the text, and whether
//! anything proves that its history is as it was written.
use super::signing_key::PublicKey;
use app::{
    domain::transfer::{ImportErrors, Transfer},
    error::capitalized,
    store::transfer::import::ImportOutcome,
};

/// The key that signatures of imported heads are verified by.
#[derive(Clone, Copy, Debug)]
pub enum ImportKey {
    /// It was named: the text must be signed by it.
    Named(PublicKey),
    /// That of this program: a signature must be by it, if there is one.
    Own(PublicKey),
}

/// What is said of an import that was refused, with all of its errors.
pub fn refusal(errors: &ImportErrors) -> String {
    format!("Nothing was imported. {}", capitalized(&errors.to_string()))
}

/// The sentence about the signature of a text's head, if there is something to be said. Errors: one that is not by the key, or
/// that is missing though the key was named.
pub fn signature_note(
    file: &Transfer,
    key: Option<ImportKey>,
) -> Result<Option<&'static str>, ImportErrors> {
    let refused = |problem: &str| {
        let mut errors = ImportErrors::default();
        errors.add(file.head.as_ref().map_or(1, |it| it.1), "head", problem);
        Err(errors)
    };
    let signed = file.head.as_ref().zip(file.signature.as_ref());
    match (signed, key) {
        (Some(((head, _), signature)), Some(ImportKey::Named(key) | ImportKey::Own(key)))
            if key.verifies(&head.to_string(), signature) =>
        {
            Ok(Some("The signature of its head is right."))
        }
        (Some(_), Some(ImportKey::Named(_))) => {
            refused("the signature is not of this head by this key")
        }
        (Some(_), Some(ImportKey::Own(_))) => refused(
            "the signature is not of this head by the key known here; name another with rollcall import --public-key",
        ),
        (Some(_), None) => Ok(Some(
            "The signature of its head was not checked: no key is known here.",
        )),
        (None, Some(ImportKey::Named(_))) => refused("the signature is missing"),
        (None, Some(ImportKey::Own(_))) if file.head.is_some() => {
            Ok(Some("Its head has no signature."))
        }
        (None, _) => Ok(None),
    }
}

/// All sentences about an import that was done; `signature` is what was found before it.
pub fn notes(outcome: &ImportOutcome, signature: Option<&'static str>) -> Vec<&'static str> {
    let anew = "The history had no hashes and was chained anew.";
    let anew = outcome.is_chained_anew.then_some(anew);
    anew.into_iter().chain(signature).collect()
}
