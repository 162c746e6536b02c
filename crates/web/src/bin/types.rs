//! Prints the TypeScript of the shapes that cross to JavaScript, all in one module.
//!
//! Owns which shapes there are. Never decides what they are: they are derived.

use outrigger_engine::inspect::{Item, JournalEntry, Overview};
use outrigger_social::query::{
    CommentView, ConversationView, Listed, MessageView, PostView, ProfileView, ThreadView, UserView,
};
use outrigger_social::refresh::Wanted;
use outrigger_web::shape::{Call, ConversationWith, EffectOut, Notice, Query, StandingOut};
use std::collections::BTreeMap;
use ts_rs::{Config, TS, TypeVisitor};

fn main() {
    let mut module = Module::default();
    macro_rules! declare {
        ($($shape:ty),+ $(,)?) => { $(module.visit::<$shape>();)+ };
    }
    declare!(
        Call,
        CommentView,
        ConversationView,
        ConversationWith,
        EffectOut,
        Item,
        JournalEntry,
        Listed<PostView>,
        MessageView,
        Notice,
        Overview,
        ProfileView,
        Query,
        StandingOut,
        ThreadView,
        UserView,
        Wanted,
    );
    println!("// Generated from Rust by `cargo xtask web`: do not edit.");
    for declaration in module.declared.values() {
        println!("\n{declaration}");
    }
}

/// The declarations, by name: what a shape is made of is declared with it.
struct Module {
    config: Config,
    declared: BTreeMap<String, String>,
}

impl Default for Module {
    fn default() -> Self {
        Self {
            // Counts and milliseconds fit a number: 2^53 of either is more than there is.
            config: Config::default().with_large_int("number"),
            declared: BTreeMap::new(),
        }
    }
}

impl TypeVisitor for Module {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::ident(&self.config);
        if T::output_path().is_none() || self.declared.contains_key(&name) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let declaration = format!("{docs}export {}", T::decl(&self.config));
        self.declared.insert(name, declaration);
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}
