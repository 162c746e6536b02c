//! `outrigger-bind IN.wasm DIR NAME`: writes what a browser loads of a compiled crate: `DIR/NAME.js`, `DIR/NAME_bg.wasm` and their types.
//!
//! Owns how wasm-bindgen is asked. A program of its own, so that the checks need not build it. Never compiles, and never makes anything smaller.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder, name] = arguments.as_slice() else {
        eprintln!("error: name the compiled crate, a folder and how its files begin");
        return ExitCode::FAILURE;
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .out_name(name)
        .typescript(true)
        // The wasm is found beside the JavaScript where nobody says where else.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    let written = bindgen.web(true).and_then(|bindgen| bindgen.generate(folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {input}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
