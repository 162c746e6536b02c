//! What lies on the disk: rows that another version wrote, or nobody in their right mind, and files whose bytes have turned.
//!
//! Owns the damage. Whatever it is, the engine opens or refuses with a typed error; it never panics, never runs for ever, and never drops a write.

use std::path::Path;
use std::sync::OnceLock;

use outrigger_engine::{Event, Write};
use outrigger_social::id::{CommentId, PostId};
use outrigger_social::{comments, posts};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::device::{Device, answer, local, number, uuid};

/// What may be written over, by the number in a line.
const COLUMNS: [(&str, &str); 40] = [
    ("queue", "payload"),
    ("queue", "version"),
    ("queue", "parked"),
    ("queue", "state"),
    ("queue", "due"),
    ("queue", "attempts"),
    ("queue", "key"),
    ("queue", "mutation"),
    ("queue", "entity"),
    ("queue", "lane"),
    ("queue", "entity_kind"),
    ("queue", "intent"),
    ("queue", "sequence"),
    ("queue", "well_seen"),
    ("queue", "blockers"),
    ("queue", "in_lane"),
    ("queue", "upload"),
    ("queue", "place"),
    ("queue", "name"),
    ("queue", "written_at"),
    ("sent", "method"),
    ("sent", "target"),
    ("sent", "body"),
    ("sent", "sequence"),
    ("state", "connection"),
    ("state", "timeline"),
    ("state", "wall"),
    ("state", "pending"),
    ("state", "sequence_next"),
    ("state", "place_next"),
    ("state", "watermark"),
    ("state", "batch_max"),
    ("state", "id_counter"),
    ("state", "id_millis"),
    ("identity", "epoch"),
    ("identity", "client"),
    ("lease", "until"),
    ("lease", "generation"),
    ("base", "row"),
    ("journal", "outcome"),
];

/// Each line is a payload version and a payload. Whatever the rows say, none is lost, and what cannot be read is shown.
pub fn payloads(bytes: &[u8]) {
    let mut device = used(Connection::open_in_memory().expect("BUG: there is memory"));
    let places = places(device.engine.db());
    let text = String::from_utf8_lossy(bytes);
    for (line, place) in text.lines().zip(&places) {
        let (version, payload) = line.split_once(' ').unwrap_or(("1", line));
        let version: i64 = version.parse().unwrap_or(1);
        device
            .engine
            .db()
            .execute(
                "UPDATE outrigger_queue SET version = ?1, payload = ?2 WHERE place = ?3",
                (version, payload, place),
            )
            .expect("BUG: a row can be written");
    }
    let before = number(device.engine.db(), "SELECT count(*) FROM outrigger_queue");
    let restarted = device.handle(Event::Started).and_then(|()| device.silence());
    restarted.expect("an unreadable payload is no error of the database");
    let after = number(device.engine.db(), "SELECT count(*) FROM outrigger_queue");
    assert_eq!(before, after, "a row was dropped");
    device.check_whole();
}

/// Lines say what is damaged: `<column> <row> <kind> <value>`, or `flip <offset> <byte>`. Then the program starts.
pub fn database(bytes: &[u8]) {
    static USED: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = folder();
    let file = folder.path().join("app.db");
    let whole = USED.get_or_init(|| {
        drop(used(Connection::open(&file).expect("BUG: a file can be opened")));
        std::fs::read(&file).expect("BUG: a file can be read")
    });
    std::fs::write(&file, whole).expect("BUG: a file can be written");
    damage(&file, &String::from_utf8_lossy(bytes));
    let Ok(db) = Connection::open(&file) else { return };
    let Ok(mut device) = Device::on(db) else { return };
    let mut steps: Vec<Event<_>> = vec![Event::Started, Event::Tick, Event::TriggerSync];
    steps.extend(device.word("retry-failed"));
    for step in steps {
        if device.handle(step).is_err() {
            return;
        }
    }
    for status in [409, 201, 404] {
        let Some(attempt) = device.open.keys().next().copied() else {
            break;
        };
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let answer = answer(status, &headers, b"{}");
        if device.handle(Event::Answered { attempt, answer }).is_err() {
            return;
        }
    }
    // An error is an answer too; that it comes to one is what counts.
    drop(device.silence());
}

/// A folder in memory, where there is such a thing: what is tried thousands of times need not reach a disk.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    folder.expect("BUG: there is a folder for temporary files")
}

/// A device that has written, sent and heard something.
fn used(db: Connection) -> Device {
    let mut device = Device::on(db).expect("BUG: an empty database is taken");
    device.handle(Event::Started).expect("BUG: a new device starts");
    let post = PostId(local(1));
    device.write(vec![
        Write::from(posts::create(post, "one", Vec::new())),
        Write::from(comments::create(CommentId(local(2)), post, "two")),
    ]);
    device.write(vec![Write::from(posts::create(
        PostId(local(3)),
        "three",
        Vec::new(),
    ))]);
    device.handle(device_closes()).expect("BUG: a device closes");
    device
}

fn device_closes() -> Event<outrigger_social::Social> {
    Event::Network(false)
}

fn places(db: &Connection) -> Vec<i64> {
    let mut statement = db
        .prepare("SELECT place FROM outrigger_queue ORDER BY place")
        .expect("BUG: the queue can be read");
    let places = statement.query_map([], |row| row.get(0));
    places
        .and_then(Iterator::collect)
        .expect("BUG: the queue can be read")
}

fn damage(file: &Path, text: &str) {
    for line in text.lines().take(16) {
        let mut words = line.splitn(4, ' ');
        let first = words.next().unwrap_or_default();
        let second = words
            .next()
            .and_then(|word| word.parse::<usize>().ok())
            .unwrap_or(0);
        let (kind, value) = (words.next().unwrap_or("null"), words.next().unwrap_or_default());
        if first == "flip" {
            flip(file, second, kind.parse().unwrap_or(0xFF));
            continue;
        }
        let column = COLUMNS[first.parse::<usize>().unwrap_or(0) % COLUMNS.len()];
        // What the file itself refuses is no damage.
        let _refused = write_over(file, column, second, kind, value);
    }
}

fn write_over(
    file: &Path,
    (table, column): (&str, &str),
    row: usize,
    kind: &str,
    value: &str,
) -> rusqlite::Result<()> {
    let value = match kind {
        "integer" => Value::Integer(value.parse().unwrap_or(i64::MAX)),
        "text" => Value::Text(value.to_owned()),
        "blob" => Value::Blob(value.as_bytes().to_vec()),
        "id" => Value::Blob(uuid(value.parse().unwrap_or(1)).as_bytes().to_vec()),
        _ => Value::Null,
    };
    let key = match table {
        "queue" | "journal" | "sent" => "rowid",
        "base" => "entity",
        _ => "1",
    };
    let sql = format!(
        "UPDATE outrigger_{table} SET {column} = ?1 WHERE {key} = (SELECT {key} FROM outrigger_{table} ORDER BY 1 LIMIT 1 OFFSET ?2)"
    );
    let row = if key == "1" { 0 } else { row % 4 };
    let db = Connection::open(file)?;
    db.execute(&sql, params_from_iter([value, Value::Integer(row as i64)]))?;
    Ok(())
}

fn flip(file: &Path, offset: usize, byte: u8) {
    let Ok(mut bytes) = std::fs::read(file) else {
        return;
    };
    let length = bytes.len().max(1);
    if let Some(found) = bytes.get_mut(offset % length) {
        *found ^= byte;
    }
    std::fs::write(file, bytes).expect("BUG: a file can be written");
}
