//! The session in a real keyring: GNOME's, on a session bus of its own, without a desktop.

use std::process::Command;

use crate::world::{Ended, World};

const MISSING: &str = "dbus-run-session and gnome-keyring-daemon are not installed, so no real keyring was tested: \
    apt-get install dbus gnome-keyring";

/// What is typed inside: `$0` is the program.
const TYPED: &str = r#"
    printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null
    "$0" signup alice || exit 1
    cat "$OUTRIGGER_HOME/session.json"; echo
    "$0" post "sent with it" || exit 1
    "$0" doctor || exit 1
    dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
        org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null || exit 1
    "$0" post "written while it is locked" --no-wait || exit 1
    "$0" doctor; echo "doctor says $?"
    "$0" login alice || exit 1
    "$0" sync || exit 1
"#;

#[test]
fn commands_keep_their_session_in_the_keyring_and_lose_nothing_while_it_is_locked() {
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !there("dbus-run-session") || !there("gnome-keyring-daemon") {
        assert!(std::env::var_os("CI").is_none(), "{MISSING}");
        eprintln!("{MISSING}");
        return;
    }
    let world = World::new();
    let (alice, bob) = (world.stranger("alice"), world.person("bob"));
    let program = alice.command([]);
    let mut session = Command::new("dbus-run-session");
    session.args(["--", "sh", "-c", TYPED]).arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => session.env(name, value),
            None => session.env_remove(name),
        };
    }
    let home = world.path("desktop");
    std::fs::create_dir(&home).unwrap();
    session
        .env_remove("OUTRIGGER_SESSION")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        // Nobody is there to be asked.
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &home)
        .env("XDG_DATA_HOME", home.join("data"));
    let ended = Ended::of(session.output().unwrap()).exits(0);
    let told = [
        "the session is kept in the keyring",
        r#"{"kept_in":"keyring"}"#,
        "kept in the keyring",
        "the keyring cannot be used",
        "doctor says 3",
        "the session is kept in a file that only its owner may read",
    ];
    let mut rest = ended.out.as_str();
    for text in told {
        let at = rest.find(text);
        rest = &rest[at.unwrap_or_else(|| panic!("{text:?} is not said in time: {ended:#?}"))..];
    }
    assert_eq!(bob.feed(), ["written while it is locked", "sent with it"]);
}
