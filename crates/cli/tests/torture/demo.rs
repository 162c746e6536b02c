//! The demo as a visitor and a script run it.

use std::process::Command;

#[test]
fn the_demo_proves_itself_in_one_json_object() {
    let arguments = ["demo", "--seed", "5", "--items", "40", "--json"];
    let ran = Command::new(env!("CARGO_BIN_EXE_outrigger"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{said}");
    let proof: serde_json::Value = serde_json::from_str(&said).unwrap();
    let count = |name: &str| proof[name].as_u64().unwrap();
    assert_eq!(count("writes"), 40);
    assert_eq!(count("arrived") + count("taken_back"), 40);
    assert_eq!(
        (count("lost"), count("doubled"), count("out_of_order")),
        (0, 0, 0)
    );
    assert_eq!(count("kills"), 3);
    assert!(count("requests") > 0 && count("faults") > 0, "{proof}");
    assert!(proof["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_demo_too_small_to_show_anything_is_refused() {
    let ran = Command::new(env!("CARGO_BIN_EXE_outrigger"))
        .args(["demo", "--items", "3"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
}
