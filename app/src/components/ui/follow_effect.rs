//! Doing something whenever what it reads has changed. All of it is one kind of effect: each closure that is handed to
//! `Effect::new` by itself is a copy of all its machinery, half a kilobyte of WASM over the wire.
use leptos::prelude::*;

/// Calls at once, and again after each change of what was read; `true` the first time. In the browser only.
pub fn follow(call: impl FnMut(bool) + 'static) {
    follow_boxed(Box::new(call));
}

fn follow_boxed(mut call: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| call(before.is_none()));
}
