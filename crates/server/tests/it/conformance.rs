//! The conformance suite of the store, run on each adapter.

use outrigger_server::store::conformance;
use outrigger_server::store::sqlite::SqliteStore;
use rand::SeedableRng;
use rand::rngs::StdRng;

#[test]
fn sqlite_in_memory_conforms() {
    conformance::run(|| SqliteStore::in_memory(&mut StdRng::seed_from_u64(1)).unwrap());
}

#[test]
fn sqlite_in_a_file_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    conformance::run(|| {
        count += 1;
        let path = folder.path().join(format!("{count}.db"));
        SqliteStore::open(&path, &mut StdRng::seed_from_u64(1)).unwrap()
    });
}
