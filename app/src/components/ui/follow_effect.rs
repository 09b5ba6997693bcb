//! Effects that share one type: `Effect::new` is compiled again for each closure type, which adds half a kilobyte to the
//! compressed WASM each time.
use leptos::prelude::*;

/// Creates an effect: calls now, and again after each change of a signal that the call has read. The argument is true for
/// the first call. Does nothing on the server.
pub fn follow(call: impl FnMut(bool) + 'static) {
    follow_boxed(Box::new(call));
}

fn follow_boxed(mut call: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| call(before.is_none()));
}
